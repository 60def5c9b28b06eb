using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>Selects peers from the peer store and from the live connections.</summary>
/// <remarks>
/// <list type="table">
/// <listheader><term>Strategy</term><description>Peers</description></listheader>
/// <item><term>by id or key</term><description>the known peer, unless it is banned</description></item>
/// <item><term>selected peers</term><description>the given ones as they are, known or not</description></item>
/// <item><term>random</term><description>a sample of the known nodes, first of those seen within the hour</description></item>
/// <item><term>flood</term><description>all connected nodes</description></item>
/// <item><term>broadcast</term><description>a sample of the connected nodes</description></item>
/// <item><term>propagate</term>
/// <description>the destination alone if it is connected, else a sample of the connected nodes</description></item>
/// </list>
/// <para>
/// Nothing is ordered by distance, as in the reference. Where peers may have to be dialled (the first three), those are left out whose
/// addresses are all excluded from dialling; with such addresses configured, a peer that is unknown or has no address is left out, too.
/// </para>
/// <para>
/// A selection that fails, because connectivity does not answer within 10 s for example, selects nobody and is logged. Thread safe; what
/// connectivity answers at once completes synchronously and costs no allocation of its own.
/// </para>
/// </remarks>
public sealed class PeerSelector : IPeerSelector
{
    private static readonly TimeSpan s_timeout = TimeSpan.FromSeconds(10);

    private readonly PeerManager _peers;
    private readonly IConnectivity _connectivity;
    private readonly int _broadcastFactor;
    private readonly int _propagationFactor;
    private readonly int _targetedFactor;
    private readonly DialPolicy _dialPolicy;
    private readonly TimeProvider _timeProvider;
    private readonly ILogger _logger;

    /// <summary>A selector over a store and its connections.</summary>
    /// <param name="peers">The known peers; also makes the random choice among them. Borrowed.</param>
    /// <param name="connectivity">The connected peers; also makes the random choice among them. Borrowed.</param>
    /// <param name="config">How many peers to select, and which addresses are not dialled.</param>
    /// <param name="timeProvider">Measures how long connectivity takes; null for the system's clock.</param>
    /// <param name="logger">Takes what an operator should know; null for nowhere.</param>
    /// <exception cref="ArgumentOutOfRangeException">A number of peers is negative.</exception>
    public PeerSelector(
        PeerManager peers, IConnectivity connectivity, DhtConfig config, TimeProvider? timeProvider = null, ILogger? logger = null)
    {
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(connectivity);
        ArgumentNullException.ThrowIfNull(config);
        ArgumentOutOfRangeException.ThrowIfNegative(config.BroadcastFactor);
        ArgumentOutOfRangeException.ThrowIfNegative(config.PropagationFactor);
        ArgumentOutOfRangeException.ThrowIfNegative(config.NumNeighbouringNodes);
        _peers = peers;
        _connectivity = connectivity;
        _broadcastFactor = config.BroadcastFactor;
        _propagationFactor = config.PropagationFactor;
        _targetedFactor = Math.Min(config.NumNeighbouringNodes, config.PropagationFactor);
        _dialPolicy = new DialPolicy { ExcludedRanges = config.ExcludedDialAddresses };
        _timeProvider = timeProvider ?? TimeProvider.System;
        _logger = GuardedLogger.Of(logger ?? NullLogger.Instance);
    }

