namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>Questions about flags as they were received.</summary>
internal static class RpcFlagsExtensions
{
    /// <summary>Whether no bit is set that has no meaning. The bit 4 marked parts of messages once, and has none.</summary>
    public static bool IsKnown(this RpcFlags flags) => (flags & ~(RpcFlags.Fin | RpcFlags.Ack)) == 0;

    /// <summary>Whether <see cref="RpcFlags.Fin"/> is set.</summary>
    public static bool IsFin(this RpcFlags flags) => (flags & RpcFlags.Fin) != 0;

    /// <summary>Whether <see cref="RpcFlags.Ack"/> is set.</summary>
    public static bool IsAck(this RpcFlags flags) => (flags & RpcFlags.Ack) != 0;
}
