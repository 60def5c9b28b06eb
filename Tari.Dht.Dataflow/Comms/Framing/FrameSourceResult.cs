namespace Tari.Dht.Dataflow.Comms.Framing;

/// <summary>Why reading a peer's frames ended.</summary>
public enum FrameSourceEnd
{
    /// <summary>The peer ended the stream after a whole frame.</summary>
    EndOfStream,

    /// <summary>The peer ended the stream within a frame, which is lost.</summary>
    Truncated,

    /// <summary>The peer announced a message above the limit: a protocol violation. Nothing behind it can be read.</summary>
    MessageTooLong,

    /// <summary>The graph does not take messages any more.</summary>
    TargetCompleted,
}

/// <summary>How reading a peer's frames ended.</summary>
/// <param name="End">Why.</param>
/// <param name="Messages">Messages handed to the graph.</param>
/// <param name="AnnouncedLength">The length of the message that was too long, in bytes; 0 otherwise.</param>
public readonly record struct FrameSourceResult(FrameSourceEnd End, long Messages, uint AnnouncedLength = 0);
