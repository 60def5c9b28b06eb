using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>A connection that leads nowhere and counts its handles.</summary>
internal sealed class ScriptedConnection(NodeId peer, long id = 1, PeerFeatures features = PeerFeatures.CommunicationNode) : IPeerConnection
{
    private int _handles;
    private int _strong;

    public long Id => id;

    public NodeId Peer => peer;

    public PeerFeatures Features => features;

    public Multiaddr Address { get; init; } = Multiaddr.Parse("/memory/1");

    public ConnectionDirection Direction { get; init; } = ConnectionDirection.Outbound;

    public DateTimeOffset ConnectedAt { get; init; }

    public bool IsConnected { get; private set; } = true;

    /// <summary>Whether each request to disconnect was for tidiness, in order.</summary>
    public List<bool> Disconnects { get; } = [];

    /// <summary>What disconnecting fails with; null does it.</summary>
    public Exception? DisconnectFailure { get; set; }

    /// <summary>Whether disconnecting never ends.</summary>
    public bool DisconnectHangs { get; set; }

    public int HandleCount => Volatile.Read(ref _handles);

    /// <summary>How many of the handles are strong.</summary>
    public int StrongCount => Volatile.Read(ref _strong);

    public bool IsStronglyHeld => Volatile.Read(ref _strong) > 0;

    public PeerConnectionHandle Acquire(ConnectionStrength strength)
    {
        Interlocked.Increment(ref _handles);
        if (strength == ConnectionStrength.Strong)
        {
            Interlocked.Increment(ref _strong);
        }

        return new Handle(this, strength);
    }

    public ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default)
    {
        Disconnects.Add(isMinimized);
        if (DisconnectFailure is not null)
        {
            return ValueTask.FromException(DisconnectFailure);
        }

        IsConnected = false;
        return DisconnectHangs ? new ValueTask(new TaskCompletionSource().Task) : ValueTask.CompletedTask;
    }

    /// <summary>The peer, or the network, ends it.</summary>
    public void End() => IsConnected = false;

    private sealed class Handle(ScriptedConnection connection, ConnectionStrength strength) : PeerConnectionHandle
    {
        private int _disposed;

        public override IPeerConnection Connection => connection;

        public override ConnectionStrength Strength => strength;

        public override void Dispose()
        {
            if (Interlocked.Exchange(ref _disposed, 1) == 0)
            {
                Interlocked.Decrement(ref connection._handles);
                if (strength == ConnectionStrength.Strong)
                {
                    Interlocked.Decrement(ref connection._strong);
                }
            }
        }
    }
}
