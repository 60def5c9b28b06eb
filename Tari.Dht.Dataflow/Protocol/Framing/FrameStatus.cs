namespace Tari.Dht.Dataflow.Protocol.Framing;

/// <summary>What became of reading a frame.</summary>
public enum FrameStatus
{
    /// <summary>The frame is not whole yet; come back with more bytes.</summary>
    NeedMore,

    /// <summary>A frame was cut off the buffer.</summary>
    Complete,

    /// <summary>The frame announces more bytes than allowed. Nothing after it can be read.</summary>
    TooLong,
}
