using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>One end of a connection, with what it sends to the other end.</summary>
/// <remarks>All but the members of the interface happens in turns of the network.</remarks>
internal sealed class MemoryConnection : PeerConnectionBase, ITurnTarget
{
    private const int PumpTurn = 0;
    private const int ArriveTurn = 1;
    private const int RemoteClosedTurn = 2;
    private const int CloseTurn = 3;
    private const int UnheldTurn = 4;
    private const int LostTurn = 5;
    private const int StallTurn = 6;

    // A peer that takes nothing for so long is given up.
    private static readonly TimeSpan s_stallLimit = TimeSpan.FromSeconds(120);

    private readonly MemoryNetwork _network;
    private readonly List<IMemoryCall> _calls = [];
    private Queue<OutboundMessage>? _queue;
    private Queue<InboundMessage>? _arrived;
    private SeededRandom _random;
    private TimeSpan _busyUntil;
    private TimeSpan _lastArrival;
    private long _lastProgress;
    private int _onTheWay;
    private bool _stallWatched;
    private bool _pumpPosted;
    private volatile bool _isOpen = true;

    public MemoryConnection(
        MemoryComms node,
        MemoryComms peer,
        long id,
        PeerFeatures features,
        Multiaddr address,
        ConnectionDirection direction,
        DateTimeOffset connectedAt)
        : base(id, peer.Identity.NodeId, features, address, direction, connectedAt)
    {
        Node = node;
        _network = node.Network;
        _random = SeededRandom.Of(_network.Options.Seed, node.Identity.NodeId, Peer, id);
    }

    /// <summary>Whose end it is.</summary>
    public MemoryComms Node { get; }

    /// <summary>The other end.</summary>
    public MemoryConnection Other { get; private set; } = null!;

    public override bool IsConnected => _isOpen;

    /// <summary>Whether messages of the peer wait for the graph.</summary>
    public bool HasArrived => _arrived is { Count: > 0 };

    /// <summary>Messages under way count as a stream.</summary>
    public override int SubstreamCount => base.SubstreamCount + (_onTheWay > 0 || _queue is { Count: > 0 } ? 1 : 0);

    public override TimeSpan WriteStalledFor =>
        _isOpen && _queue is { Count: > 0 } ? _network.Turns.Now - TimeSpan.FromTicks(Volatile.Read(ref _lastProgress)) : TimeSpan.Zero;

    public static void Join(MemoryConnection one, MemoryConnection other)
    {
        one.Other = other;
        other.Other = one;
    }

