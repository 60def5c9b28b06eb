using System.Diagnostics.Metrics;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

public sealed partial class PeerManager
{
    /// <summary>Peers that one draw for discovery has at most.</summary>
    public const int MaxSyncPeers = 500;

    /// <summary>Peers that <see cref="GetNotBannedOrDeletedPeers"/> has at most.</summary>
    public const int MaxNotBannedOrDeleted = 100;

    private static readonly TimeSpan s_recently = TimeSpan.FromHours(24);

    /// <summary>The records of those peers that are known, each once, in no order that means anything.</summary>
    /// <param name="nodeIds">Whom to look up.</param>
    public IReadOnlyList<Peer> FindByNodeIds(ReadOnlySpan<NodeId> nodeIds)
    {
        ThrowIfClosed();
        var peers = new List<Peer>(nodeIds.Length);
        HashSet<NodeId>? met = nodeIds.Length > 1 ? new(nodeIds.Length) : null;
        foreach (NodeId id in nodeIds)
        {
            if (_index.Find(id) is { } peer && met?.Add(id) != false)
            {
                peers.Add(peer);
            }
        }

        return peers;
    }

    /// <summary>The keys of those peers that are known, each once, in no order that means anything.</summary>
    /// <param name="nodeIds">Whom to look up.</param>
    public IReadOnlyList<CommsPublicKey> GetPublicKeys(ReadOnlySpan<NodeId> nodeIds)
    {
        IReadOnlyList<Peer> peers = FindByNodeIds(nodeIds);
        var keys = new CommsPublicKey[peers.Count];
        for (int i = 0; i < keys.Length; i++)
        {
            keys[i] = peers[i].PublicKey;
        }

        return keys;
    }

    /// <summary>Whether there is a record of a peer, deleted or not.</summary>
    /// <param name="nodeId">The peer.</param>
    public bool Exists(in NodeId nodeId)
    {
        ThrowIfClosed();
        return _index.Find(nodeId) is not null;
    }

    /// <summary>Whether there is a record of a peer, deleted or not.</summary>
    /// <param name="publicKey">The peer's key.</param>
    public bool Exists(in CommsPublicKey publicKey)
    {
        ThrowIfClosed();
        return _index.Find(publicKey) is not null;
    }

    /// <summary>The record of a peer that may be dealt with: null if it is unknown or banned; a deleted one is returned.</summary>
    /// <param name="nodeId">The peer.</param>
    public Peer? GetDirectIdentity(in NodeId nodeId)
    {
        ThrowIfClosed();
        return UnlessBanned(_index.Find(nodeId));
    }

    /// <summary>The record of a peer that may be dealt with: null if it is unknown or banned; a deleted one is returned.</summary>
    /// <param name="publicKey">The peer's key.</param>
    public Peer? GetDirectIdentity(in CommsPublicKey publicKey)
    {
        ThrowIfClosed();
        return UnlessBanned(_index.Find(publicKey));
    }

    /// <summary>Whether a peer's ban lasts.</summary>
    /// <param name="nodeId">The peer.</param>
    /// <exception cref="PeerManagerException"><see cref="PeerManagerError.PeerNotFound"/>.</exception>
    public bool IsPeerBanned(in NodeId nodeId) => Get(nodeId).BannedUntil > _time.GetUtcNow();

    /// <summary>What a peer offers.</summary>
    /// <param name="nodeId">The peer.</param>
    /// <exception cref="PeerManagerException"><see cref="PeerManagerError.PeerNotFound"/>.</exception>
    public PeerFeatures GetPeerFeatures(in NodeId nodeId) => Get(nodeId).Features;

    /// <summary>The addresses of a peer, in the order in which they were stored; the empty one alone if there is none.</summary>
    /// <param name="nodeId">The peer.</param>
    /// <exception cref="PeerManagerException"><see cref="PeerManagerError.PeerNotFound"/>.</exception>
    public MultiaddressesWithStats GetPeerAddresses(in NodeId nodeId) => Get(nodeId).Addresses;

    /// <summary>The addresses of those peers that are known.</summary>
    /// <param name="nodeIds">Whom to look up.</param>
    /// <exception cref="PeerManagerException">
    /// <see cref="PeerManagerError.ProcessError"/>: no peer was given; <see cref="PeerManagerError.PeerNotFound"/>: none is known.
    /// </exception>
    public IReadOnlyDictionary<NodeId, MultiaddressesWithStats> GetPeerAddresses(ReadOnlySpan<NodeId> nodeIds)
    {
        if (nodeIds.IsEmpty)
        {
            ThrowIfClosed();
            throw new PeerManagerException(PeerManagerError.ProcessError, "The addresses of no peer at all were asked for.");
        }

        IReadOnlyList<Peer> peers = FindByNodeIds(nodeIds);
        if (peers.Count == 0)
        {
            throw PeerManagerException.NotFound(nodeIds);
        }

        var addresses = new Dictionary<NodeId, MultiaddressesWithStats>(peers.Count);
        foreach (Peer peer in peers)
        {
            addresses.Add(peer.NodeId, peer.Addresses);
        }

        return addresses;
    }

