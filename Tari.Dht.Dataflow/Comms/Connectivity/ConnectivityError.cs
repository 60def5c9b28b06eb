namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Why connectivity could not do what it was asked.</summary>
public enum ConnectivityError
{
    /// <summary>Connectivity has ended.</summary>
    ActorDisconnected,

    /// <summary>The answer was dropped.</summary>
    ActorResponseCancelled,

    /// <summary>The peer store can't answer, or does not know the peer.</summary>
    PeerManagerError,

    /// <summary>The peer is banned.</summary>
    PeerBanned,

    /// <summary>A dial failed: every address was tried.</summary>
    ConnectFailedMaximumAttemptsReached,

    /// <summary>No address is left that may be dialled.</summary>
    AllPeerAddressesAreExcluded,

    /// <summary>A dial was cancelled, because the peer dialled this node or by request.</summary>
    DialCancelled,

    /// <summary>The queue of dials is full.</summary>
    DialQueueFull,

    /// <summary>The peer said something that it must not when the connection started.</summary>
    IdentityRefused,

    /// <summary>The connection ended.</summary>
    PeerConnectionError,

    /// <summary>No status "online" came in time.</summary>
    OnlineWaitTimeout,

    /// <summary>No answer came in time.</summary>
    RequestTimedOut,

    /// <summary>A dial took too long.</summary>
    DialTimedOut,
}