    /// <inheritdoc/>
    /// <exception cref="ObjectDisposedException">The peer store was closed.</exception>
    public ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        return strategy switch
        {
            BroadcastStrategy.ToNodeId direct => new(Direct(_peers.GetDirectIdentity(direct.NodeId))),
            BroadcastStrategy.ToPublicKey direct => new(Direct(_peers.GetDirectIdentity(direct.PublicKey))),
            BroadcastStrategy.SelectedPeers selected => new(Dialable(selected.Peers)),
            BroadcastStrategy.Random random => new(Dialable(Random(random))),
            BroadcastStrategy.Flood flood => Connected(ConnectivitySelection.AllNodes(flood.Excluded), cancellationToken),
            BroadcastStrategy.ToConnected broadcast => Sample(_broadcastFactor, broadcast.Excluded, cancellationToken),
            BroadcastStrategy.Propagate propagate => propagate.Destination.TryGetPublicKey(out CommsPublicKey key)
                ? Towards(NodeId.FromPublicKey(key), propagate.Excluded, cancellationToken)
                : Sample(_propagationFactor, propagate.Excluded, cancellationToken),
            _ => throw new ArgumentException($"The strategy {strategy.GetType().Name} is not known.", nameof(strategy)),
        };
    }

    private static bool Contains(IReadOnlyList<NodeId> peers, in NodeId peer)
    {
        for (int i = 0; i < peers.Count; i++)
        {
            if (peers[i] == peer)
            {
                return true;
            }
        }

        return false;
    }

    private IReadOnlyList<NodeId> Direct(Peer? peer)
    {
        if (peer is null)
        {
            return [];
        }

        return _dialPolicy.ExcludedRanges.IsEmpty || CanDial(peer) ? [peer.NodeId] : NobodyToDial();
    }

    private NodeId[] Random(BroadcastStrategy.Random random)
    {
        IReadOnlyList<Peer> drawn = _peers.RandomPeers(
            random.Count, random.Excluded.Count == 0 ? null : new HashSet<NodeId>(random.Excluded), knownGood: true);
        var peers = new NodeId[drawn.Count];
        for (int i = 0; i < peers.Length; i++)
        {
            peers[i] = drawn[i].NodeId;
        }

        return peers;
    }

    /// <summary>Leaves out whom there is no address to dial by; with nothing excluded, nobody.</summary>
    private IReadOnlyList<NodeId> Dialable(IReadOnlyList<NodeId> peers)
    {
        if (_dialPolicy.ExcludedRanges.IsEmpty || peers.Count == 0)
        {
            return peers;
        }

        var left = new List<NodeId>(peers.Count);
        var met = new HashSet<NodeId>(peers.Count);
        for (int i = 0; i < peers.Count; i++)
        {
            if (met.Add(peers[i]) && _peers.Find(peers[i]) is { } peer && CanDial(peer))
            {
                left.Add(peers[i]);
            }
        }

        return left.Count > 0 ? left : NobodyToDial();
    }

    private bool CanDial(Peer peer)
    {
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            // A peer without an address is stored with the empty one.
            if (!entry.Address.IsEmpty && !_dialPolicy.IsExcluded(entry.Address))
            {
                return true;
            }
        }

        return false;
    }

    private IReadOnlyList<NodeId> NobodyToDial()
    {
        _logger.NobodyToDial();
        return [];
    }

    private ValueTask<IReadOnlyList<NodeId>> Sample(int count, IReadOnlyList<NodeId> excluded, CancellationToken cancellationToken) =>
        count == 0 ? new([]) : Connected(ConnectivitySelection.RandomNodes(count, excluded), cancellationToken);

    private ValueTask<IReadOnlyList<NodeId>> Connected(in ConnectivitySelection selection, CancellationToken cancellationToken)
    {
        ValueTask<IReadOnlyList<NodeId>> selecting = _connectivity.SelectNodesAsync(selection, cancellationToken);
        return selecting.IsCompletedSuccessfully ? selecting : WaitAsync(selecting, cancellationToken);
    }

    private async ValueTask<IReadOnlyList<NodeId>> WaitAsync(
        ValueTask<IReadOnlyList<NodeId>> selecting, CancellationToken cancellationToken)
    {
        try
        {
            return await selecting.AsTask().WaitHereAsync(s_timeout, _timeProvider, cancellationToken);
        }
        catch (Exception error) when (error is ConnectivityException or TimeoutException)
        {
            _logger.ConnectedPeersUnknown(error);
            return [];
        }
    }

    private ValueTask<IReadOnlyList<NodeId>> Towards(
        in NodeId destination, IReadOnlyList<NodeId> excluded, CancellationToken cancellationToken)
    {
        if (Contains(excluded, destination))
        {
            return Sample(_targetedFactor, excluded, cancellationToken);
        }

        // A connected client is reached this way, which no sample does.
        ValueTask<PeerConnectionHandle?> connection = _connectivity.GetConnectionAsync(
            destination, ConnectionStrength.Weak, cancellationToken);
        return connection.IsCompletedSuccessfully
            ? Towards(connection.Result, destination, excluded, cancellationToken)
            : TowardsAsync(connection, destination, excluded, cancellationToken);
    }

    private ValueTask<IReadOnlyList<NodeId>> Towards(
        PeerConnectionHandle? connection, in NodeId destination, IReadOnlyList<NodeId> excluded, CancellationToken cancellationToken)
    {
        if (connection is null)
        {
            return Sample(_targetedFactor, excluded, cancellationToken);
        }

        connection.Dispose();
        return new([destination]);
    }

    private async ValueTask<IReadOnlyList<NodeId>> TowardsAsync(
        ValueTask<PeerConnectionHandle?> connecting,
        NodeId destination,
        IReadOnlyList<NodeId> excluded,
        CancellationToken cancellationToken)
    {
        PeerConnectionHandle? connection;
        try
        {
            connection = await LateHandle.WaitAsync(connecting, s_timeout, _timeProvider, cancellationToken);
        }
        catch (Exception error) when (error is ConnectivityException or TimeoutException)
        {
            _logger.ConnectedPeersUnknown(error);
            return [];
        }

        return await Towards(connection, destination, excluded, cancellationToken);
    }
}
