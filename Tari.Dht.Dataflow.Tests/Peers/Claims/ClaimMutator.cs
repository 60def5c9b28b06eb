using System.Text;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Claims;

/// <summary>Makes messages with claims and spoils them in ways that a reader might overlook. The same seed makes the same ones.</summary>
internal sealed class ClaimMutator
{
    private static readonly ulong[] s_numbers =
    [
        0, 1, 2, 3, 4, 127, 128, 255, 256, 16383, uint.MaxValue, 0x100000000, 0x100000003, 1_900_000_000, 8_210_266_876_799,
        8_210_266_876_800, unchecked((ulong)-5), unchecked((ulong)-8_334_601_228_800), unchecked((ulong)-8_334_601_228_801),
        long.MaxValue, ulong.MaxValue,
    ];

    private static readonly string[] s_addresses =
    [
        "/ip4/23.23.23.23/tcp/18189", "/ip6/2606:4700:4700::1111/tcp/1", "/dns4/node.example.com/tcp/1", "/dns4/a_b.c/tcp/1", "/memory/5",
        "", SignedClaims.GoodOnion3, "/onion/aaimaq4ygg2iegci:80", "/ip4/127.0.0.1/tcp/1", "/ip4/1.2.3.4/udp/1", "name:evil/x",
    ];

    private readonly Random _random;
    private readonly PeerIdentityClaim[] _claims;

    public ClaimMutator(int seed)
    {
        _random = new Random(seed);
        _claims =
        [
            .. Enumerable.Range(0, 40).Select(number => SignedClaims.Claim(
                1,
                SignedClaims.Now + number,
                [.. Enumerable.Range(0, number % 6).Select(_ => s_addresses[_random.Next(number % 2 == 0 ? 3 : s_addresses.Length)])])),
        ];
    }

    /// <summary>A join, discovery or response.</summary>
    public byte[] NextDht()
    {
        PeerIdentityClaim claim = _claims[_random.Next(_claims.Length)];
        List<byte[]> fields =
        [
            Delimited(1, Often(20) ? Bytes(_random.Next(40)) : SignedClaims.PublicKey().Bytes.ToArray()),
            .. claim.Addresses.Select(address => Delimited(2, Spoiled(address))),
            Number(3, Often(10) ? AnyNumber() : (ulong)claim.Features),
            Number(4, AnyNumber()),
            .. Signature(claim),
        ];
        return Spoil(fields);
    }

    /// <summary>An identity message.</summary>
    public byte[] NextIdentity()
    {
        PeerIdentityClaim claim = _claims[_random.Next(_claims.Length)];
        List<byte[]> fields =
        [
            .. claim.Addresses.Select(address => Delimited(1, Spoiled(address))),
            Number(2, Often(10) ? AnyNumber() : (ulong)claim.Features),
            .. Enumerable.Range(0, _random.Next(4)).Select(_ => Delimited(3, Text())),
            Delimited(4, Text()),
            .. Signature(claim),
        ];
        return Spoil(fields);
    }

    private static byte[] Varint(ulong value)
    {
        var output = new List<byte>();
        for (; value > 127; value >>= 7)
        {
            output.Add((byte)(value | 128));
        }

        output.Add((byte)value);
        return [.. output];
    }

    private static byte[] Delimited(uint number, ReadOnlySpan<byte> value) =>
        [.. Varint(((ulong)number << 3) | 2), .. Varint((ulong)value.Length), .. value];

    private static byte[] Number(uint number, ulong value) => [.. Varint((ulong)number << 3), .. Varint(value)];

    private static byte[] Join(IEnumerable<byte[]> pieces) => [.. pieces.SelectMany(piece => piece)];

    private bool Often(int oneIn) => _random.Next(oneIn) == 0;

    private ulong AnyNumber() => s_numbers[_random.Next(s_numbers.Length)];

    private byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private byte[] Text() => _random.Next(8) switch
    {
        0 => Bytes(_random.Next(60)),
        1 => Encoding.UTF8.GetBytes(new string('x', _random.Next(49, 52))),
        2 => Encoding.UTF8.GetBytes("ü,\u202e"),
        _ => Encoding.UTF8.GetBytes("t/a" + _random.Next(10)),
    };

    private byte[] Spoiled(Multiaddr address)
    {
        byte[] bytes = address.Bytes.ToArray();
        if (bytes.Length > 0 && Often(25))
        {
            bytes[_random.Next(bytes.Length)] ^= (byte)(1 << _random.Next(8));
        }

        return bytes;
    }

