using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>An entry of the pool. Those without a connection are forgotten at the next refresh.</summary>
/// <param name="Peer">Whose.</param>
/// <param name="State">What became of it.</param>
/// <param name="Connection">The connection, of which no handle is held; null if there is none.</param>
public readonly record struct PeerConnectionReport(NodeId Peer, PeerConnectionState State, IPeerConnection? Connection);
