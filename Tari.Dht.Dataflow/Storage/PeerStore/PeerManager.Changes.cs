using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

// How a record is stored, and what follows.
public sealed partial class PeerManager
{
    private static readonly TimeSpan s_skippedLogInterval = TimeSpan.FromSeconds(10);

    private static bool IsUrgent(Peer? before, Peer after) =>
        after.IsSeed
        || before is { IsSeed: true }
        || before?.BannedUntil != after.BannedUntil
        || (before?.BannedReason ?? "") != after.BannedReason;

    /// <summary>A list in which some entries were replaced; null when none was.</summary>
    private static MultiaddressesWithStats? ChangeEntries(
        MultiaddressesWithStats list, Func<MultiaddrWithStats, MultiaddrWithStats> change, out int changed)
    {
        changed = 0;
        MultiaddrWithStats[]? entries = null;
        for (int i = 0; i < list.Entries.Length; i++)
        {
            MultiaddrWithStats entry = list.Entries[i];
            MultiaddrWithStats after = entry.Address.IsEmpty ? entry : change(entry);
            if (!ReferenceEquals(after, entry))
            {
                entries ??= [.. list.Entries];
                entries[i] = after;
                changed++;
            }
        }

        return entries is null ? null : MultiaddressesWithStats.FromEntries([.. entries]);
    }

    /// <summary>Reads the store.</summary>
    /// <returns>Records whose node id or key a later one has too.</returns>
    private List<Peer> Restore(IPeerStore store)
    {
        List<Peer> repeated = [];
        foreach (Peer peer in store.Load())
        {
            // A commit that failed may have succeeded all the same; then the record may have been written again under another row.
            Peer? byId = _index.Find(peer.NodeId), byKey = _index.Find(peer.PublicKey);
            Forget(byId, repeated);
            if (!ReferenceEquals(byKey, byId))
            {
                Forget(byKey, repeated);
            }

            _index.Set(PeerRows.OfFile(peer));
            _nextRow = peer.Id + 1;
        }

        if (store.Skipped > 0)
        {
            _options.Logger.PeerRowsSkipped(store.Skipped, store.Path);
        }

        return repeated;
    }

    private void Forget(Peer? peer, List<Peer> repeated)
    {
        if (peer is not null)
        {
            _index.Remove(peer.NodeId);
            repeated.Add(peer);
        }
    }

    private void RemoveFromFile(List<Peer> peers)
    {
        WriteBehind.WakeUp wakeUp;
        lock (_gate)
        {
            foreach (Peer peer in peers)
            {
                _writer!.Remove(peer.Id);
            }

            wakeUp = NoteChanges(isUrgent: false);
        }

        _writer!.Wake(wakeUp);
    }

    /// <summary>Adds a record under a new row. Called with the lock held.</summary>
    private Change Insert(Peer peer, DateTimeOffset now)
    {
        if ((_index.Find(peer.PublicKey) ?? _index.Find(peer.NodeId)) is { } other)
        {
            throw new PeerManagerException(
                PeerManagerError.StorageError, $"{peer.NodeId} has the key or the node id of {other.NodeId}, which is another peer.");
        }

        if (_nextRow > IPeerStore.MaxId)
        {
            throw new PeerManagerException(
                PeerManagerError.StorageError, $"After row {_nextRow - 1} of the file there is no room for another.");
        }

        MultiaddressesWithStats rows = PeerRows.OfNew(peer.Addresses, out int skipped);
        var stored = peer with
        {
            Id = _nextRow,
            Addresses = rows,
            AddedAt = peer.AddedAt ?? now,
            BannedUntil = NotAfterForever(peer.BannedUntil),
        };
        _nextRow++;
        return Note(null, stored, skipped);
    }

    /// <summary>Puts a merged record in the place of a stored one. Called with the lock held.</summary>
    private Change Update(Peer known, Peer merged)
    {
        MultiaddressesWithStats rows = PeerRows.OfKnown(known.Addresses, merged.Addresses, out int skipped);
        return Note(
            known, merged with { Addresses = rows, AddedAt = known.AddedAt, BannedUntil = NotAfterForever(merged.BannedUntil) }, skipped);
    }

    /// <summary>Puts a record in the place of a stored one with the same addresses. Called with the lock held.</summary>
    private Change Replace(Peer known, Peer changed) => Note(known, changed, skipped: 0);

    /// <summary>Merges a stored record into itself, which makes its scores anew. Called with the lock held.</summary>
    /// <param name="known">A record whose addresses are <see cref="MultiaddressesWithStats.IsTidy"/>.</param>
    /// <param name="now">The clock.</param>
    /// <returns>Null when none changes.</returns>
    private Change? Rescore(Peer known, DateTimeOffset now)
    {
        MultiaddressesWithStats addresses = known.Addresses.Rescore(now);
        return ReferenceEquals(addresses, known.Addresses) ? null : Replace(known, known with { Addresses = addresses });
    }

    private Change Note(Peer? before, Peer after, int skipped)
    {
        _skipped += skipped;
        return new Change(after, NoteChanges(Set(before, after)), skipped);
    }

    /// <summary>Stores a record. Called with the lock held.</summary>
    /// <returns>Whether it must be written at once.</returns>
    private bool Set(Peer? before, Peer after)
    {
        _index.Set(after);
        _writer?.Set(after);
        return IsUrgent(before, after);
    }

    private WriteBehind.WakeUp NoteChanges(bool isUrgent) => _writer?.NoteChanges(isUrgent) ?? WriteBehind.WakeUp.None;

    /// <summary>What follows a change outside the lock.</summary>
    private void Finish(in Change change)
    {
        if (change.WakeUp != WriteBehind.WakeUp.None)
        {
            _writer!.Wake(change.WakeUp);
        }

        if (change.Skipped > 0)
        {
            LogSkipped();
        }
    }

    private void LogSkipped()
    {
        long now = _time.GetTimestamp();
        long skipped;
        lock (_gate)
        {
            if (_skippedLogged is { } last && _time.GetElapsedTime(last, now) < s_skippedLogInterval)
            {
                return;
            }

            _skippedLogged = now;
            skipped = _skipped;
        }

        _options.Logger.PeerAddressesSkipped(skipped);
    }

    private bool SetAddress(in NodeId nodeId, Multiaddr address, Func<MultiaddrWithStats, MultiaddrWithStats> set)
    {
        Change change;
        lock (_gate)
        {
            ThrowIfClosed();
            if (_index.Find(nodeId) is not { } known
                || ChangeEntries(known.Addresses, entry => entry.Address == address ? set(entry) : entry, out _) is not { } addresses)
            {
                return false;
            }

            change = Replace(known, known with { Addresses = addresses });
        }

        Finish(change);
        return true;
    }

    /// <param name="Stored">The record as it is stored now.</param>
    /// <param name="WakeUp">What the writer asks for.</param>
    /// <param name="Skipped">Addresses that became no rows.</param>
    private readonly record struct Change(Peer Stored, WriteBehind.WakeUp WakeUp, int Skipped);
}
