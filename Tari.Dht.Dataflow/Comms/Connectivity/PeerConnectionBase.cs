using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>What all transports' connections have in common: who is at the other end, and the counted handles.</summary>
/// <remarks>Thread safe. The transport's pool holds a handle of its own, so that the connection lives without users.</remarks>
public abstract class PeerConnectionBase : IPeerConnection
{
    private int _handles;
    private int _strongHandles;
    private int _substreams;
    private int _rpcSessions;

    /// <param name="id">Unique in this node and rising.</param>
    /// <param name="peer">The peer at the other end.</param>
    /// <param name="features">What the peer offers.</param>
    /// <param name="address">Where the peer is.</param>
    /// <param name="direction">Who dialled.</param>
    /// <param name="connectedAt">When it was made.</param>
    protected PeerConnectionBase(
        long id, NodeId peer, PeerFeatures features, Multiaddr address, ConnectionDirection direction, DateTimeOffset connectedAt)
    {
        Id = id;
        Peer = peer;
        Features = features;
        Address = address;
        Direction = direction;
        ConnectedAt = connectedAt;
    }

    /// <inheritdoc/>
    public long Id { get; }

    /// <inheritdoc/>
    public NodeId Peer { get; }

    /// <inheritdoc/>
    public PeerFeatures Features { get; }

    /// <inheritdoc/>
    public Multiaddr Address { get; }

    /// <inheritdoc/>
    public ConnectionDirection Direction { get; }

    /// <inheritdoc/>
    public DateTimeOffset ConnectedAt { get; }

    /// <inheritdoc/>
    public abstract bool IsConnected { get; }

    /// <inheritdoc/>
    public int HandleCount => Volatile.Read(ref _handles);

    /// <inheritdoc/>
    public bool IsStronglyHeld => Volatile.Read(ref _strongHandles) > 0;

    /// <inheritdoc/>
    public virtual int SubstreamCount => Volatile.Read(ref _substreams);

    /// <inheritdoc/>
    public int RpcSessionCount => Volatile.Read(ref _rpcSessions);

    /// <inheritdoc/>
    public virtual TimeSpan WriteStalledFor => TimeSpan.Zero;

    /// <inheritdoc/>
    public PeerConnectionHandle Acquire(ConnectionStrength strength)
    {
        Interlocked.Increment(ref _handles);
        if (strength == ConnectionStrength.Strong)
        {
            Interlocked.Increment(ref _strongHandles);
        }

        return new CountedHandle(this, strength);
    }

    /// <inheritdoc/>
    public abstract ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default);

    /// <summary>A stream was opened, by either end.</summary>
    protected internal void OnSubstreamOpened() => Interlocked.Increment(ref _substreams);

    /// <summary>A stream has ended.</summary>
    protected internal void OnSubstreamClosed() => Interlocked.Decrement(ref _substreams);

    /// <summary>This node has opened a session for calls, which is a stream too.</summary>
    protected internal void OnRpcSessionOpened()
    {
        Interlocked.Increment(ref _rpcSessions);
        OnSubstreamOpened();
    }

    /// <summary>A session of this node has ended.</summary>
    protected internal void OnRpcSessionClosed()
    {
        Interlocked.Decrement(ref _rpcSessions);
        OnSubstreamClosed();
    }

    /// <summary>The last handle is gone; closes the connection. On the thread that gave the handle up, and must not throw.</summary>
    protected abstract void OnUnheld();

    private void Release(ConnectionStrength strength)
    {
        if (strength == ConnectionStrength.Strong)
        {
            Interlocked.Decrement(ref _strongHandles);
        }

        if (Interlocked.Decrement(ref _handles) == 0)
        {
            OnUnheld();
        }
    }

    private sealed class CountedHandle(PeerConnectionBase connection, ConnectionStrength strength) : PeerConnectionHandle
    {
        private int _disposed;

        public override IPeerConnection Connection => connection;

        public override ConnectionStrength Strength => strength;

        public override void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                connection.Release(strength);
            }
        }
    }
}
