using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>A dial that a transport makes for a <see cref="ConnectivityManager"/>.</summary>
public sealed class PeerDial
{
    private volatile bool _isOver;

    internal PeerDial(Peer record) => Record = record;

    /// <summary>The peer's record when the dial began.</summary>
    public Peer Record { get; }

    /// <summary>Who is dialled.</summary>
    public NodeId Peer => Record.NodeId;

    /// <summary>Whether it has ended or was cancelled.</summary>
    public bool IsOver
    {
        get => _isOver;
        internal set => _isOver = value;
    }

    /// <summary>What the transport keeps with it; only the transport uses it.</summary>
    public object? State { get; set; }

    /// <summary>Who waits for it. Used with the manager's lock held.</summary>
    internal List<(IDialObserver Observer, ConnectionStrength Strength)> Observers { get; } = [];
}
