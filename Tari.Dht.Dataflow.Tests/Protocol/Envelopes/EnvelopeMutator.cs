using System.Buffers.Binary;
using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

/// <summary>Makes envelopes and spoils them in ways that a parser might overlook. The same seed makes the same ones.</summary>
internal sealed class EnvelopeMutator(int seed)
{
    private static readonly int[] s_types = [0, 0, 1, 2, 3, 20, 21, 4, 127, 128, int.MaxValue, -1, int.MinValue];
    private static readonly ulong[] s_numbers =
    [
        0, 1, 2, 127, 128, 16383, 16384, int.MaxValue, 0x80000000, uint.MaxValue, 0x100000000, 0x100000001, 0x7fffffffffffffff,
        0x8000000000000000, 0xffffffff80000000, 0xffffffffffffffff, 1900000000,
    ];

    private readonly Random _random = new(seed);
    private byte[] _previous = [];

    /// <summary>The next envelope, canonical or spoiled.</summary>
    public byte[] Next()
    {
        List<byte[]> header = HeaderFields();
        List<byte[]> envelope = [];
        for (int i = Often(8) ? 0 : _random.Next(1, 4); i > 0; i--)
        {
            Spoil(header, inHeader: true);
        }

        bool spoilsEnvelope = Often(3);
        if (!Often(20))
        {
            if (spoilsEnvelope && Often(4) && header.Count > 1)
            {
                int cut = _random.Next(header.Count);
                envelope.Add(Delimited(1, Join(header[..cut])));
                envelope.Add(Delimited(1, Join(header[cut..])));
            }
            else
            {
                envelope.Add(Delimited(1, Join(header)));
            }
        }

        if (!Often(5))
        {
            envelope.Add(Delimited(2, Bytes(Often(4) ? 0 : _random.Next(1, 200))));
        }
        else if (Often(10))
        {
            envelope.Add(Delimited(2, []));
        }

        if (spoilsEnvelope)
        {
            Spoil(envelope, inHeader: false);
        }

        byte[] whole = Join(envelope);
        for (int i = Often(3) ? _random.Next(1, 4) : 0; i > 0; i--)
        {
            whole = SpoilBytes(whole);
        }

        _previous = whole;
        return whole;
    }

    /// <summary>Bytes with no structure.</summary>
    public byte[] Bytes(int length)
    {
        byte[] bytes = new byte[length];
        _random.NextBytes(bytes);
        return bytes;
    }

    private static byte[] Join(IEnumerable<byte[]> pieces) => [.. pieces.SelectMany(piece => piece)];

    private static byte[] Shortest(ulong value)
    {
        var output = new List<byte>();
        for (; value > 127; value >>= 7)
        {
            output.Add((byte)(value | 128));
        }

        output.Add((byte)value);
        return [.. output];
    }

    private static byte[] Delimited(uint number, byte[] value) =>
        [.. Shortest((number << 3) | 2), .. Shortest((ulong)value.Length), .. value];

    private static byte[] Number(uint number, ulong value) => [.. Shortest(number << 3), .. Shortest(value)];

    /// <summary>The fields of a valid header, each encoded by the generated code.</summary>
    private List<byte[]> HeaderFields()
    {
        var fields = new List<DhtHeader>();
        AddTo(fields, 20, new DhtHeader { Major = (uint)_random.Next(4) });
        if (Often(2))
        {
            AddTo(fields, 20, new DhtHeader { Unknown = !Often(4) });
        }
        else
        {
            AddTo(fields, 20, new DhtHeader { PublicKey = ByteString.CopyFrom(Bytes(Often(5) ? _random.Next(40) : 32)) });
        }

        AddTo(fields, 2, new DhtHeader { MessageSignature = ByteString.CopyFrom(Bytes(Often(3) ? _random.Next(300) : 102)) });
        AddTo(fields, 2, new DhtHeader { EphemeralPublicKey = ByteString.CopyFrom(Bytes(Often(5) ? _random.Next(40) : 32)) });
        AddTo(fields, 2, new DhtHeader { MessageType = (DhtMessageType)s_types[_random.Next(s_types.Length)] });
        AddTo(fields, 2, new DhtHeader { Flags = Often(5) ? (uint)_random.NextInt64() : 1 });
        AddTo(fields, 10, new DhtHeader { MessageTag = (ulong)_random.NextInt64(long.MinValue, long.MaxValue) });
        AddTo(fields, 2, new DhtHeader { Expires = s_numbers[_random.Next(s_numbers.Length)] });
        return [.. fields.Select(field => field.ToByteArray())];
    }

    private void AddTo(List<DhtHeader> fields, int oneInIsMissing, DhtHeader field)
    {
        if (!Often(oneInIsMissing))
        {
            fields.Add(field);
        }
    }

    private bool Often(int oneIn) => _random.Next(oneIn) == 0;