    public override ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default)
    {
        if (!_isOpen)
        {
            return ValueTask.FromException(new ConnectivityException(ConnectivityError.PeerConnectionError, "The connection has ended."));
        }

        var done = new TaskCompletionSource<bool>();
        _network.Turns.Post(new Turn(this, CloseTurn, done, isMinimized ? 1 : 0));
        return new ValueTask(cancellationToken.CanBeCanceled ? done.Task.WaitAsync(cancellationToken) : done.Task);
    }

    /// <summary>Closes this end; the other one notices when it has got what was sent before.</summary>
    /// <returns>False if it was closed already.</returns>
    public bool Close()
    {
        if (!End())
        {
            return false;
        }

        TimeSpan at = _network.Turns.Now + _network.LinkOf(Node.Identity.NodeId, Peer).Latency;
        _network.Turns.PostAt(at > _lastArrival ? at : _lastArrival, new Turn(Other, RemoteClosedTurn));
        return true;
    }

    /// <summary>Ends this end without a word; the other one notices some time later.</summary>
    public void Abandon()
    {
        if (End())
        {
            DropArrived();
            _network.Turns.PostAt(_network.Turns.Now + _network.Options.LossDetection, new Turn(Other, LostTurn));
        }
    }

    /// <summary>The way to the other end is cut for good.</summary>
    public void Lose()
    {
        if (End())
        {
            Node.OnConnectionEnded(this, isMinimized: false);
        }
    }

    /// <summary>Sends a message, or lets it wait for its turn. Takes it over.</summary>
    public void Send(OutboundMessage message)
    {
        if (!_isOpen)
        {
            Settle(message, MessageSendResult.ConnectionLost);
            return;
        }

        if (_queue?.Count >= _network.LinkOf(Node.Identity.NodeId, Peer).QueueLength)
        {
            Settle(message, MessageSendResult.QueueFull);
            return;
        }

        _queue ??= new Queue<OutboundMessage>();
        if (_queue.Count == 0)
        {
            Volatile.Write(ref _lastProgress, _network.Turns.Now.Ticks);
        }

        _queue.Enqueue(message);
        Pump();
        if (!_stallWatched && _queue is { Count: > 0 })
        {
            _stallWatched = true;
            _network.Turns.PostAt(_network.Turns.Now + s_stallLimit, new Turn(this, StallTurn));
        }
    }

    /// <summary>The inbox has room, or the network is whole again.</summary>
    public void Resume()
    {
        DeliverArrived();
        Pump();
    }

    public void DropArrived()
    {
        while (_arrived is not null && _arrived.TryDequeue(out InboundMessage? message))
        {
            message.Dispose();
        }
    }

    /// <summary>A call or a ping that is told when the connection ends.</summary>
    public void Add(IMemoryCall call) => _calls.Add(call);

    public void Remove(IMemoryCall call) => _calls.Remove(call);

    public void OnTurn(in Turn turn)
    {
        switch (turn.Kind)
        {
            case PumpTurn:
                _pumpPosted = false;
                Pump();
                break;
            case ArriveTurn:
                Arrive((InboundMessage)turn.State!);
                break;
            case RemoteClosedTurn:
                if (_isOpen && !_network.CanReach(Peer, Node.Identity.NodeId))
                {
                    // The end is told again until the way is free, or the connection is lost.
                    _network.Turns.PostAt(_network.Turns.Now + TimeSpan.FromSeconds(1), turn);
                }
                else
                {
                    Lose();
                }

                break;
            case LostTurn:
                Lose();
                break;
            case CloseTurn:
                var done = (TaskCompletionSource<bool>)turn.State!;
                if (Close())
                {
                    Node.OnConnectionEnded(this, isMinimized: turn.Number != 0);
                    _network.Complete(done, true);
                }
                else
                {
                    _network.Fail(done, new ConnectivityException(ConnectivityError.PeerConnectionError, "The connection has ended."));
                }

                break;
            case StallTurn:
                OnStallTurn();
                break;
            case UnheldTurn:
                if (HandleCount == 0 && Close())
                {
                    Node.OnConnectionEnded(this, isMinimized: true);
                }

                break;
        }
    }

    protected override void OnUnheld()
    {
        if (_isOpen)
        {
            _network.Turns.Post(new Turn(this, UnheldTurn));
        }
    }

    private void OnStallTurn()
    {
        TimeSpan stalled = WriteStalledFor;
        _stallWatched = _isOpen && _queue is { Count: > 0 } && stalled < s_stallLimit;
        if (_stallWatched)
        {
            _network.Turns.PostAt(_network.Turns.Now + s_stallLimit - stalled, new Turn(this, StallTurn));
        }
        else if (stalled >= s_stallLimit && Close())
        {
            Node.OnConnectionEnded(this, isMinimized: false);
        }
    }

    private static void Settle(OutboundMessage message, MessageSendResult result)
    {
        message.Complete(result);
        message.Dispose();
    }

    private bool End()
    {
        if (!_isOpen)
        {
            return false;
        }

        _isOpen = false;
        Node.OnClosed(this);
        while (_queue is not null && _queue.TryDequeue(out OutboundMessage? message))
        {
            Settle(message, MessageSendResult.ConnectionLost);
        }

        _queue = null;
        foreach (IMemoryCall call in _calls.ToArray())
        {
            call.OnConnectionEnded();
        }

        _calls.Clear();
        return true;
    }

    private void Pump()
    {
        if (_queue is not { Count: > 0 } queue || !_network.CanReach(Node.Identity.NodeId, Peer))
        {
            return;
        }

        MemoryLinkOptions link = _network.LinkOf(Node.Identity.NodeId, Peer);
        while (queue.Count > 0 && _onTheWay < link.Window)
        {
            if (_busyUntil > _network.Turns.Now)
            {
                if (!_pumpPosted)
                {
                    _pumpPosted = true;
                    _network.Turns.PostAt(_busyUntil, new Turn(this, PumpTurn));
                }

                return;
            }

            Transmit(queue.Dequeue(), link);
        }
    }

    private void Transmit(OutboundMessage message, MemoryLinkOptions link)
    {
        int length;
        InboundMessage? copy = null;
        bool isLost = _random.Happens(link.Loss);
        try
        {
            ReadOnlyMemory<byte> body = message.Body;
            length = body.Length;
            if (!isLost)
            {
                copy = InboundMessage.CopyOf(_random.Next(), Node.Identity.NodeId, body.Span, _network.Options.BufferPool);
            }
        }
        catch (ObjectDisposedException)
        {
            // Disposed by its former owner, and with that dropped.
            return;
        }

        Volatile.Write(ref _lastProgress, _network.Turns.Now.Ticks);
        _network.Trace(MemoryTraceKind.Sent, Node.Identity.NodeId, Peer, length);
        TimeSpan now = _network.Turns.Now;
        if (link.BytesPerSecond is { } rate)
        {
            _busyUntil = now + TimeSpan.FromSeconds((double)length / rate);
        }

        TimeSpan left = _busyUntil > now ? _busyUntil : now;
        if (copy is null)
        {
            _network.Trace(MemoryTraceKind.Lost, Node.Identity.NodeId, Peer, length);
        }
        else
        {
            InboundMessage? twin = null;
            if (_random.Happens(link.Duplication))
            {
                twin = InboundMessage.CopyOf(_random.Next(), Node.Identity.NodeId, copy.Body.Span, _network.Options.BufferPool);
            }

            Launch(copy, left, link);
            if (twin is not null)
            {
                _network.Trace(MemoryTraceKind.Duplicated, Node.Identity.NodeId, Peer, length);
                Launch(twin, left, link);
            }
        }

        Settle(message, MessageSendResult.Sent);
    }

    private void Launch(InboundMessage message, TimeSpan left, MemoryLinkOptions link)
    {
        TimeSpan arrival = left + link.Latency;
        if (link.Jitter > TimeSpan.Zero)
        {
            arrival += link.Jitter * _random.NextDouble();
        }

        if (_random.Happens(link.Reordering))
        {
            arrival += link.ReorderingDelay * _random.NextDouble();
        }
        else
        {
            // A stream keeps its order: a late message keeps the next ones back.
            _lastArrival = arrival > _lastArrival ? arrival : _lastArrival;
            arrival = _lastArrival;
        }

        _onTheWay++;
        if (arrival <= _network.Turns.Now)
        {
            Other.Arrive(message);
        }
        else
        {
            _network.Turns.PostAt(arrival, new Turn(Other, ArriveTurn, message));
        }
    }

    /// <summary>A message of the other end is here.</summary>
    private void Arrive(InboundMessage message)
    {
        if (!Node.IsRunning || (!_isOpen && Other._isOpen))
        {
            // This end has let go, and hears nothing any more.
            Other._onTheWay--;
            message.Dispose();
            return;
        }

        (_arrived ??= new Queue<InboundMessage>(1)).Enqueue(message);
        DeliverArrived();
    }

    private void DeliverArrived()
    {
        if (_arrived is not { Count: > 0 } arrived || !_network.CanReach(Peer, Node.Identity.NodeId))
        {
            return;
        }

        bool delivered = false;
        while (arrived.TryPeek(out InboundMessage? message))
        {
            int length = message.Body.Length;
            if (!Node.TryDeliver(message))
            {
                break;
            }

            arrived.Dequeue();
            delivered = true;
            Other._onTheWay--;
            _network.Trace(MemoryTraceKind.Delivered, Peer, Node.Identity.NodeId, length);
        }

        // The sender may have waited for room. It is in the middle of it when a message takes no time.
        if (delivered && Other._queue is { Count: > 0 } && !Other._pumpPosted)
        {
            Other._pumpPosted = true;
            _network.Turns.Post(new Turn(Other, PumpTurn));
        }
    }
}
