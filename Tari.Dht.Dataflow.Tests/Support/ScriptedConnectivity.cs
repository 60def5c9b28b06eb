using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Connectivity that answers what a test tells it to and remembers what it was asked.</summary>
/// <remarks>
/// Without a script it answers from <see cref="Connections"/>: it selects among those to nodes, gives them out as handles, and a dial of
/// anybody else fails. Thread safe, but for changes of the script while it is used.
/// </remarks>
/// <param name="seed">Makes the random selections.</param>
internal sealed class ScriptedConnectivity(int seed = 1) : IConnectivity
{
    private readonly Lock _lock = new();
    private readonly Random _random = new(seed);
    private readonly Dictionary<NodeId, ScriptedConnection> _connections = [];
    private readonly List<ConnectivitySelection> _selections = [];
    private readonly List<(NodeId Peer, ConnectionStrength Strength)> _dials = [];
    private readonly List<NodeId> _requestedDials = [];
    private readonly List<NodeId> _lookups = [];
    private readonly List<(NodeId Peer, TimeSpan Duration, string Reason)> _bans = [];
    private readonly HashSet<NodeId> _allowList = [];

    public ConnectivityStatus Status { get; set; } = new(ConnectivityState.Online, 1);

    /// <summary>Answers selections; null selects among the connections.</summary>
    public Func<ConnectivitySelection, ValueTask<IReadOnlyList<NodeId>>>? OnSelect { get; set; }

    /// <summary>Answers dials; null gives the connection there is, or fails.</summary>
    public Func<NodeId, ValueTask<PeerConnectionHandle>>? OnDial { get; set; }

    /// <summary>Answers the question for a connection; null answers from the connections.</summary>
    public Func<NodeId, ValueTask<PeerConnectionHandle?>>? OnGetConnection { get; set; }

    /// <summary>Carries bans out, after they were noted; null does nothing more.</summary>
    public Func<NodeId, ValueTask>? OnBan { get; set; }

    /// <summary>What questions for the allow list fail with; null answers them.</summary>
    public Exception? AllowListFailure { get; set; }

    /// <summary>What requests of dials that nobody waits for fail with; null notes them.</summary>
    public Exception? RequestFailure { get; set; }

    /// <summary>What questions for all connections fail with; null answers them.</summary>
    public Exception? ActiveConnectionsFailure { get; set; }

    /// <summary>What subscribing fails with; null subscribes.</summary>
    public Exception? SubscribeFailure { get; set; }

    /// <summary>Sends events.</summary>
    public EventPublisher<ConnectivityEvent> Events { get; init; } = new(500);

    /// <summary>All connections made by <see cref="Connect"/>.</summary>
    public IReadOnlyList<ScriptedConnection> Connections => Copy(_connections.Values);

    public IReadOnlyList<ConnectivitySelection> Selections => Copy(_selections);

    public IReadOnlyList<(NodeId Peer, ConnectionStrength Strength)> Dials => Copy(_dials);

    /// <summary>Dials that nobody waits for.</summary>
    public IReadOnlyList<NodeId> RequestedDials => Copy(_requestedDials);

    /// <summary>Whose connections were asked for.</summary>
    public IReadOnlyList<NodeId> Lookups => Copy(_lookups);

    /// <summary>Bans that were asked for, of peers on the allow list too.</summary>
    public IReadOnlyList<(NodeId Peer, TimeSpan Duration, string Reason)> Bans => Copy(_bans);

    /// <summary>Adds a connection.</summary>
    public ScriptedConnection Connect(NodeId peer, PeerFeatures features = PeerFeatures.CommunicationNode) =>
        Add(new ScriptedConnection(peer, Connections.Count + 1, features));

    /// <summary>Adds a connection, in the place of the one before.</summary>
    public ScriptedConnection Add(ScriptedConnection connection)
    {
        lock (_lock)
        {
            return _connections[connection.Peer] = connection;
        }
    }

    public ValueTask<PeerConnectionHandle> DialPeerAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _dials.Add((peer, strength));
            if (OnDial is null)
            {
                return _connections.TryGetValue(peer, out ScriptedConnection? connection)
                    ? ValueTask.FromResult(connection.Acquire(strength))
                    : ValueTask.FromException<PeerConnectionHandle>(
                        new ConnectivityException(ConnectivityError.ConnectFailedMaximumAttemptsReached, "Nobody answers."));
            }
        }

        return OnDial(peer);
    }

    public void RequestManyDials(ReadOnlySpan<NodeId> peers)
    {
        if (RequestFailure is not null)
        {
            throw RequestFailure;
        }

        lock (_lock)
        {
            _requestedDials.AddRange(peers);
        }
    }

    public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(ConnectivitySelection selection, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _selections.Add(selection);
            if (OnSelect is null)
            {
                NodeId[] nodes = [.. _connections.Values
                    .Where(connection =>
                        connection.Features == PeerFeatures.CommunicationNode && !selection.Excluded.Contains(connection.Peer))
                    .Select(connection => connection.Peer)];
                _random.Shuffle(nodes);
                return ValueTask.FromResult<IReadOnlyList<NodeId>>(selection.Count < nodes.Length ? nodes[..selection.Count.Value] : nodes);
            }
        }

        return OnSelect(selection);
    }

    public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _lookups.Add(peer);
            if (OnGetConnection is null)
            {
                return ValueTask.FromResult(_connections.GetValueOrDefault(peer)?.Acquire(strength));
            }
        }

        return OnGetConnection(peer);
    }

    public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default)
    {
        if (ActiveConnectionsFailure is not null)
        {
            return ValueTask.FromException<IReadOnlyList<PeerConnectionHandle>>(ActiveConnectionsFailure);
        }

        lock (_lock)
        {
            return ValueTask.FromResult<IReadOnlyList<PeerConnectionHandle>>(
                [
                    .. _connections.Values
                        .Where(connection => connection.IsConnected).Select(connection => connection.Acquire(ConnectionStrength.Weak)),
                ]);
        }
    }

    public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _bans.Add((peer, duration, reason));
        }

        return OnBan?.Invoke(peer) ?? ValueTask.CompletedTask;
    }

    public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _allowList.Add(peer);
            return ValueTask.CompletedTask;
        }
    }

    public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default)
    {
        lock (_lock)
        {
            _allowList.Remove(peer);
            return ValueTask.CompletedTask;
        }
    }

    public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default)
    {
        if (AllowListFailure is not null)
        {
            return ValueTask.FromException<bool>(AllowListFailure);
        }

        lock (_lock)
        {
            return ValueTask.FromResult(_allowList.Contains(peer));
        }
    }

    public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default) =>
        AllowListFailure is null
            ? ValueTask.FromResult<IReadOnlyList<NodeId>>(Copy(_allowList))
            : ValueTask.FromException<IReadOnlyList<NodeId>>(AllowListFailure);

    public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Status.State == ConnectivityState.Online
            ? ValueTask.CompletedTask
            : ValueTask.FromException(
                new ConnectivityException(ConnectivityError.OnlineWaitTimeout, "The script says that it is not online."));

    public EventSubscription<ConnectivityEvent> Subscribe() => SubscribeFailure is null ? Events.Subscribe() : throw SubscribeFailure;

    private List<T> Copy<T>(IEnumerable<T> items)
    {
        lock (_lock)
        {
            return [.. items];
        }
    }
}
