using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>
/// What the peer manager must do, as plain as it can be said: a dictionary of records, and their rows as a database has them.
/// </summary>
internal sealed class PeerModel
{
    private static readonly DateTimeOffset s_forever = new(9999, 12, 31, 23, 59, 59, TimeSpan.Zero);

    private long _lastRow;

    public Dictionary<NodeId, Record> Records { get; } = [];

    /// <summary>A record without its addresses, and those in rows.</summary>
    public sealed class Record
    {
        public required Peer Fields { get; set; }

        public List<Row> Rows { get; set; } = [];

        public Peer Read() => Fields with
        {
            Addresses = Rows.Count == 0
                ? PeerMaker.Entries(new MultiaddrWithStats(Multiaddr.Empty, PeerAddressSource.Config))
                : PeerMaker.Entries([.. Rows.Select(row => row.Entry)]),
        };
    }

    public sealed record Row(MultiaddrWithStats Entry, long Number);

    public Peer? Find(NodeId id) => Records.GetValueOrDefault(id)?.Read();

    /// <returns>False when the operation fails.</returns>
    public bool Save(Peer peer, DateTimeOffset now)
    {
        if (Records.TryGetValue(peer.NodeId, out Record? known))
        {
            Peer merged = known.Read().Merge(peer, now);
            Update(known, merged with { AddedAt = known.Fields.AddedAt });
            return true;
        }

        return Insert(peer, now);
    }

    public Peer? SaveOnline(CommsPublicKey key, NodeId id, Multiaddr[] addresses, PeerFeatures features, PeerAddressSource source,
        DateTimeOffset now)
    {
        MultiaddressesWithStats incoming = MultiaddressesWithStats.FromAddresses(addresses, source);
        if (Records.TryGetValue(id, out Record? known))
        {
            Peer read = known.Read();
            Peer changed = read with { Features = features, Addresses = read.Addresses.Merge(incoming, now) };
            Update(known, changed);
            return changed;
        }

        return Insert(new Peer(key, features) { NodeId = id, Addresses = incoming }, now)
            ? Records[id].Fields with { Addresses = incoming }
            : null;
    }

    public void Restart()
    {
        // The file knows the order of a peer's rows, not that of rows of different peers.
        foreach (Record record in Records.Values.OrderBy(record => record.Fields.Id))
        {
            record.Rows = [.. record.Rows.Select(row => new Row(row.Entry, ++_lastRow))];
        }
    }

    public void Edit(NodeId id, Func<Peer, Peer> change)
    {
        if (Records.TryGetValue(id, out Record? known))
        {
            known.Fields = change(known.Fields);
        }
    }

    public bool EditRows(NodeId id, Multiaddr address, Func<MultiaddrWithStats, MultiaddrWithStats> change)
    {
        if (!Records.TryGetValue(id, out Record? known) || known.Rows.All(row => row.Entry.Address != address))
        {
            return false;
        }

        known.Rows = [.. known.Rows.Select(row => row.Entry.Address == address ? row with { Entry = change(row.Entry) } : row)];
        return true;
    }

    public bool Ban(NodeId id, DateTimeOffset until, string reason)
    {
        if (!Records.TryGetValue(id, out Record? known))
        {
            return false;
        }

        until = until > s_forever ? s_forever : until;
        if (!(known.Fields.BannedUntil >= until))
        {
            known.Fields = known.Fields with { BannedUntil = until, BannedReason = reason };
        }

        return true;
    }

    public int UnbanAll()
    {
        Record[] banned = [.. Records.Values.Where(record => record.Fields.BannedUntil is not null)];
        foreach (Record record in banned)
        {
            record.Fields = record.Fields with { BannedUntil = null, BannedReason = "" };
        }

        return banned.Length;
    }

