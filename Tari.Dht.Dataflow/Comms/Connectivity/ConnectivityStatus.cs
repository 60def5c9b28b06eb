namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>How well a node is connected.</summary>
/// <param name="State">The state.</param>
/// <param name="Nodes">Nodes connected to.</param>
public readonly record struct ConnectivityStatus(ConnectivityState State, int Nodes);
