using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>A call, as a service sees it.</summary>
/// <param name="Peer">The caller, authenticated by the connection.</param>
/// <param name="Method">The number of the method.</param>
/// <param name="Body">The bytes of the request, untrusted.</param>
/// <param name="Deadline">How long the caller waits from the request on.</param>
public sealed record RpcRequest(NodeId Peer, uint Method, ReadOnlyMemory<byte> Body, TimeSpan Deadline);
