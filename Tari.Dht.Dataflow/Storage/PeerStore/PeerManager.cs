using System.Diagnostics.CodeAnalysis;
using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>All peers that this node knows: in memory, with an optional file behind that survives a restart.</summary>
/// <remarks>
/// <para>
/// Memory is the truth. Every member answers from it and never waits for the disk, but for <see cref="OpenAsync"/>,
/// <see cref="FlushAsync"/> and <see cref="DisposeAsync"/>. Changes are visible at once and are written to the file later, in batches, by a
/// task on <see cref="PeerManagerOptions.TaskScheduler"/>; a change of a ban, or of a seed, starts that task at once. The file always shows
/// a state that the memory had. A crash loses what was not written yet: at most what came within
/// <see cref="PeerManagerOptions.FlushInterval"/> and the time of one write.
/// </para>
/// <para>
/// When the file cannot be written, or was removed or replaced, everything goes on in memory, <see cref="Health"/> says so, and writing is
/// tried each <see cref="PeerManagerOptions.FlushInterval"/>. Nothing is lost if it succeeds before the end.
/// </para>
/// <para>
/// Records are immutable and have the form in which they are read from the file: addresses in the order in which they were stored, not
/// sorted, and the empty address in a list without any. Nothing removes peers but <see cref="CollectGarbage"/>, which the owner calls from
/// time to time.
/// </para>
/// <para>
/// All members are thread safe; <see cref="Find(in NodeId)"/> and <see cref="Find(in CommsPublicKey)"/> take no lock. Sets and maps given
/// to a query are read while the store is locked; they must not use it. After <see cref="DisposeAsync"/> these two,
/// <see cref="Health"/>, <see cref="Path"/> and <see cref="FlushAsync"/> still answer; what else asks for records or changes them throws an
/// <see cref="ObjectDisposedException"/>.
/// </para>
/// </remarks>
public sealed partial class PeerManager : IPeerLookup, IAsyncDisposable
{
    private readonly Lock _gate = new();
    private readonly PeerManagerOptions _options;
    private readonly TimeProvider _time;
    private readonly PeerIndex _index = new();
    private readonly BanGenerations _generations;
    private readonly PeerWriter? _writer;
    private readonly Func<IEnumerable<Measurement<int>>>? _gauge;
    private long _nextRow = 1;
    private long _skipped;
    private long? _skippedLogged;
    private volatile bool _isClosed;

    /// <param name="options">Valid options.</param>
    /// <param name="store">Belongs to the manager once the constructor succeeded; null for none.</param>
    /// <exception cref="DhtStorageException">The store cannot be read.</exception>
    internal PeerManager(PeerManagerOptions options, IPeerStore? store)
    {
        options = options with { Logger = GuardedLogger.Of(options.Logger) };
        _options = options;
        _time = options.TimeProvider;
        _generations = new BanGenerations(_time);
        if (store is not null)
        {
            List<Peer> repeated = Restore(store);
            _writer = new PeerWriter(_gate, store, options, _nextRow - 1);
            _writer.Start();
            RemoveFromFile(repeated);
        }

        if (options.Metrics is not null)
        {
            _gauge = MeasurePeers;
            options.Metrics.AddPeers(_gauge);
        }
    }

