using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>All records in memory, arranged so that no query of the hot path looks at more than it answers.</summary>
/// <remarks>
/// <para>
/// <see cref="Find(in NodeId)"/> and <see cref="Find(in CommsPublicKey)"/> may be called at any time from any thread; every other member
/// with the owner's lock held. Records are in the form in which they are read: addresses in row order, and the empty address in a list
/// without any. That one is no row: no query counts it as an address.
/// </para>
/// <para>
/// Records are in a <see cref="PeerTable"/>. What queries ask of a record is copied to its <see cref="PeerSlot"/>, to which refer two
/// <see cref="DrawPool"/>s with those that can be drawn for messages, and a <see cref="RecencyList"/> with those ever seen. Bans end by
/// themselves, so they are looked at where a slot is drawn.
/// </para>
/// </remarks>
internal sealed partial class PeerIndex
{
    private readonly PeerTable _peers = new();
    private readonly NetworkGroups _groups = new();
    private readonly RecencyList _seen = new();

    // Seeds are few and asked for by themselves.
    private readonly DrawPool _unflagged = new();
    private readonly DrawPool _flagged = new();

    private PeerSlot[] _slots = [];

    /// <summary>Address rows of all records.</summary>
    private int _rowCount;

    /// <summary>
    /// The number of the next address row. As in the reference, it orders dial candidates that nothing else tells apart.
    /// </summary>
    private long _nextRow;

    /// <summary>Records held, deleted ones included.</summary>
    public int Count => _peers.Count;

    /// <summary>Records that are deleted and still held.</summary>
    public int DeletedCount { get; private set; }

    /// <summary>All records, in no order. A record that is set or removed meanwhile may be in it or not.</summary>
    public IEnumerable<Peer> All
    {
        get
        {
            for (int slot = 0; slot < _peers.End; slot++)
            {
                if (_peers[slot] is { } peer)
                {
                    yield return peer;
                }
            }
        }
    }

    /// <summary>Network groups that an address has.</summary>
    internal int GroupCount => _groups.Count;

    /// <summary>The record with a node id; null when there is none.</summary>
    public Peer? Find(in NodeId id) => _peers.Find(id);

    /// <summary>The record with a public key; null when there is none.</summary>
    public Peer? Find(in CommsPublicKey publicKey) => _peers.Find(publicKey);

    /// <summary>Adds a record, or puts it in the place of the one with the same node id.</summary>
    /// <exception cref="ArgumentException">Another node id has the record's key.</exception>
    public void Set(Peer peer)
    {
        int slot = _peers.SlotOf(peer.NodeId);
        int owner = _peers.SlotOf(peer.PublicKey);
        if (owner >= 0 && owner != slot)
        {
            throw new ArgumentException("Another node id has this public key.", nameof(peer));
        }

        AddressRow[] rows;
        if (slot < 0)
        {
            rows = NewRows(peer, [], []);
            slot = _peers.Add(peer);
            if (slot >= _slots.Length)
            {
                Array.Resize(ref _slots, Math.Max(16, slot + (slot / 2)));
            }

            KeepRelay(slot, null, peer);
        }
        else
        {
            ImmutableArray<MultiaddrWithStats> before = _peers[slot]!.Addresses.Entries;
            rows = _slots[slot].Rows!;
            if (!HasAddresses(peer.Addresses.Entries, before))
            {
                AddressRow[] old = rows;
                rows = NewRows(peer, before, old);
            }

            KeepRelay(slot, _peers[slot], peer);
            _peers.Replace(slot, peer);
        }

        Describe(slot, peer, rows);
    }

    /// <summary>Forgets a record.</summary>
    /// <returns>Whether there was one.</returns>
    public bool Remove(in NodeId id)
    {
        int slot = _peers.SlotOf(id);
        if (slot < 0)
        {
            return false;
        }

        ref PeerSlot known = ref _slots[slot];
        Leave(slot, PoolOf(known), known.IsListed);
        foreach (ref AddressRow row in known.Rows.AsSpan())
        {
            _groups.Release(row.Group);
        }

        _rowCount -= known.Rows!.Length;
        DeletedCount -= known.IsDeleted ? 1 : 0;
        known = default;
        _relays[slot] = default;
        _peers.Remove(slot);
        return true;
    }

    /// <summary>Records whose node id or public key starts with 1 to 32 bytes; a record for which both do, once.</summary>
    /// <remarks>Looks at all records.</remarks>
    public void StartsWith(ReadOnlySpan<byte> prefix, List<Peer> results)
    {
        if (prefix.IsEmpty)
        {
            return;
        }

        for (int slot = 0; slot < _peers.End; slot++)
        {
            if (_peers[slot] is { } peer && (peer.NodeId.Bytes.StartsWith(prefix) || peer.PublicKey.Bytes.StartsWith(prefix)))
            {
                results.Add(peer);
            }
        }
    }

    private static long TicksOf(DateTimeOffset? time) => time?.UtcTicks ?? PeerSlot.Never;

