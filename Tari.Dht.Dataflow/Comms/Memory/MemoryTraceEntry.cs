using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>Something that happened in a network in one process.</summary>
/// <param name="At">When, since the network was made.</param>
/// <param name="Kind">What.</param>
/// <param name="From">Who sent, dialled, or noticed.</param>
/// <param name="To">The other one.</param>
/// <param name="Length">A message's bytes; 0 for what is none.</param>
public readonly record struct MemoryTraceEntry(TimeSpan At, MemoryTraceKind Kind, NodeId From, NodeId To, int Length);
