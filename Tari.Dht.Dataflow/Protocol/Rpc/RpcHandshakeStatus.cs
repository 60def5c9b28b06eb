namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>What became of reading a message of the handshake that starts a session.</summary>
internal enum RpcHandshakeStatus
{
    /// <summary>The message is not whole yet; come back with more bytes.</summary>
    NeedMore,

    /// <summary>The message was cut off the buffer.</summary>
    Complete,

    /// <summary>It announces more than <see cref="RpcLimits.MaxHandshakeFrameLength"/> bytes. Nothing is answered.</summary>
    TooLong,

    /// <summary>The bytes are no such message. Nothing is answered.</summary>
    Malformed,
}
