using System.Collections.Concurrent;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>A node of a <see cref="MemoryNetwork"/>: the transport of one DHT.</summary>
/// <remarks>
/// Thread safe. It runs from the moment it is added until <see cref="StopAsync"/> or <see cref="Crash"/>; to start it again, add a node
/// with the same identity. At its end all messages are released, those that were received and not taken by the graph too, and nothing is
/// dialled, sent or told any more.
/// </remarks>
public sealed partial class MemoryComms : IComms, IRpcComms, IConnectionDialer, ITurnTarget
{
    private const int StartTurn = 0;
    private const int SendTurn = 1;
    private const int DialTurn = 2;
    private const int DialStepTurn = 3;
    private const int CancelDialTurn = 4;
    private const int FlushTurn = 5;
    private const int StopTurn = 6;
    private const int CrashTurn = 7;
    private const int ResumeTurn = 8;
    private const int OpenSessionTurn = 9;
    private const int SessionTimeoutTurn = 10;

    private readonly PeerValidator _validator;
    private readonly MemoryInbox _inbox;
    private readonly MemoryOutbox _outbox;
    private readonly ConcurrentDictionary<ProtocolId, IRpcService> _services = new();
    private readonly Dictionary<NodeId, WaitingMessages> _waiting = [];

    // Connections that the peer has closed, with messages of it that wait for the graph.
    private readonly List<MemoryConnection> _ending = [];
    private readonly TaskCompletionSource<bool> _stopped = new();
    private volatile bool _isRunning = true;
    private long _lastConnection;

    // What this node says to others, and what they found: the same for all with the same rules.
    private PeerIdentityClaim? _saidClaim;
    private byte[] _said = [];
    private List<(PeerValidatorConfig Rules, ValidatedPeerIdentity Verdict)> _verdicts = [];

    internal MemoryComms(MemoryNetwork network, NodeIdentity identity, PeerManager peers, MemoryNodeOptions options)
    {
        Network = network;
        Identity = identity;
        Peers = peers;
        Options = options;
        _validator = new PeerValidator(options.Validator, network.Options.TimeProvider);
        Connectivity = new ConnectivityManager(identity.NodeId, peers, this, new ConnectivityManagerOptions
        {
            Config = options.Connectivity,
            EventCapacity = options.EventCapacity,
            TimeProvider = network.Options.TimeProvider,
            TaskScheduler = network.Options.TaskScheduler,
            Seed = SeededRandom.Of(network.Options.Seed, identity.NodeId, identity.NodeId, 0).Next(),
            Publishing = Trace,
            Logger = options.Logger,
            Metrics = options.Metrics,
        });
        _inbox = new MemoryInbox(network.Turns, options.InboundCapacity, () => Network.Turns.Post(new Turn(this, ResumeTurn)));
        _outbox = new MemoryOutbox(network.Turns, this, SendTurn, options.OutboundCapacity);
    }

    /// <summary>The network.</summary>
    public MemoryNetwork Network { get; }

    /// <summary>Who the node is.</summary>
    public NodeIdentity Identity { get; }

    /// <summary>Whom it knows.</summary>
    public PeerManager Peers { get; }

    /// <summary>How it behaves.</summary>
    public MemoryNodeOptions Options { get; }

    /// <summary>False once it was stopped or crashed.</summary>
    public bool IsRunning => _isRunning;

    /// <summary>Whom it is connected to.</summary>
    public ConnectivityManager Connectivity { get; }

    /// <inheritdoc/>
    IConnectivity IComms.Connectivity => Connectivity;

    /// <inheritdoc/>
    public IRpcComms Rpc => this;

    /// <inheritdoc/>
    public ISourceBlock<InboundMessage> Inbound => _inbox;

    /// <inheritdoc/>
    public ITargetBlock<OutboundMessage> Outbound => _outbox;

    private DateTimeOffset UtcNow => Network.Options.TimeProvider.GetUtcNow();

