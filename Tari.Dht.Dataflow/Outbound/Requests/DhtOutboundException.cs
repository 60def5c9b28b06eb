namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>What went wrong with a request.</summary>
public enum DhtOutboundError
{
    /// <summary>The pipeline does not take requests any more.</summary>
    SendError,

    /// <summary>The body does not fit the 32-bit length of an encrypted message, or no array.</summary>
    InvalidMessageBody,

    /// <summary>The request ended without an answer: the pipeline stopped, or a stage failed on it, which the log tells.</summary>
    RequesterReplyChannelClosed,

    /// <summary>The request failed; <see cref="DhtOutboundException.Failure"/> says how.</summary>
    SendMessageFailed,

    /// <summary>Nobody was selected, so no message was queued.</summary>
    NoMessagesQueued,
}

/// <summary>A request to send a message failed as a whole.</summary>
public sealed class DhtOutboundException : Exception
{
    /// <summary>An exception with a default message.</summary>
    public DhtOutboundException()
        : this(DhtOutboundError.SendError, "The message could not be sent.")
    {
    }

    /// <summary>An exception that says what went wrong.</summary>
    /// <param name="message">What went wrong.</param>
    public DhtOutboundException(string message)
        : this(DhtOutboundError.SendError, message)
    {
    }

    /// <summary>An exception that says what went wrong, and why.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">Why.</param>
    public DhtOutboundException(string message, Exception innerException)
        : base(message, innerException)
    {
    }

    internal DhtOutboundException(DhtOutboundError error, string message)
        : base(message) => Error = error;

    internal DhtOutboundException(SendFailure failure)
        : this(
            failure.Kind == SendFailureKind.NoMessagesQueued ? DhtOutboundError.NoMessagesQueued : DhtOutboundError.SendMessageFailed,
            failure.Text.Length == 0
                ? $"The message was not sent: {failure.Kind}."
                : $"The message was not sent: {failure.Kind}: {failure.Text}") =>
        Failure = failure;

    /// <summary>What went wrong.</summary>
    public DhtOutboundError Error { get; }

    /// <summary>The failure that the pipeline answered, if it did.</summary>
    public SendFailure? Failure { get; }
}