    private IEnumerable<byte[]> Signature(PeerIdentityClaim claim)
    {
        List<byte[]> fields =
        [
            Number(1, Often(10) ? AnyNumber() : 0),
            Delimited(2, Often(15) ? Bytes(_random.Next(30, 35)) : claim.Signature.Scalar.ToArray()),
            Delimited(3, Often(15) ? Bytes(_random.Next(30, 35)) : claim.Signature.PublicNonce.Bytes.ToArray()),
            Number(4, Often(10) ? AnyNumber() : (ulong)claim.Signature.UpdatedAt),
        ];
        if (Often(4))
        {
            SpoilFields(fields);
        }

        if (Often(20))
        {
            return [];
        }

        // In one occurrence or in two that merge.
        int cut = Often(5) ? _random.Next(fields.Count + 1) : 0;
        return cut == 0 ? [Delimited(5, Join(fields))] : [Delimited(5, Join(fields[..cut])), Delimited(5, Join(fields[cut..]))];
    }

    private byte[] Spoil(List<byte[]> fields)
    {
        for (int i = Often(2) ? 0 : _random.Next(1, 4); i > 0; i--)
        {
            SpoilFields(fields);
        }

        byte[] whole = Join(fields);
        for (int i = Often(4) ? _random.Next(1, 4) : 0; i > 0 && whole.Length > 0; i--)
        {
            int at = _random.Next(whole.Length);
            whole = _random.Next(4) switch
            {
                0 => whole[..at],
                1 => [.. whole[..at], .. Bytes(1), .. whole[at..]],
                2 => [.. whole[..at], .. whole[(at + 1)..]],
                _ => [.. whole[..at], (byte)(whole[at] ^ (1 << _random.Next(8))), .. whole[(at + 1)..]],
            };
        }

        return whole;
    }

    private void SpoilFields(List<byte[]> fields)
    {
        int at = _random.Next(fields.Count + 1);
        int existing = fields.Count == 0 ? -1 : _random.Next(fields.Count);
        switch (_random.Next(8))
        {
            case 0 when existing >= 0:
                fields.Insert(at, fields[existing]);
                break;
            case 1 when existing >= 0:
                fields.RemoveAt(existing);
                break;
            case 2 when existing >= 0:
                (fields[existing], fields[0]) = (fields[0], fields[existing]);
                break;
            case 3:
                // A field of any wire type, which may or may not be its own.
                fields.Insert(at, AnyField((uint)_random.Next(Often(2) ? 7 : 40)));
                break;
            case 4:
                fields.Insert(at, Group((uint)_random.Next(6, 30)));
                break;
            case 5 when Often(10):
                // Up to the budget and past it.
                fields.InsertRange(at, Enumerable.Repeat(Delimited((uint)_random.Next(1, 3), []), _random.Next(1015, 1030)));
                break;
            case 6:
                fields.Insert(at, Number((uint)_random.Next(1, 6), AnyNumber()));
                break;
            default:
                break;
        }
    }

    private byte[] AnyField(uint number)
    {
        byte[] key = Varint(((ulong)number << 3) | (uint)_random.Next(8));
        if (Often(8))
        {
            // A longer varint of the same value, or of one above 32 bits.
            key = [.. key[..^1], (byte)(key[^1] | 128), .. Enumerable.Repeat((byte)128, _random.Next(4)), (byte)(Often(4) ? 1 : 0)];
        }

        return _random.Next(5) switch
        {
            0 => [.. key, .. Varint(AnyNumber())],
            1 => [.. key, .. Bytes(8)],
            2 => Delimited(number, Bytes(_random.Next(5))),
            3 => [.. key, .. Bytes(4)],
            _ => key,
        };
    }

    private byte[] Group(uint number)
    {
        byte[] start = Varint(((ulong)number << 3) | 3);
        byte[] end = Varint(((ulong)(Often(6) ? number + 1 : number) << 3) | 4);
        int depth = Often(3) ? _random.Next(96, 104) : 1;
        byte[] inner = Often(2) ? [] : [0x78, 1];
        return [.. Join(Enumerable.Repeat(start, depth)), .. inner, .. Join(Enumerable.Repeat(end, Often(8) ? depth - 1 : depth))];
    }
}