    /// <summary>Ends the node: its connections are closed, and their other ends notice.</summary>
    /// <returns>Ends with the node.</returns>
    public Task StopAsync()
    {
        Network.Turns.Post(new Turn(this, StopTurn));
        return _stopped.Task;
    }

    /// <summary>Ends the node without a word to anyone: peers notice after <see cref="MemoryNetworkOptions.LossDetection"/>.</summary>
    public void Crash() => Network.Turns.Post(new Turn(this, CrashTurn));

    void ITurnTarget.OnTurn(in Turn turn)
    {
        switch (turn.Kind)
        {
            case StartTurn:
                Network.Trace(MemoryTraceKind.Started, Identity.NodeId, Identity.NodeId);
                Connectivity.Start();
                break;
            case SendTurn:
                Send((OutboundMessage)turn.State!);
                _outbox.Done();
                break;
            case DialTurn:
                OnDial((PeerDial)turn.State!);
                break;
            case DialStepTurn:
                OnDialStep((MemoryDial)turn.State!, (DialStep)turn.Number);
                break;
            case CancelDialTurn:
                OnCancelDial((PeerDial)turn.State!);
                break;
            case FlushTurn:
                Flush((WaitingMessages)turn.State!);
                break;
            case StopTurn:
                End(isCrash: false);
                break;
            case CrashTurn:
                End(isCrash: true);
                break;
            case ResumeTurn:
                Resume();
                break;
            case OpenSessionTurn:
                OnOpenSession((SessionRequest)turn.State!);
                break;
            case SessionTimeoutTurn:
                OnSessionTimeout((SessionRequest)turn.State!);
                break;
        }
    }

    internal void Start() => Network.Turns.Post(new Turn(this, StartTurn));

    /// <summary>Gives a message to the graph.</summary>
    /// <returns>False if there is no room now; the message is still the caller's.</returns>
    internal bool TryDeliver(InboundMessage message) => _inbox.TryAdd(message);

    /// <summary>What waits may go on.</summary>
    internal void Resume()
    {
        foreach (MemoryConnection connection in _connections)
        {
            connection.Resume();
        }

        for (int i = _ending.Count - 1; i >= 0; i--)
        {
            // What a peer sent before it closed is still delivered.
            MemoryConnection connection = _ending[i];
            connection.Resume();
            if (!connection.HasArrived)
            {
                _ending.RemoveAt(i);
            }
        }
    }

    /// <summary>Ends the connections that a partition has cut.</summary>
    internal void LoseUnreachable()
    {
        foreach (MemoryConnection connection in _connections.ToArray())
        {
            if (!Network.CanReach(Identity.NodeId, connection.Peer))
            {
                connection.Lose();
            }
        }
    }

    private void Send(OutboundMessage message)
    {
        int length;
        try
        {
            length = message.Body.Length;
        }
        catch (ObjectDisposedException)
        {
            // Disposed by its former owner, and with that dropped.
            return;
        }

        NodeId peer = message.Peer;
        if (!_isRunning)
        {
            message.Dispose();
        }
        else if (length > Options.MaxMessageLength)
        {
            Settle(message, MessageSendResult.MessageTooLarge);
        }
        else if (_waiting.TryGetValue(peer, out WaitingMessages? waiting))
        {
            if (waiting.Messages.Count >= Network.LinkOf(Identity.NodeId, peer).QueueLength)
            {
                Settle(message, MessageSendResult.QueueFull);
            }
            else
            {
                waiting.Messages.Enqueue(message);
            }
        }
        else if (Connectivity.FindConnection(peer) is MemoryConnection connection)
        {
            connection.Send(message);
        }
        else
        {
            waiting = new WaitingMessages(peer, ended => Network.Turns.Post(new Turn(this, FlushTurn, ended)));
            waiting.Messages.Enqueue(message);
            _waiting.Add(peer, waiting);
            Connectivity.DialPeer(peer, ConnectionStrength.Weak, waiting);
        }
    }