    private static bool HasAddresses(ImmutableArray<MultiaddrWithStats> entries, ImmutableArray<MultiaddrWithStats> others)
    {
        if (entries.Length != others.Length)
        {
            return false;
        }

        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].Address != others[i].Address)
            {
                return false;
            }
        }

        return true;
    }

    private static int CountRows(ImmutableArray<MultiaddrWithStats> entries)
    {
        int count = 0;
        foreach (MultiaddrWithStats entry in entries)
        {
            count += entry.Address.IsEmpty ? 0 : 1;
        }

        return count;
    }

    private static bool IsExcluded(IReadOnlySet<NodeId>? excluded, Peer peer) => excluded is not null && excluded.Contains(peer.NodeId);

    private DrawPool? PoolOf(in PeerSlot slot) => !slot.IsCandidate ? null : slot.Flags == PeerFlags.None ? _unflagged : _flagged;

    /// <summary>
    /// Rows for a list of addresses. One that was there before keeps its row; the others get rows after all that there are.
    /// </summary>
    /// <remarks>An address that is there twice has two rows, which count as the first and the second in both lists.</remarks>
    private AddressRow[] NewRows(Peer peer, ImmutableArray<MultiaddrWithStats> before, AddressRow[] known)
    {
        int count = CountRows(peer.Addresses.Entries);
        AddressRow[] rows = count == 0 ? [] : new AddressRow[count];
        Span<bool> isKept = known.Length <= 64 ? stackalloc bool[known.Length] : new bool[known.Length];
        int next = 0;
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            if (!entry.Address.IsEmpty)
            {
                rows[next++] = Claim(entry.Address, before, known, isKept) is var kept and >= 0 ? known[kept] : NewRow(entry.Address);
            }
        }

        for (int i = 0; i < known.Length; i++)
        {
            if (!isKept[i])
            {
                _groups.Release(known[i].Group);
            }
        }

        return rows;
    }

    /// <summary>The first row of an address that is not kept yet, which it is then; negative when there is none.</summary>
    private static int Claim(in Multiaddr address, ImmutableArray<MultiaddrWithStats> before, AddressRow[] known, Span<bool> isKept)
    {
        int row = 0;
        for (int i = 0; row < known.Length; i++)
        {
            Multiaddr other = before[i].Address;
            if (other.IsEmpty)
            {
                continue;
            }

            if (!isKept[row] && other == address)
            {
                isKept[row] = true;
                return row;
            }

            row++;
        }

        return -1;
    }

    private AddressRow NewRow(in Multiaddr address) => new()
    {
        Number = _nextRow++,
        Group = _groups.Acquire(address.NetworkGroup()),
        Kind = address.FilterKind(),
        IsExternal = address.IsExternal(),
    };

    /// <summary>Copies to a slot what queries ask of its record, and puts it where they look for it.</summary>
    private void Describe(int slot, Peer peer, AddressRow[] rows)
    {
        ref PeerSlot known = ref _slots[slot];
        long lastSeen = PeerSlot.Never;
        var kinds = TransportKinds.None;
        bool isAllExternal = true;
        int next = 0;
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            if (entry.Address.IsEmpty)
            {
                isAllExternal = false;
                continue;
            }

            ref AddressRow row = ref rows[next++];
            row.LastSeen = TicksOf(entry.LastSeen);
            row.IsFailed = entry.LastFailedReason is not null;
            lastSeen = Math.Max(lastSeen, row.LastSeen);
            kinds |= row.Kind;
            isAllExternal &= row.IsExternal;
        }

        PeerSlot now = known;
        now.Rows = rows;
        now.BannedUntil = TicksOf(peer.BannedUntil);
        now.LastSeen = lastSeen;
        now.Features = peer.Features;
        now.Kinds = kinds;
        now.Flags = peer.Flags;
        now.IsDeleted = peer.DeletedAt is not null;
        now.IsAllExternal = isAllExternal;

        DrawPool? oldPool = PoolOf(known);
        DrawPool? pool = PoolOf(now);
        bool moves = known.IsListed != now.IsListed || known.LastSeen != now.LastSeen;
        Leave(slot, oldPool == pool ? null : oldPool, moves && known.IsListed);
        now.Position = known.Position;
        _rowCount += rows.Length - (known.Rows?.Length ?? 0);
        DeletedCount += (now.IsDeleted ? 1 : 0) - (known.IsDeleted ? 1 : 0);
        known = now;
        if (pool != oldPool)
        {
            pool?.Add(_slots, slot);
        }

        if (moves && now.IsListed)
        {
            _seen.Add(_slots, slot);
        }
    }

    private void Leave(int slot, DrawPool? pool, bool isListed)
    {
        pool?.Remove(_slots, slot);
        if (isListed)
        {
            _seen.Remove(_slots, slot);
        }
    }

    /// <summary>The record with its external addresses alone; the record itself when it has no others.</summary>
    private Peer WithExternalAddresses(int slot)
    {
        Peer peer = _peers[slot]!;
        if (_slots[slot].IsAllExternal)
        {
            return peer;
        }

        AddressRow[] rows = _slots[slot].Rows!;
        int count = 0;
        foreach (ref AddressRow row in rows.AsSpan())
        {
            count += row.IsExternal ? 1 : 0;
        }

        if (count == 0)
        {
            return peer with { Addresses = PeerRows.Placeholder };
        }

        ImmutableArray<MultiaddrWithStats>.Builder external = ImmutableArray.CreateBuilder<MultiaddrWithStats>(count);
        int next = 0;
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            if (!entry.Address.IsEmpty && rows[next++].IsExternal)
            {
                external.Add(entry);
            }
        }

        return peer with { Addresses = MultiaddressesWithStats.FromEntries(external.MoveToImmutable()) };
    }
}
