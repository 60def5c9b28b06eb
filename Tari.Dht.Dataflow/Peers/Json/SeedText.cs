using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Json;

/// <summary>The short form of a peer: <c>key::address::address…</c>, as configurations have it for seeds.</summary>
/// <remarks>Stateless, thread safe.</remarks>
internal static class SeedText
{
    /// <summary>
    /// Characters that a text may have; longer ones are refused unread, since an address may have to be tried several times.
    /// </summary>
    public const int MaxLength = 4096;

    private const string Separator = "::";

    // An IPv6 address has colons of its own, but no address begins in the middle of it without a slash.
    private const string NextAddress = "::/";

    /// <summary>Reads a short form: a node of that key with these configured addresses, none of them tried.</summary>
    /// <param name="text">Untrusted text.</param>
    /// <param name="peer">The peer; null on failure.</param>
    /// <param name="problem">On failure, what is wrong.</param>
    public static bool TryRead(ReadOnlySpan<char> text, out Peer? peer, out PeerJsonProblem problem)
    {
        peer = null;
        ReadOnlySpan<char> rest = text.Trim();
        if (rest.Length > MaxLength)
        {
            problem = PeerJsonProblem.Invalid("", $"a text of at most {MaxLength} characters");
            return false;
        }

        int end = rest.IndexOf(Separator);
        if (end < 0 || !CommsPublicKey.TryParse(rest[..end], out CommsPublicKey key))
        {
            problem = PeerJsonProblem.Invalid("", "a key of 64 hexadecimal digits, then :: and an address, or several so separated");
            return false;
        }

        rest = rest[(end + Separator.Length)..];
        ImmutableArray<MultiaddrWithStats>.Builder entries = ImmutableArray.CreateBuilder<MultiaddrWithStats>();
        for (int number = 1; !rest.IsEmpty; number++)
        {
            if (!TryTakeAddress(ref rest, out Multiaddr address))
            {
                problem = PeerJsonProblem.Invalid($"address {number}", AddressListJson.AddressForm);
                return false;
            }

            AddressListJson.AddConfigured(entries, address);
        }

        if (entries.Count == 0)
        {
            problem = PeerJsonProblem.Invalid("address 1", AddressListJson.AddressForm);
            return false;
        }

        problem = default;
        peer = new Peer(key) { Addresses = MultiaddressesWithStats.FromEntries(entries.ToImmutable()) };
        return true;
    }

    /// <summary>Takes the shortest start that is an address and is followed by another one, or by nothing.</summary>
    private static bool TryTakeAddress(ref ReadOnlySpan<char> rest, out Multiaddr address)
    {
        int from = 0;
        while (from < rest.Length)
        {
            int length = rest[from..].IndexOf(NextAddress);
            int end = length < 0 ? rest.Length : from + length;
            if (Multiaddr.TryParse(rest[..end].Trim(), out address) == MultiaddrError.None && !address.IsEmpty)
            {
                rest = length < 0 ? default : rest[(end + Separator.Length)..];
                return true;
            }

            from = length < 0 ? rest.Length : end + Separator.Length;
        }

        address = default;
        return false;
    }
}
