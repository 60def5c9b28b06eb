namespace Tari.Dht.Dataflow.Discovery;

/// <summary>Why a peer was not discovered.</summary>
public enum DhtDiscoveryError
{
    /// <summary>Discovery ended while the caller waited.</summary>
    ReplyCanceled,

    /// <summary>The question could not be handed to the outbound pipeline; the inner exception says why.</summary>
    DhtOutboundError,

    /// <summary>Discovery has ended, or has not started.</summary>
    ChannelDisconnected,

    /// <summary>No answer came in time.</summary>
    DiscoveryTimeout,

    /// <summary>The question went to nobody; <see cref="DhtDiscoveryException.SendFailure"/> says why.</summary>
    DiscoverySendFailed,

    /// <summary>The peer store did not take the question or the peer; the inner exception says why.</summary>
    PeerManagerError,

    /// <summary>The answer is no claim, or comes from somebody else.</summary>
    InvalidDiscoveryResponse,

    /// <summary>The claim in the answer is not acceptable; <see cref="DhtDiscoveryException.ValidatorError"/> says why.</summary>
    PeerValidatorError,

    /// <summary>The key is this node's own.</summary>
    CannotDiscoverThisNode,

    /// <summary>As many discoveries are under way as are allowed. The reference has no such bound.</summary>
    TooManyRequests,
}
