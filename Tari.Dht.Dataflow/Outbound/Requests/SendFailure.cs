namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>Why no message was generated for a request.</summary>
public enum SendFailureKind
{
    /// <summary>The request is addressed to this node's own key.</summary>
    SendToOurselves,

    /// <summary>The pipeline ended before it answered.</summary>
    SenderCancelled,

    /// <summary>Any other failure; the text says what.</summary>
    General,

    /// <summary>The recipient was unknown and could not be discovered.</summary>
    DiscoveryFailed,

    /// <summary>The messages could not be generated; the text says why.</summary>
    FailedToGenerateMessages,

    /// <summary>Nobody was selected.</summary>
    NoMessagesQueued,
}

/// <summary>A failure and its text.</summary>
/// <param name="Kind">What failed.</param>
/// <param name="Text">Details for the reader; may be empty.</param>
public readonly record struct SendFailure(SendFailureKind Kind, string Text = "");
