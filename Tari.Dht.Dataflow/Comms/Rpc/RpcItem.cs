namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>
/// One thing that a caller reads from a stream of responses. What a peer does is told by a value and never by an exception.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Body">The bytes of a response, untrusted; the reader's to keep.</param>
/// <param name="Status">The status of a failure.</param>
public readonly record struct RpcItem(RpcItemKind Kind, ReadOnlyMemory<byte> Body = default, RpcStatus Status = default);
