using System.Collections.Concurrent;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>All records in memory, arranged so that no query of the hot path looks at more than it answers.</summary>
/// <remarks>
/// <see cref="Find(in NodeId)"/> and <see cref="Find(in CommsPublicKey)"/> may be called at any time from any thread; every other member with the owner's
/// lock held. Records are in the form in which they are read: addresses in row order, and the empty address in a list without any. That one is
/// no row: no query counts it as an address.
/// </remarks>
internal sealed class PeerIndex
{
    private const PeerFeatures NodeBits = PeerFeatures.CommunicationNode;

    private static readonly TimeSpan s_knownGoodWindow = TimeSpan.FromHours(1);
    private static readonly TimeSpan s_staleAfter = TimeSpan.FromSeconds(216_000);

    private static readonly MultiaddressesWithStats s_noAddress =
        MultiaddressesWithStats.FromEntries([new MultiaddrWithStats(Multiaddr.Empty, PeerAddressSource.Config)]);

    private readonly ConcurrentDictionary<NodeId, Peer> _byId = new();
    private readonly ConcurrentDictionary<CommsPublicKey, Peer> _byKey = new();
    private readonly Dictionary<NodeId, long[]> _rows = [];
    private long _nextRow;

    /// <summary>Records held, deleted ones included.</summary>
    public int Count => _rows.Count;

    /// <summary>All records, in no order.</summary>
    public IEnumerable<Peer> All => _byId.Values;

    public Peer? Find(in NodeId id) => _byId.GetValueOrDefault(id);

    public Peer? Find(in CommsPublicKey publicKey) => _byKey.GetValueOrDefault(publicKey);

    /// <summary>Adds a record, or puts it in the place of the one with the same node id.</summary>
    public void Set(Peer peer)
    {
        Peer? old = Find(peer.NodeId);
        _rows[peer.NodeId] = NumberRows(peer, old);
        if (old is not null && old.PublicKey != peer.PublicKey)
        {
            _byKey.TryRemove(old.PublicKey, out _);
        }

        _byId[peer.NodeId] = peer;
        _byKey[peer.PublicKey] = peer;
    }

    /// <summary>Forgets a record.</summary>
    public bool Remove(in NodeId id)
    {
        if (!_byId.TryRemove(id, out Peer? peer))
        {
            return false;
        }

        _rows.Remove(id);
        return _byKey.TryRemove(peer.PublicKey, out _);
    }

    /// <summary>Records whose node id or public key starts with 1 to 32 bytes, as the reference's prefix query has it.</summary>
    public void StartsWith(ReadOnlySpan<byte> prefix, List<Peer> results)
    {
        if (prefix.IsEmpty)
        {
            return;
        }

        foreach (Peer peer in All)
        {
            if ((prefix.Length <= NodeId.Length && peer.NodeId.Bytes.StartsWith(prefix)) || peer.PublicKey.Bytes.StartsWith(prefix))
            {
                results.Add(peer);
            }
        }
    }

    /// <summary>Draws peers for a message: all equally likely.</summary>
    public void DrawRandom(in RandomPeersQuery query, DateTimeOffset now, Random random, List<Peer> results)
    {
        if (query.Count <= 0)
        {
            return;
        }

        HashSet<NodeId> drawn = [];
        if (query.KnownGood)
        {
            DrawRandom(query, now - s_knownGoodWindow, query.Count, drawn, now, random, results);
        }

        DrawRandom(query, null, query.Count - drawn.Count, drawn, now, random, results);
    }

    /// <summary>Draws peers for discovery: those seen lately are more likely.</summary>
    public void DrawActive(in ActivePeersQuery query, DateTimeOffset now, Random random, List<Peer> results)
    {
        List<(double Score, double Tie, Peer Peer)> scored = [];
        foreach (Peer peer in All)
        {
            if (!IsLive(peer, now) || IsExcluded(query.Excluded, peer) || !HasFeatures(peer, query.Features))
            {
                continue;
            }

            foreach (MultiaddrWithStats row in peer.Addresses.Entries)
            {
                if (!row.Address.IsEmpty && row.LastSeen is { } seen && row.LastFailedReason is null && seen >= now - s_staleAfter
                    && (!query.ExternalOnly || row.Address.IsExternal()))
                {
                    scored.Add((Math.Max(0, (now - seen).TotalDays) * random.NextDouble(), random.NextDouble(), peer));
                    break;
                }
            }
        }

        scored.Sort(static (a, b) => a.Score != b.Score ? a.Score.CompareTo(b.Score) : a.Tie.CompareTo(b.Tie));
        for (int i = 0; i < Math.Min(query.Count, scored.Count); i++)
        {
            results.Add(query.ExternalOnly ? WithExternalAddresses(scored[i].Peer) : scored[i].Peer);
        }
    }

