using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Inbound;

namespace Tari.Dht.Dataflow.Benchmarks.Inbound;

/// <summary>One setting of the inbound graph's knobs.</summary>
/// <param name="Kind">What comes.</param>
/// <param name="Workers">The decryption stage's MaxDegreeOfParallelism.</param>
/// <param name="Batch">The decryption stage's MaxBatchSize.</param>
/// <param name="Capacity">Every stage's BoundedCapacity.</param>
/// <param name="Ordered">The decryption stage's EnsureOrdered.</param>
public sealed record InboundKnobs(TrafficKind Kind, int Workers = 2, int Batch = 16, int Capacity = 128, bool Ordered = false)
{
    public override string ToString() => $"{Kind}, {Workers} workers, batch {Batch}, capacity {Capacity}{(Ordered ? ", ordered" : "")}";

    public InboundPipelineOptions ApplyTo(InboundPipelineOptions options) => options with
    {
        MetricsStage = options.MetricsStage with { BoundedCapacity = Capacity },
        DeserializeStage = options.DeserializeStage with { BoundedCapacity = Capacity },
        DecryptionStage = options.DecryptionStage with { BoundedCapacity = Capacity, MaxBatchSize = Batch, EnsureOrdered = Ordered },
        DedupStage = options.DedupStage with { BoundedCapacity = Capacity },
        LoggingStage = options.LoggingStage with { BoundedCapacity = Capacity },
    };
}
