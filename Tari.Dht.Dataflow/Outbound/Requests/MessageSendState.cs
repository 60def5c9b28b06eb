using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>One generated message and the transport's verdict on it.</summary>
/// <param name="Tag">The message's tag; all messages of one request have the same.</param>
/// <param name="Result">Ends with the verdict; never faults.</param>
public readonly record struct MessageSendState(ulong Tag, Task<MessageSendResult> Result);
