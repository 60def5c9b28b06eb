namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>
/// The flags of a request or a response. Any other bit breaks the protocol: see <see cref="RpcFlagsExtensions.IsKnown"/>.
/// </summary>
[Flags]
internal enum RpcFlags : uint
{
    /// <summary>A request to answer, or a response that others follow.</summary>
    None = 0,

    /// <summary>
    /// The last response of an answer; as a request, the caller wants no more of one. Together with <see cref="Ack"/> it alone counts.
    /// </summary>
    Fin = 1,

    /// <summary>A ping or its answer.</summary>
    Ack = 2,
}
