using Tari.Dht.Dataflow.Outbound.Requests;

namespace Tari.Dht.Dataflow.Outbound.Testing;

/// <summary>A request that a mock answered.</summary>
/// <param name="Parameters">What was to be sent, how, and to whom.</param>
/// <param name="Body">
/// The body's encoding, in clear text also where it was to be encrypted; a list of parts, unless it was sent raw.
/// </param>
public sealed record MockCall(FinalSendMessageParams Parameters, ReadOnlyMemory<byte> Body);