    /// <summary>Peers whose node id, or whose key, starts with some bytes; deleted and banned ones included.</summary>
    /// <param name="prefix">
    /// Up to 13 bytes are compared with both, 14 to 32 with keys alone. None finds nobody.
    /// </param>
    /// <exception cref="PeerManagerException"><see cref="PeerManagerError.StorageError"/>: more than 32 bytes.</exception>
    public IReadOnlyList<Peer> FindAllStartsWith(ReadOnlySpan<byte> prefix)
    {
        if (prefix.Length > CommsPublicKey.Length)
        {
            throw new PeerManagerException(
                PeerManagerError.StorageError, $"A key has {CommsPublicKey.Length} bytes; {prefix.Length} are no prefix of one.");
        }

        List<Peer> peers = [];
        lock (_gate)
        {
            ThrowIfClosed();
            if (!prefix.IsEmpty)
            {
                _index.StartsWith(prefix, peers);
            }
        }

        return peers;
    }

    /// <summary>All records, deleted, banned and address-less ones included.</summary>
    /// <param name="features">
    /// <see cref="PeerFeatures.CommunicationClient"/> for clients, other features for peers that have one of them; null for everybody.
    /// </param>
    public IReadOnlyList<Peer> All(PeerFeatures? features = null) => features switch
    {
        null => Snapshot(),
        PeerFeatures.CommunicationClient => Select(static (peer, _) => peer.Features == PeerFeatures.CommunicationClient, default),
        { } some => Select(static (peer, state) => (peer.Features & state.Features) != 0, new Conditions(Features: some)),
    };

    /// <summary>Peers whose ban lasts.</summary>
    public IReadOnlyList<Peer> GetBannedPeers() =>
        Select(static (peer, state) => peer.BannedUntil > state.Now, new Conditions(_time.GetUtcNow()));

    /// <summary>Peers with an address that are neither banned nor deleted, at most <see cref="MaxNotBannedOrDeleted"/> of them.</summary>
    public IReadOnlyList<Peer> GetNotBannedOrDeletedPeers() =>
        Select(
            static (peer, state) => peer.DeletedAt is null && !(peer.BannedUntil >= state.Now) && PeerRows.HasRows(peer),
            new Conditions(_time.GetUtcNow()),
            MaxNotBannedOrDeleted);

    /// <summary>Seeds that have an address, banned and deleted ones included.</summary>
    public IReadOnlyList<Peer> GetSeedPeers() => Select(static (peer, _) => peer.IsSeed && PeerRows.HasRows(peer), default);

    /// <summary>
    /// Draws nodes to send something to, all equally likely: neither banned nor deleted, with an address of a kind in
    /// <see cref="PeerManagerOptions.Transports"/>.
    /// </summary>
    /// <param name="count">How many at most, 0 or more.</param>
    /// <param name="excluded">Whom not to draw; null for nobody.</param>
    /// <param name="flags">The exact flags, so that <see cref="PeerFlags.None"/> draws no seeds; null for any.</param>
    /// <param name="knownGood">First peers seen within the last hour; others follow them if these are too few.</param>
    /// <returns>Records with those of their addresses that can be reached from anywhere; the empty one if none can.</returns>
    public IReadOnlyList<Peer> RandomPeers(
        int count, IReadOnlySet<NodeId>? excluded = null, PeerFlags? flags = null, bool knownGood = false)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        var query = new RandomPeersQuery(count, excluded, flags, knownGood, _options.Transports);
        DateTimeOffset now = _time.GetUtcNow();
        List<Peer> peers = [];
        lock (_gate)
        {
            ThrowIfClosed();
            if (count > 0)
            {
                _index.DrawRandom(query, now, _options.Random, peers);
            }
        }