    public int ResetOffline()
    {
        int rows = 0;
        foreach (Record record in Records.Values.Where(record => ((uint)record.Fields.Features & 3) != 0))
        {
            for (int i = 0; i < record.Rows.Count; i++)
            {
                MultiaddrWithStats entry = record.Rows[i].Entry;
                if (entry.ConnectionAttempts != 0)
                {
                    record.Rows[i] = record.Rows[i] with
                    {
                        Entry = entry with { ConnectionAttempts = 0, LastAttempted = null, LastFailedReason = null },
                    };
                    rows++;
                }
            }
        }

        return rows;
    }

    public IEnumerable<NodeId> Where(Func<Record, bool> condition) =>
        Records.Values.Where(condition).Select(record => record.Fields.NodeId);

    public static bool IsBanned(Record record, DateTimeOffset now) => record.Fields.BannedUntil > now;

    /// <summary>As queries for others have it: a ban that ends just now is neither.</summary>
    public static bool IsFree(Record record, DateTimeOffset now) =>
        record.Fields.DeletedAt is null && (record.Fields.BannedUntil is null || record.Fields.BannedUntil < now);

    public static bool IsNode(Record record) => ((uint)record.Fields.Features & 3) != 0;

    public static bool IsOfKind(Row row, TransportKinds kinds) =>
        kinds == TransportKinds.None || (row.Entry.Address.FilterKind() & kinds) != 0;

    /// <summary>Who may be drawn for a message; with a time, only by an address that was seen after it.</summary>
    public IEnumerable<NodeId> Drawable(
        IReadOnlySet<NodeId> excluded, PeerFlags? flags, TransportKinds kinds, DateTimeOffset now, DateTimeOffset? seenAfter) =>
        Where(record => IsFree(record, now)
            && IsNode(record)
            && !excluded.Contains(record.Fields.NodeId)
            && (flags is null || record.Fields.Flags == flags)
            && record.Rows.Any(row => IsOfKind(row, kinds) && (seenAfter is null || row.Entry.LastSeen > seenAfter)));

    public IEnumerable<NodeId> Active(IReadOnlySet<NodeId> excluded, PeerFeatures? features, bool externalOnly, DateTimeOffset now) =>
        Where(record => IsFree(record, now)
            && !excluded.Contains(record.Fields.NodeId)
            && (features is null
                || (features == PeerFeatures.CommunicationClient ? record.Fields.Features == 0 : (record.Fields.Features & features) != 0))
            && record.Rows.Any(row => row.Entry.LastSeen >= now.AddSeconds(-216_000)
                && row.Entry.LastFailedReason is null
                && (!externalOnly || row.Entry.Address.IsExternal())));

    /// <summary>Dial candidates without any chance in them.</summary>
    public List<NodeId> Candidates(DialCandidatesQuery query, int cap, TransportKinds kinds, DateTimeOffset now)
    {
        var rows = Records.Values
            .Where(record => IsFree(record, now) && IsNode(record) && query.Excluded?.Contains(record.Fields.NodeId) != true)
            .SelectMany(record => record.Rows
                .Where(row => IsOfKind(row, kinds) && !(query.ExcludeFailed && row.Entry.LastFailedReason is not null))
                .Select(row => (
                    Id: record.Fields.NodeId,
                    Group: row.Entry.Address.NetworkGroup(),
                    Seen: row.Entry.LastSeen is { } seen && (query.SeenSince is null || seen >= query.SeenSince) ? 1 : 0,
                    row.Number)))
            .ToArray();
        var ranked = rows
            .GroupBy(row => row.Group)
            .SelectMany(group => group.OrderByDescending(row => row.Seen).ThenBy(row => row.Number)
                .Select((row, i) => (row.Id, row.Seen, Rank: i + 1 + (query.GroupsTaken?.GetValueOrDefault(group.Key) ?? 0))));
        return
        [
            .. ranked
                .GroupBy(row => row.Id)
                .Where(peer => cap == 0 || peer.Max(row => row.Rank) <= cap)
                .OrderByDescending(peer => peer.Max(row => row.Seen))
                .ThenBy(peer => peer.Key)
                .Select(peer => peer.Key)
                .Take(query.Limit ?? int.MaxValue),
        ];
    }

