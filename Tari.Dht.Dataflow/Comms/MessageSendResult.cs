namespace Tari.Dht.Dataflow.Comms;

/// <summary>The transport's verdict on one message to one peer.</summary>
public enum MessageSendResult
{
    /// <summary>The transport accepted the whole message; not a receipt.</summary>
    Sent = 0,

    /// <summary>The peer could not be dialled.</summary>
    PeerDialFailed,

    /// <summary>No substream could be opened.</summary>
    SubstreamOpenFailed,

    /// <summary>The substream failed while writing.</summary>
    SubstreamSendFailed,

    /// <summary>The message was dropped on the way, or its verdict was never given.</summary>
    Dropped,

    /// <summary>Over 8 MiB.</summary>
    MessageTooLarge,

    /// <summary>Every try failed.</summary>
    MaxRetriesReached,

    /// <summary>The connection was lost.</summary>
    ConnectionLost,

    /// <summary>The peer's queue is full.</summary>
    QueueFull,

    /// <summary>The message waited too long.</summary>
    Expired,

    /// <summary>The write took too long.</summary>
    SendTimeout,

    /// <summary>Queued behind a message whose write took too long.</summary>
    QueuedBehindTimeout,
}
