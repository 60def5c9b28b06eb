namespace Tari.Dht.Dataflow.Protocol.Identity;

/// <summary>What became of reading the frame in which a peer identifies itself.</summary>
internal enum IdentityFrameStatus
{
    /// <summary>The frame is not whole yet; come back with more bytes.</summary>
    NeedMore,

    /// <summary>The frame was cut off the buffer.</summary>
    Complete,

    /// <summary>The peer's network version is above this node's. The connection ends.</summary>
    UnsupportedVersion,

    /// <summary>The frame announces more than <see cref="IdentityFrame.MaxMessageLength"/> bytes. The connection ends.</summary>
    TooLong,
}
