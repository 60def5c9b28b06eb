using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;

/// <summary>The queries of <see cref="PeerIndex"/> as the reference's SQL has them: over all rows, each time.</summary>
internal sealed class NaivePeerIndex
{
    private readonly Dictionary<NodeId, (Peer Peer, List<long> Rows)> _peers = [];
    private long _nextRow;

    public IEnumerable<Peer> All => _peers.Values.Select(entry => entry.Peer);

    public void Set(Peer peer)
    {
        List<(MultiaddrWithStats Entry, long Number)> known = _peers.TryGetValue(peer.NodeId, out (Peer Peer, List<long> Rows) old)
            ? [.. old.Peer.Addresses.Entries.Zip(old.Rows)]
            : [];
        List<long> rows = [];
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            int index = known.FindIndex(row => row.Entry.Address == entry.Address);
            rows.Add(index < 0 ? _nextRow++ : known[index].Number);
            if (index >= 0)
            {
                known.RemoveAt(index);
            }
        }

        _peers[peer.NodeId] = (peer, rows);
    }

    public bool Remove(NodeId id) => _peers.Remove(id);

    /// <summary>Whom one pass of the random query can answer.</summary>
    public HashSet<NodeId> Random(RandomPeersQuery query, bool knownGood, DateTimeOffset now) =>
    [
        .. from entry in Live(now, query.Excluded)
           where (entry.Peer.Features & PeerFeatures.CommunicationNode) != 0
           where query.Flags is null || entry.Peer.Flags == query.Flags
           where entry.Rows.Any(row => IsOf(row.Entry, query.Transports) && (!knownGood || row.Entry.LastSeen > now.AddHours(-1)))
           select entry.Peer.NodeId,
    ];

    /// <summary>Whom the query for active peers can answer, with the age of each.</summary>
    public Dictionary<NodeId, TimeSpan> Active(ActivePeersQuery query, DateTimeOffset now)
    {
        Dictionary<NodeId, TimeSpan> ages = [];
        foreach ((Peer peer, List<(MultiaddrWithStats Entry, long Number)> rows) in Live(now, query.Excluded))
        {
            bool isWanted = query.Features switch
            {
                null => true,
                PeerFeatures.CommunicationClient => peer.Features == PeerFeatures.CommunicationClient,
                _ => (peer.Features & query.Features) != 0,
            };
            MultiaddrWithStats? first = rows.Select(row => row.Entry).FirstOrDefault(row =>
                row.LastSeen >= now.AddSeconds(-216_000) && row.LastFailedReason is null
                && (!query.ExternalOnly || row.Address.IsExternal()));
            if (isWanted && first is not null)
            {
                ages.Add(peer.NodeId, now - first.LastSeen!.Value);
            }
        }

        return ages;
    }

    /// <summary>One draw of active peers, with a score for each.</summary>
    public IEnumerable<NodeId> DrawActive(ActivePeersQuery query, DateTimeOffset now, Random random) =>
        Active(query, now)
            .Select(peer => (peer.Key, Score: Math.Max(0, peer.Value.TotalDays) * random.NextDouble(), Tie: random.Next()))
            .OrderBy(peer => peer.Score).ThenBy(peer => peer.Tie).Take(query.Count).Select(peer => peer.Key);

    /// <summary>Dial candidates without a random choice.</summary>
    public List<NodeId> Candidates(DialCandidatesQuery query, DateTimeOffset now)
    {
        var rows = (
            from entry in Live(now, query.Excluded)
            where (entry.Peer.Features & PeerFeatures.CommunicationNode) != 0
            from row in entry.Rows
            where IsOf(row.Entry, query.Transports) && !(query.ExcludeFailed && row.Entry.LastFailedReason is not null)
            let isSeen = row.Entry.LastSeen is not null && (query.SeenSince is null || row.Entry.LastSeen >= query.SeenSince)
            let address = row.Entry.Address
            select (entry.Peer, IsSeen: isSeen, Group: address.NetworkGroup(), row.Number)).ToList();
        var kept =
            from row in rows
            let rank = 1 + rows.Count(other =>
                other.Group == row.Group && (other.IsSeen != row.IsSeen ? other.IsSeen : other.Number < row.Number))
            let taken = query.GroupsTaken is not null && query.GroupsTaken.TryGetValue(row.Group, out int count) ? count : 0
            group (row.IsSeen, Rank: rank + taken) by row.Peer into peer
            where query.MaxPerGroup == 0 || peer.Max(row => row.Rank) <= query.MaxPerGroup
            orderby peer.Any(row => row.IsSeen) descending, peer.Key.NodeId
            select peer.Key.NodeId;
        return [.. kept.Take(query.Limit ?? int.MaxValue)];
    }

    private static bool IsOf(MultiaddrWithStats row, TransportKinds kinds) =>
        kinds == TransportKinds.None || (row.Address.FilterKind() & kinds) != 0;

    private IEnumerable<(Peer Peer, List<(MultiaddrWithStats Entry, long Number)> Rows)> Live(
        DateTimeOffset now, IReadOnlySet<NodeId>? excluded) =>
        from entry in _peers.Values
        where entry.Peer.DeletedAt is null && (entry.Peer.BannedUntil is null || entry.Peer.BannedUntil < now)
        where excluded is null || !excluded.Contains(entry.Peer.NodeId)
        select (entry.Peer, entry.Peer.Addresses.Entries.Zip(entry.Rows).Where(row => !row.First.Address.IsEmpty).ToList());
}
