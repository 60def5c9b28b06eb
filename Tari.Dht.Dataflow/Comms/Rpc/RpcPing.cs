namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>What came of a ping. What a peer does is told by a value and never by an exception.</summary>
/// <param name="Kind">What it is.</param>
/// <param name="RoundTrip">From when the ping left until the answer was there, for <see cref="RpcPingKind.Answered"/>; else zero.</param>
/// <param name="Status">The status of a <see cref="RpcPingKind.Failed"/>; its details are the peer's words.</param>
public readonly record struct RpcPing(RpcPingKind Kind, TimeSpan RoundTrip = default, RpcStatus Status = default);