    /// <summary>Peers to dial, spread over network groups, those seen first.</summary>
    public void DialCandidates(in DialCandidatesQuery query, DateTimeOffset now, Random random, List<Peer> results)
    {
        List<(Peer Peer, bool Seen, string Group, long Order)> rows = [];
        foreach (Peer peer in All)
        {
            if (!IsLive(peer, now) || !HasFeatures(peer, NodeBits) || IsExcluded(query.Excluded, peer))
            {
                continue;
            }

            long[] numbers = _rows[peer.NodeId];
            for (int i = 0; i < numbers.Length; i++)
            {
                MultiaddrWithStats row = peer.Addresses.Entries[i];
                if (!row.Address.IsEmpty && IsOfKind(row, query.Transports) && !(query.ExcludeFailed && row.LastFailedReason is not null))
                {
                    bool isSeen = row.LastSeen is { } seen && !(seen < query.SeenSince);
                    rows.Add((peer, isSeen, row.Address.NetworkGroup(), query.Randomize ? random.NextInt64() : numbers[i]));
                }
            }
        }

        rows.Sort(static (a, b) => a.Seen != b.Seen ? b.Seen.CompareTo(a.Seen) : a.Order.CompareTo(b.Order));
        Dictionary<string, long> ranks = [];
        Dictionary<Peer, (bool Seen, long Rank)> peers = [];
        foreach ((Peer peer, bool seen, string group, _) in rows)
        {
            long rank = ranks.GetValueOrDefault(group, query.GroupsTaken?.GetValueOrDefault(group) ?? 0) + 1;
            ranks[group] = rank;
            (bool Seen, long Rank) known = peers.GetValueOrDefault(peer);
            peers[peer] = (known.Seen || seen, Math.Max(known.Rank, rank));
        }

        List<(Peer Peer, bool Seen, long Order)> kept = [];
        foreach ((Peer peer, (bool seen, long rank)) in peers)
        {
            if (query.MaxPerGroup == 0 || rank <= query.MaxPerGroup)
            {
                kept.Add((peer, seen, query.Randomize ? random.NextInt64() : 0));
            }
        }

        kept.Sort(static (a, b) =>
            a.Seen != b.Seen ? b.Seen.CompareTo(a.Seen) : a.Order != b.Order ? a.Order.CompareTo(b.Order) : a.Peer.NodeId.CompareTo(b.Peer.NodeId));
        for (int i = 0; i < Math.Min(query.Limit ?? int.MaxValue, kept.Count); i++)
        {
            results.Add(kept[i].Peer);
        }
    }

    private static bool IsLive(Peer peer, DateTimeOffset now) => peer.DeletedAt is null && !(peer.BannedUntil >= now);

    private static bool IsExcluded(IReadOnlySet<NodeId>? excluded, Peer peer) => excluded is not null && excluded.Contains(peer.NodeId);

    private static bool HasFeatures(Peer peer, PeerFeatures? features) => features switch
    {
        null => true,
        PeerFeatures.CommunicationClient => peer.Features == PeerFeatures.CommunicationClient,
        { } bits => (peer.Features & bits) != 0,
    };

    private static bool IsOfKind(MultiaddrWithStats row, TransportKinds kinds) =>
        kinds == TransportKinds.None || (row.Address.FilterKind() & kinds) != 0;

    private static Peer WithExternalAddresses(Peer peer)
    {
        List<MultiaddrWithStats> external = [];
        foreach (MultiaddrWithStats row in peer.Addresses.Entries)
        {
            if (!row.Address.IsEmpty && row.Address.IsExternal())
            {
                external.Add(row);
            }
        }

        return external.Count == peer.Addresses.Entries.Length ? peer
            : peer with { Addresses = external.Count == 0 ? s_noAddress : MultiaddressesWithStats.FromEntries([.. external]) };
    }

    private void DrawRandom(
        in RandomPeersQuery query, DateTimeOffset? seenAfter, int count, HashSet<NodeId> drawn, DateTimeOffset now, Random random,
        List<Peer> results)
    {
        List<Peer> eligible = [];
        foreach (Peer peer in All)
        {
            if (!IsLive(peer, now) || !HasFeatures(peer, NodeBits) || IsExcluded(query.Excluded, peer) || drawn.Contains(peer.NodeId)
                || (query.Flags is { } flags && peer.Flags != flags))
            {
                continue;
            }

            foreach (MultiaddrWithStats row in peer.Addresses.Entries)
            {
                if (!row.Address.IsEmpty && IsOfKind(row, query.Transports) && (seenAfter is null || row.LastSeen > seenAfter))
                {
                    eligible.Add(peer);
                    break;
                }
            }
        }

        for (int i = 0; i < Math.Min(count, eligible.Count); i++)
        {
            int j = random.Next(i, eligible.Count);
            (eligible[i], eligible[j]) = (eligible[j], eligible[i]);
            drawn.Add(eligible[i].NodeId);
            results.Add(WithExternalAddresses(eligible[i]));
        }
    }

    private long[] NumberRows(Peer peer, Peer? old)
    {
        long[] numbers = new long[peer.Addresses.Entries.Length];
        long[] known = old is null ? [] : [.. _rows[peer.NodeId]];
        for (int i = 0; i < numbers.Length; i++)
        {
            numbers[i] = -1;
            for (int j = 0; j < known.Length && numbers[i] < 0; j++)
            {
                if (known[j] >= 0 && old!.Addresses.Entries[j].Address == peer.Addresses.Entries[i].Address)
                {
                    (numbers[i], known[j]) = (known[j], -1);
                }
            }

            if (numbers[i] < 0)
            {
                numbers[i] = _nextRow++;
            }
        }

        return numbers;
    }
}