    /// <summary>Records, deleted ones included.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                ThrowIfClosed();
                return _index.Count;
            }
        }
    }

    /// <summary>Where the records are kept at present.</summary>
    public PeerStoreHealth Health => _writer?.Health ?? PeerStoreHealth.InMemory;

    /// <summary>The file's full path; null without a file.</summary>
    public string? Path => _writer?.Path;

    /// <summary>Opens a store, with its file if the options name one. Reads the file on the calling thread.</summary>
    /// <param name="options">How the store works.</param>
    /// <returns>The store. <see cref="Health"/> tells whether its file can be written, too.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="DhtStorageException">The file cannot be read; it is as it was before.</exception>
    public static PeerManager Open(PeerManagerOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        if (options.DatabasePath is null)
        {
            return new PeerManager(options, null);
        }

        SqlitePeerStore store = SqlitePeerStore.Open(options.DatabasePath, options.Owner, options.Logger);
        try
        {
            var manager = new PeerManager(options, store);
            manager._options.Logger.PeerStoreOpened(manager.Count, store.Path);
            return manager;
        }
        catch
        {
            store.Dispose();
            throw;
        }
    }

    /// <summary><see cref="Open"/> on the scheduler of the options.</summary>
    /// <param name="options">How the store works.</param>
    /// <param name="cancellationToken">Ends the waiting for the scheduler; opening itself runs to its end.</param>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="DhtStorageException">The file cannot be read; it is as it was before.</exception>
    public static Task<PeerManager> OpenAsync(PeerManagerOptions options, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        options.Validate();
        return Task.Factory.StartNew(
            static state => Open((PeerManagerOptions)state!),
            options,
            cancellationToken,
            TaskCreationOptions.DenyChildAttach,
            options.TaskScheduler);
    }

    /// <inheritdoc/>
    public Peer? Find(in NodeId id) => _index.Find(id);

    /// <summary>Looks a peer up by its key, soft-deleted and banned ones included.</summary>
    /// <param name="publicKey">The peer's key.</param>
    /// <returns>The record, or null when there is none.</returns>
    public Peer? Find(in CommsPublicKey publicKey) => _index.Find(publicKey);

    /// <summary>Saves what is known about a peer: a new record as it is, or merged into the one that has its node id.</summary>
    /// <param name="peer">
    /// The record; its row is not looked at. Of a known peer the key, the time of adding and of deletion stay, the later ban counts, and
    /// metadata, features and flags are replaced, whatever they are.
    /// </param>
    /// <returns>The row.</returns>
    /// <exception cref="PeerManagerException">
    /// <see cref="PeerManagerError.StorageError"/>: a count of an address exceeds 2 147 483 647, or another node id has the key.
    /// </exception>
    public long AddOrUpdatePeer(Peer peer)
    {
        ArgumentNullException.ThrowIfNull(peer);
        DateTimeOffset now = _time.GetUtcNow();
        Change change;
        lock (_gate)
        {
            ThrowIfClosed();
            Peer? known = _index.Find(peer.NodeId);
            if (known is null)
            {
                change = Insert(peer, now);
            }
            else if (!ReferenceEquals(known, peer) || !known.Addresses.IsTidy())
            {
                change = Update(known, known.Merge(peer, now));
            }
            else if (Rescore(known, now) is { } rescored)
            {
                change = rescored;
            }
            else
            {
                return known.Id;
            }
        }

        Finish(change);
        return change.Stored.Id;
    }

    /// <summary>Notes the addresses under which a peer can be reached, and its features.</summary>
    /// <param name="publicKey">The peer's key.</param>
    /// <param name="nodeId">The peer's node id, by which it is looked up.</param>
    /// <param name="addresses">The addresses; merged into those of a known peer. None of them counts as seen.</param>
    /// <param name="features">What the peer offers; replaces what was known.</param>
    /// <param name="source">Where the addresses came from.</param>
    /// <returns>
    /// The record with its addresses sorted, the empty one among them if the peer had none before; the store keeps it in its own order.
    /// </returns>
    /// <exception cref="PeerManagerException">As for <see cref="AddOrUpdatePeer"/>.</exception>
    public Peer AddOrUpdateOnlinePeer(
        in CommsPublicKey publicKey,
        in NodeId nodeId,
        ReadOnlySpan<Multiaddr> addresses,
        PeerFeatures features,
        PeerAddressSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        MultiaddressesWithStats incoming = MultiaddressesWithStats.FromAddresses(addresses, source);
        DateTimeOffset now = _time.GetUtcNow();
        Change change;
        Peer result;
        lock (_gate)
        {
            ThrowIfClosed();
            if (_index.Find(nodeId) is { } known)
            {
                result = known with { Addresses = known.Addresses.Merge(incoming, now), Features = features };
                change = Update(known, result);
            }
            else
            {
                change = Insert(new Peer(publicKey, features) { NodeId = nodeId, Addresses = incoming }, now);
                result = change.Stored with { Addresses = incoming };
            }
        }

        Finish(change);
        return result;
    }

    /// <summary>Marks a peer as deleted now. Its record stays until a collection removes it, and lookups still find it.</summary>
    /// <param name="nodeId">The peer; nothing happens if it is unknown.</param>
    public void SoftDeletePeer(in NodeId nodeId)
    {
        DateTimeOffset now = _time.GetUtcNow();
        Change change;
        lock (_gate)
        {
            ThrowIfClosed();
            if (_index.Find(nodeId) is not { } known)
            {
                return;
            }

            change = Replace(known, known with { DeletedAt = now });
        }

        Finish(change);
    }

    /// <summary>Sets a note of the application about a peer.</summary>
    /// <param name="nodeId">The peer.</param>
    /// <param name="key">The number of the note.</param>
    /// <param name="data">The note, which is copied; an empty one is one.</param>
    /// <returns>The note before; null for none.</returns>
    /// <exception cref="PeerManagerException"><see cref="PeerManagerError.StorageError"/>: the peer is unknown.</exception>
    public ReadOnlyMemory<byte>? SetPeerMetadata(in NodeId nodeId, byte key, ReadOnlySpan<byte> data)
    {
        ReadOnlyMemory<byte>? previous;
        Change change;
        lock (_gate)
        {
            ThrowIfClosed();
            Peer known = _index.Find(nodeId)
                ?? throw new PeerManagerException(PeerManagerError.StorageError, $"There is no record of {nodeId} to note something in.");

            change = Replace(known, known.WithMetadata(key, data, out previous));
        }

        Finish(change);
        return previous;
    }

    /// <summary>Sets when an address was seen, and nothing else: its score stays.</summary>
    /// <param name="nodeId">The peer.</param>
    /// <param name="address">One of its addresses.</param>
    /// <param name="lastSeen">When; null for never.</param>
    /// <returns>False when the peer or the address is unknown.</returns>
    public bool SetAddressLastSeen(in NodeId nodeId, in Multiaddr address, DateTimeOffset? lastSeen) =>
        SetAddress(nodeId, address, entry => entry with { LastSeen = lastSeen });

    /// <summary>Sets why the last dial of an address failed, and nothing else: its score and its attempts stay.</summary>
    /// <param name="nodeId">The peer.</param>
    /// <param name="address">One of its addresses.</param>
    /// <param name="reason">Why; null when it did not fail.</param>
    /// <returns>False when the peer or the address is unknown.</returns>
    public bool SetAddressFailedReason(in NodeId nodeId, in Multiaddr address, string? reason) =>
        SetAddress(nodeId, address, entry => entry with { LastFailedReason = reason });

    /// <summary>Forgets the failed dials of all peers but clients, so that their addresses are tried again. Scores stay.</summary>
    /// <returns>Addresses changed.</returns>
    public int ResetOfflineNonWalletPeers()
    {
        int rows = 0;
        var wakeUp = WriteBehind.WakeUp.None;
        lock (_gate)
        {
            ThrowIfClosed();
            bool isUrgent = false;
            foreach (Peer peer in Copy())
            {
                if ((peer.Features & PeerFeatures.CommunicationNode) == 0)
                {
                    continue;
                }

                MultiaddressesWithStats? reset = ChangeEntries(
                    peer.Addresses,
                    static entry => entry.ConnectionAttempts == 0
                        ? entry
                        : entry with { ConnectionAttempts = 0, LastAttempted = null, LastFailedReason = null },
                    out int changed);
                if (reset is not null)
                {
                    rows += changed;
                    isUrgent |= Set(peer, peer with { Addresses = reset });
                }
            }

            wakeUp = NoteChanges(isUrgent);
        }

        _writer?.Wake(wakeUp);
        return rows;
    }

    /// <summary>
    /// Waits until everything that was changed before is in the file. Without a file there is nothing to wait for. After
    /// <see cref="DisposeAsync"/> it tells whether the last write succeeded.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the writing.</param>
    /// <exception cref="DhtStorageException">Writing failed; the changes stay in memory and are tried again.</exception>
    public Task FlushAsync(CancellationToken cancellationToken = default) =>
        _writer is null ? Task.CompletedTask : _writer.FlushAsync().WaitAsync(cancellationToken);

    /// <summary>
    /// Refuses further changes, writes what is left and closes the file. Does not throw: what could not be written is logged. Use
    /// <see cref="FlushAsync"/> before to be sure.
    /// </summary>
    public ValueTask DisposeAsync()
    {
        lock (_gate)
        {
            _isClosed = true;
        }

        if (_gauge is not null)
        {
            _options.Metrics!.RemovePeers(_gauge);
        }

        // The task itself: whoever waits goes on where it waits.
        return _writer is null ? ValueTask.CompletedTask : new ValueTask(_writer.CloseAsync());
    }

    private void ThrowIfClosed() => ObjectDisposedException.ThrowIf(_isClosed, this);

    /// <summary>All records of this instant. Called with the lock held.</summary>
    private Peer[] Copy()
    {
        var peers = new Peer[_index.Count];
        int count = 0;
        foreach (Peer peer in _index.All)
        {
            peers[count++] = peer;
        }

        return peers;
    }

    /// <summary>All records of this instant, to be looked at without the lock.</summary>
    private Peer[] Snapshot()
    {
        lock (_gate)
        {
            ThrowIfClosed();
            return Copy();
        }
    }
}
