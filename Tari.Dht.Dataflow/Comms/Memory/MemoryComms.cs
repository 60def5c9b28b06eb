using System.Collections.Concurrent;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>A node of a <see cref="MemoryNetwork"/>: the transport of one DHT.</summary>
/// <remarks>
/// Thread safe. It runs from the moment it is added until <see cref="StopAsync"/> or <see cref="Crash"/>; to start it again, add a node with the same
/// identity. At its end all messages are released, those that were received and not taken by the graph too, and nothing is dialled, sent or told
/// any more.
/// </remarks>
public sealed partial class MemoryComms : IComms, IConnectivity, IRpcComms, ITurnTarget
{
    private const int StartTurn = 0;
    private const int SendTurn = 1;
    private const int DialTurn = 2;
    private const int DialStepTurn = 3;
    private const int DialTimeoutTurn = 4;
    private const int BanTurn = 5;
    private const int StopTurn = 6;
    private const int CrashTurn = 7;
    private const int ResumeTurn = 8;
    private const int OnlineTimeoutTurn = 9;
    private const int OpenSessionTurn = 10;
    private const int SessionTimeoutTurn = 11;

    private readonly PeerValidator _validator;
    private readonly MemoryInbox _inbox;
    private readonly MemoryOutbox _outbox;
    private readonly EventPublisher<ConnectivityEvent> _events;
    private readonly ConcurrentDictionary<ProtocolId, IRpcService> _services = new();
    private readonly Lock _gate = new();
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
        _events = new EventPublisher<ConnectivityEvent>(options.EventCapacity);
        _selection = SeededRandom.Of(network.Options.Seed, identity.NodeId, identity.NodeId, 0);
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

    /// <inheritdoc/>
    public IConnectivity Connectivity => this;

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
                _events.Publish(new ConnectivityEvent.StateInitialized());
                break;
            case SendTurn:
                Send((OutboundMessage)turn.State!);
                _outbox.Done();
                break;
            case DialTurn:
                OnDialRequest((DialRequest)turn.State!);
                break;
            case DialStepTurn:
                OnDialStep((MemoryDial)turn.State!, (DialStep)turn.Number);
                break;
            case DialTimeoutTurn:
                var reply = (TaskCompletionSource<PeerConnectionHandle>)turn.State!;
                if (!reply.Task.IsCompleted)
                {
                    Network.Fail(reply, new ConnectivityException(ConnectivityError.DialTimedOut, "The dial took too long."));
                }

                break;
            case BanTurn:
                OnBan((BanRequest)turn.State!);
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
            case OnlineTimeoutTurn:
                OnOnlineTimeout((TaskCompletionSource<bool>)turn.State!);
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
        foreach (MemoryConnection connection in Connections())
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
        foreach (MemoryConnection connection in Connections())
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
        else if (Live(peer) is { } connection && !IsBannedHere(peer))
        {
            connection.Send(message);
        }
        else if (!TryStartDial(peer, out MemoryDial? dial, out _))
        {
            Settle(message, MessageSendResult.PeerDialFailed);
        }
        else if (dial.Messages.Count >= Network.LinkOf(Identity.NodeId, peer).QueueLength)
        {
            Settle(message, MessageSendResult.QueueFull);
        }
        else
        {
            dial.Messages.Enqueue(message);
            BeginDial(dial);
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
        foreach (MemoryDial dial in _dials.Values.ToArray())
        {
            FailDial(dial, new ConnectivityException(ConnectivityError.ActorDisconnected, "The node has ended."), isTold: false);
        }

        foreach (MemoryConnection connection in Connections())
        {
            Forget(connection);
            connection.DropArrived();
            if (isCrash)
            {
                connection.Abandon();
            }
            else if (connection.Close())
            {
                _events.Publish(new ConnectivityEvent.PeerDisconnected(connection.Peer, IsMinimized: false));
            }
        }

        foreach (MemoryConnection connection in _ending)
        {
            connection.DropArrived();
        }

        _ending.Clear();
        TaskCompletionSource<bool>[] waiters;
        lock (_gate)
        {
            waiters = [.. _onlineWaiters];
            _onlineWaiters.Clear();
        }

        foreach (TaskCompletionSource<bool> waiter in waiters)
        {
            Network.Fail(waiter, new ConnectivityException(ConnectivityError.ActorDisconnected, "The node has ended."));
        }

        _outbox.Complete();
        _inbox.Complete();
        _events.Complete();
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