    /// <summary>Who may go in a pass, in its order.</summary>
    public List<NodeId> Collectable(PeerManager.CollectionPass pass, IReadOnlySet<NodeId> connected, DateTimeOffset? seenSince,
        DateTimeOffset now)
    {
        IEnumerable<Record> all = Records.Values.Where(record => !connected.Contains(record.Fields.NodeId));
        IEnumerable<Record> spared = all.Where(record => record.Fields.DeletedAt is null && !record.Fields.IsSeed);
        IEnumerable<Record> unconfigured = spared.Where(record => record.Rows.Count > 0
            && record.Rows.All(row => !row.Entry.Source.IsConfig));
        IEnumerable<Record> rows = pass switch
        {
            PeerManager.CollectionPass.NeverSeen => unconfigured.Where(record =>
                !IsBanned(record, now)
                && !record.Rows.Any(row => row.Entry.LastSeen is { } seen && (seenSince is null || seen >= seenSince))),
            PeerManager.CollectionPass.Banned => unconfigured.Where(record => IsBanned(record, now))
                .OrderBy(record => record.Fields.BannedUntil).ThenBy(record => record.Fields.AddedAt).ThenBy(record => record.Fields.Id),
            PeerManager.CollectionPass.AddressLess => spared.Where(record => record.Rows.Count == 0)
                .OrderBy(record => IsBanned(record, now) ? record.Fields.BannedUntil : DateTimeOffset.MinValue)
                .ThenBy(record => record.Fields.AddedAt).ThenBy(record => record.Fields.Id),
            _ =>
                all.Where(record => record.Fields.DeletedAt < now.AddDays(-1)
                    && !IsBanned(record, now)).OrderBy(record => record.Fields.Id),
        };
        return [.. rows.Select(record => record.Fields.NodeId)];
    }

    private bool Insert(Peer peer, DateTimeOffset now)
    {
        if (Records.Values.Any(record => record.Fields.PublicKey == peer.PublicKey))
        {
            return false;
        }

        Records[peer.NodeId] = new Record
        {
            Fields = peer with { Addresses = MultiaddressesWithStats.Empty, AddedAt = peer.AddedAt ?? now,
                BannedUntil = Clamp(peer.BannedUntil) },
            Rows = [.. peer.Addresses.Entries.Where(IsRow).Select(entry => new Row(Cut(entry), ++_lastRow))],
        };
        return true;
    }

    /// <summary>
    /// Deletes the rows that the list has not, writes each entry of the list to all its rows, and adds it if it has none.
    /// </summary>
    private void Update(Record known, Peer peer)
    {
        known.Fields = peer with { Addresses = MultiaddressesWithStats.Empty, BannedUntil = Clamp(peer.BannedUntil) };
        known.Rows.RemoveAll(row => peer.Addresses.Entries.All(entry => entry.Address != row.Entry.Address));
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries.Where(IsRow))
        {
            bool any = false;
            for (int i = 0; i < known.Rows.Count; i++)
            {
                if (known.Rows[i].Entry.Address == entry.Address)
                {
                    known.Rows[i] = known.Rows[i] with { Entry = Cut(entry) };
                    any = true;
                }
            }

            if (!any)
            {
                known.Rows.Add(new Row(Cut(entry), ++_lastRow));
            }
        }
    }

    private static bool IsRow(MultiaddrWithStats entry) =>
        !entry.Address.IsEmpty && Multiaddr.TryParse(entry.Address.ToString(), out Multiaddr back) == MultiaddrError.None
            && back == entry.Address;

    private static MultiaddrWithStats Cut(MultiaddrWithStats entry) =>
        entry with { Latency = Cut(entry.Latency), InitialDialTime = Cut(entry.InitialDialTime) };

    private static RunningMean Cut(RunningMean mean) =>
        new(mean.Nanoseconds is { } value ? value - (value % 1_000_000) : null, mean.Samples);

    private static DateTimeOffset? Clamp(DateTimeOffset? until) => until > s_forever ? s_forever : until;
}