        return peers;
    }

    /// <summary>
    /// Draws peers for discovery, those seen lately more likely: neither banned nor deleted, with an address that was seen within 2.5 days
    /// and did not fail since.
    /// </summary>
    /// <param name="count">How many at most; 0 for as many as the ceiling allows.</param>
    /// <param name="excluded">Whom not to draw; null for nobody.</param>
    /// <param name="features">As for <see cref="All"/>.</param>
    /// <param name="externalOnly">Only by addresses that can be reached from anywhere, and only with these.</param>
    /// <param name="ceiling">
    /// How many at most whatever <paramref name="count"/> is; 0 for <see cref="MaxSyncPeers"/>, which is the limit.
    /// </param>
    public IReadOnlyList<Peer> DiscoverySyncing(
        int count, IReadOnlySet<NodeId>? excluded = null, PeerFeatures? features = null, bool externalOnly = false, int ceiling = 0)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        ArgumentOutOfRangeException.ThrowIfNegative(ceiling);
        ActivePeersQuery query = SyncQuery(count, excluded, features, externalOnly, ceiling);
        DateTimeOffset now = _time.GetUtcNow();
        List<Peer> peers = [];
        lock (_gate)
        {
            ThrowIfClosed();
            _index.DrawActive(query, now, _options.Random, peers);
        }

        return peers;
    }

    private static ActivePeersQuery SyncQuery(
        int count, IReadOnlySet<NodeId>? excluded, PeerFeatures? features, bool externalOnly, int ceiling)
    {
        int cap = ceiling == 0 ? MaxSyncPeers : Math.Min(ceiling, MaxSyncPeers);
        return new ActivePeersQuery(count == 0 ? cap : Math.Min(count, cap), excluded, features, externalOnly);
    }

    /// <summary>
    /// Peers to dial, in this order: nodes, neither banned nor deleted, spread over the network groups of their addresses, those
    /// seen first.
    /// </summary>
    /// <param name="query">What is wanted; the number per group and the kinds of address come from the options of the store.</param>
    public IReadOnlyList<Peer> DialCandidates(DialCandidatesQuery query)
    {
        ArgumentNullException.ThrowIfNull(query);
        query = query with { MaxPerGroup = _options.MaxCandidatesPerNetgroup, Transports = _options.Transports };
        DateTimeOffset now = _time.GetUtcNow();
        List<Peer> peers = [];
        lock (_gate)
        {
            ThrowIfClosed();
            if (query.Limit is not <= 0)
            {
                _index.DialCandidates(query, now, _options.Random, peers);
            }
        }

        return peers;
    }

    /// <summary>Counts the records by state. Looks at all of them, so ask once in a while.</summary>
    public PeerStatistics GetStatistics()
    {
        DateTimeOffset now = _time.GetUtcNow();
        Peer[] peers;
        int unwritten;
        long skipped;
        lock (_gate)
        {
            ThrowIfClosed();
            peers = Copy();
            unwritten = _writer?.ChangedCount ?? 0;
            skipped = _skipped;
        }

        int nodes = 0, banned = 0, deleted = 0, seeds = 0, seen = 0;
        DateTimeOffset seenSince = now - s_recently;
        foreach (Peer peer in peers)
        {
            nodes += peer.Features != PeerFeatures.CommunicationClient ? 1 : 0;
            banned += peer.BannedUntil > now ? 1 : 0;
            deleted += peer.DeletedAt is not null ? 1 : 0;
            seeds += peer.IsSeed ? 1 : 0;
            seen += WasSeen(peer, seenSince) ? 1 : 0;
        }

        return new PeerStatistics(peers.Length, nodes, peers.Length - nodes, banned, deleted, seeds, seen, unwritten, skipped);
    }

    private static bool WasSeen(Peer peer, DateTimeOffset? since)
    {
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            if (entry.LastSeen is { } seen && (since is null || seen >= since))
            {
                return true;
            }
        }

        return false;
    }

    private Peer Get(in NodeId nodeId)
    {
        ThrowIfClosed();
        return _index.Find(nodeId) ?? throw PeerManagerException.NotFound(nodeId);
    }

    private Peer? UnlessBanned(Peer? peer) => peer?.BannedUntil > _time.GetUtcNow() ? null : peer;

    private List<Peer> Select(Func<Peer, Conditions, bool> condition, Conditions state, int limit = int.MaxValue)
    {
        List<Peer> results = [];
        foreach (Peer peer in Snapshot())
        {
            if (results.Count == limit)
            {
                break;
            }

            if (condition(peer, state))
            {
                results.Add(peer);
            }
        }

        return results;
    }

    private IEnumerable<Measurement<int>> MeasurePeers()
    {
        PeerStatistics counts;
        try
        {
            counts = GetStatistics();
        }
        catch (ObjectDisposedException)
        {
            // The store closed while its counts were asked for: there are none any more.
            return [];
        }

        return
        [
            Of(counts.Known, "known"),
            Of(counts.Nodes, "node"),
            Of(counts.Clients, "client"),
            Of(counts.Banned, "banned"),
            Of(counts.Deleted, "deleted"),
            Of(counts.Seeds, "seed"),
            Of(counts.SeenRecently, "seen"),
            Of(counts.UnwrittenChanges, "unwritten"),
        ];

        static Measurement<int> Of(int count, string state) => new(count, new KeyValuePair<string, object?>("state", state));
    }

    private readonly record struct Conditions(DateTimeOffset Now = default, PeerFeatures Features = default);
}