    /// <summary>Spoils one thing about a message's fields.</summary>
    private void Spoil(List<byte[]> fields, bool inHeader)
    {
        int at = _random.Next(fields.Count + 1);
        int existing = fields.Count == 0 ? -1 : _random.Next(fields.Count);
        switch (_random.Next(10))
        {
            case 0 when existing >= 0:
                fields.Insert(at, fields[existing]);
                break;
            case 1 when existing >= 0:
                (fields[existing], fields[0]) = (fields[0], fields[existing]);
                break;
            case 2 when existing >= 0:
                fields.RemoveAt(existing);
                break;
            case 3 when existing >= 0:
                fields[existing] = Overlong(fields[existing]);
                break;
            case 4:
                fields.Insert(at, UnknownField(_random.Next(3)));
                break;
            case 5:
                // Any field of the message with a wire type and a value that may or may not be its own.
                fields.Insert(at, AnyField((uint)_random.Next(inHeader ? 14 : 4)));
                break;
            case 6:
                // Defaults and edges, written out, in their place among the others.
                uint[] numbers = inHeader ? [1, 3, 8, 10, 11, 12] : [1, 2];
                uint number = numbers[_random.Next(numbers.Length)];
                byte[] written = inHeader && !Often(4) ? Number(number, s_numbers[_random.Next(s_numbers.Length)]) : Delimited(number, []);
                int place = fields.FindIndex(field => field.Length > 0 && field[0] >> 3 >= number);
                if (place >= 0 && fields[place][0] >> 3 == number)
                {
                    fields[place] = written;
                }
                else
                {
                    fields.Insert(place < 0 ? fields.Count : place, written);
                }

                break;
            case 7 when inHeader:
                fields.Insert(at, Often(2) ? Number(3, (ulong)_random.Next(4)) : Delimited(4, Bytes(32)));
                break;
            default:
                break;
        }
    }

    /// <summary>Lengthens the key's varint or the one after it.</summary>
    private byte[] Overlong(byte[] field)
    {
        int varint = field.Length > 1 && Often(2) ? Array.FindIndex(field, value => value < 128) + 1 : 0;
        int last = varint < field.Length ? Array.FindIndex(field, varint, value => value < 128) : -1;
        if (last < 0)
        {
            return field;
        }

        int more = Often(3) ? _random.Next(1, 12) : 1;
        byte[] filling = [.. Enumerable.Repeat((byte)0x80, more - 1), Often(8) ? (byte)_random.Next(128) : (byte)0];
        return [.. field[..last], (byte)(field[last] | 128), .. filling, .. field[(last + 1)..]];
    }

    private byte[] AnyField(uint number)
    {
        byte[] key = Shortest((number << 3) | (uint)_random.Next(8));
        return (key[^1] & 7) switch
        {
            0 => [.. key, .. Shortest(s_numbers[_random.Next(s_numbers.Length)])],
            1 => [.. key, .. Bytes(8)],
            2 => Delimited(number, Bytes(_random.Next(5))),
            3 => [.. key, .. UnknownField(2), .. Shortest((number << 3) | 4)],
            4 => key,
            5 => [.. key, .. Bytes(4)],
            _ => key,
        };
    }

    private byte[] UnknownField(int levels)
    {
        uint number = (uint)(_random.Next(6) switch
        {
            0 => 536870911,
            1 => _random.Next(1, 536870912),
            2 => 15,
            3 => 5,
            4 => 0,
            _ => _random.Next(13, 40),
        });
        if (levels > 0 && Often(3))
        {
            // Groups: closed, unclosed or closed under another number; sometimes nested to the limit and beyond.
            byte[] start = Shortest(((ulong)number << 3) | 3);
            byte[] end = Shortest(((ulong)(Often(6) ? number + 1 : number) << 3) | 4);
            if (Often(6))
            {
                int depth = _random.Next(97, 104);
                byte[] inner = Often(2) ? [] : [0x78, 1];
                return [.. Join(Enumerable.Repeat(start, depth)), .. inner, .. Join(Enumerable.Repeat(end, Often(8) ? depth - 1 : depth))];
            }

            return [.. start, .. UnknownField(levels - 1), .. Often(6) ? [] : end];
        }

        byte[] bytes = Bytes(8);
        return _random.Next(6) switch
        {
            0 => Number(number, BinaryPrimitives.ReadUInt64LittleEndian(bytes)),
            1 => [.. Shortest(((ulong)number << 3) | 1), .. bytes],
            2 => [.. Shortest(((ulong)number << 3) | 5), .. bytes[..4]],
            3 => [.. Shortest(((ulong)number << 3) | (uint)_random.Next(4, 8)), .. bytes[..2]],

            // A key above 32 bits.
            4 when Often(4) => [.. Shortest(((1UL << 32) + number) << 3), 1],
            _ => Delimited(number, bytes[..(_random.Next(9))]),
        };
    }

    private byte[] SpoilBytes(byte[] whole)
    {
        if (whole.Length == 0)
        {
            return [0];
        }

        int at = _random.Next(Often(2) ? Math.Min(whole.Length, 12) : whole.Length);
        switch (_random.Next(8))
        {
            case 0:
                whole[at] ^= (byte)(1 << _random.Next(8));
                return whole;
            case 1:
                whole[at] = (byte)_random.Next(256);
                return whole;
            case 2:
                whole[at]++;
                return whole;
            case 3:
                whole[at]--;
                return whole;
            case 4:
                return [.. whole[..at], (byte)_random.Next(256), .. whole[at..]];
            case 5:
                return [.. whole[..at], .. whole[(at + 1)..]];
            case 6:
                return whole[..at];
            default:
                return [.. whole[..at], .. _previous[Math.Min(at, _previous.Length)..]];
        }
    }
}
