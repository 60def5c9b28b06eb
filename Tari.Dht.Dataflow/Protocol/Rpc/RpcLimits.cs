namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>The sizes that both sides of a session keep to, in bytes. All are the network's and none is a setting.</summary>
internal static class RpcLimits
{
    /// <summary>
    /// A message in a frame of a running session: 8 MiB for what it carries, 1 KiB for what is around it. Above, the session ends.
    /// </summary>
    public const int MaxFrameLength = (8 * 1024 * 1024) + 1024;

    /// <summary>A message in a frame of the handshake that starts a session.</summary>
    public const int MaxHandshakeFrameLength = 1024;

    /// <summary>An encoded request, as servers take it: 6 MiB.</summary>
    public const int MaxRequestLength = 6 * 1024 * 1024;

    /// <summary>The payload of a response: a whole frame, less <see cref="ResponseOverhead"/>.</summary>
    public const int MaxResponsePayloadLength = MaxFrameLength - ResponseOverhead;

    /// <summary>
    /// What a response takes besides its payload, with one to spare: three numbers of up to 6 bytes, a key and a length of 4.
    /// </summary>
    public const int ResponseOverhead = 24;
}
