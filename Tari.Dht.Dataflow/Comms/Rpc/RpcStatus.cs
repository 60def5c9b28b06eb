namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>How a call ended.</summary>
/// <param name="Code">The code, any number where it comes from a peer.</param>
/// <param name="Details">For people; untrusted where it comes from a peer.</param>
public readonly record struct RpcStatus(RpcStatusCode Code, string Details)
{
    /// <summary>The status of success.</summary>
    public static RpcStatus Ok { get; } = new(RpcStatusCode.Ok, "");

    /// <summary>Whether the call succeeded.</summary>
    public bool IsOk => Code == RpcStatusCode.Ok;
}
