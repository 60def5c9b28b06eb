namespace Tari.Dht.Dataflow.Actor;

/// <summary>A request to the DHT failed.</summary>
public sealed class DhtActorException : Exception
{
    /// <param name="error">The reason.</param>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What lies below, if anything.</param>
    public DhtActorException(DhtActorError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The reason.</summary>
    public DhtActorError Error { get; }

    internal static DhtActorException Disconnected() => new(DhtActorError.ChannelDisconnected, "The DHT has ended.");

    internal static DhtActorException Cancelled() => new(DhtActorError.ReplyCanceled, "The DHT ended before it answered.");
}