    /// <summary>Sends what waited for a connection, or tells that there is none.</summary>
    private void Flush(WaitingMessages waiting)
    {
        _waiting.Remove(waiting.Peer);
        while (waiting.Messages.TryDequeue(out OutboundMessage? message))
        {
            if (!_isRunning)
            {
                message.Dispose();
            }
            else if (waiting.Handle?.Connection is MemoryConnection connection)
            {
                connection.Send(message);
            }
            else
            {
                Settle(message, MessageSendResult.PeerDialFailed);
            }
        }

        waiting.Handle?.Dispose();
    }

    /// <summary>A connection is open no more, whoever closed it.</summary>
    internal void OnClosed(MemoryConnection connection) => _connections.Remove(connection);

    /// <summary>A connection that was in use has ended, and the other end knows or will notice.</summary>
    internal void OnConnectionEnded(MemoryConnection connection, bool isMinimized)
    {
        if (!_isRunning)
        {
            connection.DropArrived();
        }
        else if (connection.HasArrived)
        {
            _ending.Add(connection);
        }

        Connectivity.ReportDisconnected(connection, isMinimized);
    }

    private void Trace(ConnectivityEvent published)
    {
        switch (published)
        {
            case ConnectivityEvent.PeerDisconnected disconnected:
                Network.Trace(MemoryTraceKind.Disconnected, Identity.NodeId, disconnected.Peer);
                break;
            case ConnectivityEvent.PeerConnectFailed failed:
                Network.Trace(MemoryTraceKind.ConnectFailed, Identity.NodeId, failed.Peer);
                break;
            case ConnectivityEvent.PeerBanned banned:
                Network.Trace(MemoryTraceKind.Banned, Identity.NodeId, banned.Peer);
                break;
        }
    }

    private static void Settle(OutboundMessage message, MessageSendResult result)
    {
        message.Complete(result);
        message.Dispose();
    }

    private void End(bool isCrash)
    {
        if (!_isRunning)
        {
            return;
        }

        _isRunning = false;
        Network.Remove(this);
        Network.Trace(isCrash ? MemoryTraceKind.Crashed : MemoryTraceKind.Stopped, Identity.NodeId, Identity.NodeId);
        foreach (MemoryConnection connection in _connections.ToArray())
        {
            connection.DropArrived();
            if (isCrash)
            {
                connection.Abandon();
            }
            else
            {
                connection.Close();
            }
        }

        foreach (MemoryConnection connection in _ending)
        {
            connection.DropArrived();
        }

        _ending.Clear();
        Connectivity.Stop(isTold: !isCrash);
        _outbox.Complete();
        _inbox.Complete();
        Network.Complete(_stopped, true);
    }

    /// <summary>What this node says of itself.</summary>
    private ReadOnlySpan<byte> Said()
    {
        if (Options.IdentityMessage is { } said)
        {
            return said.Span;
        }

        PeerIdentityClaim claim = Identity.Claim;
        if (!ReferenceEquals(claim, _saidClaim))
        {
            _saidClaim = claim;
            _said = PeerIdentityMessageWriter.Encode(claim, Options.UserAgent, Options.SupportedProtocols.AsSpan());
            _verdicts = [];
        }

        return _said;
    }

    /// <summary>Checks what a peer says of itself.</summary>
    private PeerIdentityError CheckIdentity(MemoryComms peer, out ValidatedPeerIdentity? identity)
    {
        ReadOnlySpan<byte> said = peer.Said();

        // What was found right under the same rules stays right, whoever looks.
        foreach ((PeerValidatorConfig rules, ValidatedPeerIdentity verdict) in peer._verdicts)
        {
            if (rules == Options.Validator)
            {
                identity = verdict;
                return default;
            }
        }

        PeerIdentityError error = _validator.CheckIdentityMessage(peer.Identity.PublicKey, said, out identity);
        if (identity is not null)
        {
            peer._verdicts.Add((Options.Validator, identity));
        }

        return error;
    }
}
