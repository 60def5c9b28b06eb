using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>What came of one of several dials: a handle or an error.</summary>
/// <param name="Peer">Who was dialled.</param>
/// <param name="Handle">The connection, which the reader disposes; null if the dial failed.</param>
/// <param name="Error">Why it failed; null if it did not.</param>
public readonly record struct DialResult(NodeId Peer, PeerConnectionHandle? Handle, ConnectivityException? Error);
