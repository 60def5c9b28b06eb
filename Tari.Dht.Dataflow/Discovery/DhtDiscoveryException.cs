using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>A peer was not discovered.</summary>
public sealed class DhtDiscoveryException : Exception
{
    /// <param name="error">The reason.</param>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What lies below, if anything.</param>
    public DhtDiscoveryException(DhtDiscoveryError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The reason.</summary>
    public DhtDiscoveryError Error { get; }

    /// <summary>True when no answer came in time.</summary>
    public bool IsTimeout => Error == DhtDiscoveryError.DiscoveryTimeout;

    /// <summary>Why the question was not sent; null unless the reason is <see cref="DhtDiscoveryError.DiscoverySendFailed"/>.</summary>
    public SendFailure? SendFailure { get; internal init; }

    /// <summary>What is wrong with the claim; null unless the reason is <see cref="DhtDiscoveryError.PeerValidatorError"/>.</summary>
    public DhtPeerValidatorError? ValidatorError { get; internal init; }
}
