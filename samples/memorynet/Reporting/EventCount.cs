using Tari.Dht.Dataflow.Comms.Memory;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>How often something happened in a network.</summary>
internal readonly record struct EventCount(MemoryTraceKind Kind, long Count);
