using System.Collections.Immutable;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>An operation on the peer store failed; the store is as it was before.</summary>
public sealed class PeerManagerException : Exception
{
    /// <param name="error">The reason.</param>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">Why, if something lies below.</param>
    public PeerManagerException(PeerManagerError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    private PeerManagerException(ImmutableArray<NodeId> ids)
        : this(PeerManagerError.PeerNotFound, $"The peer store does not know [{string.Join(", ", ids)}]") => NodeIds = ids;

    /// <summary>The reason.</summary>
    public PeerManagerError Error { get; }

    /// <summary>Who was not found; empty for another reason.</summary>
    public ImmutableArray<NodeId> NodeIds { get; } = [];

    /// <summary>None of the peers is known.</summary>
    /// <param name="ids">Whom the caller asked for.</param>
    public static PeerManagerException NotFound(params ReadOnlySpan<NodeId> ids) => new([.. ids]);
}
