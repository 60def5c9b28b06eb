using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Inbound;

/// <summary>How the inbound graph runs. The defaults suit two cores.</summary>
public sealed record InboundPipelineOptions : PipelineOptions
{
    /// <summary>The block that counts messages for their source.</summary>
    public StageOptions MetricsStage { get; init; } = new();

    /// <summary>The block that reads envelopes and looks sources up.</summary>
    public StageOptions DeserializeStage { get; init; } = new();

    /// <summary>
    /// The block that verifies and opens: nearly all the work of the graph. Default: as many workers as processors, batches of up to 16.
    /// </summary>
    public StageOptions DecryptionStage { get; init; } = new()
    {
        MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 128),
        BoundedCapacity = 128,
    };

    /// <summary>The block that counts how often a message was seen.</summary>
    public StageOptions DedupStage { get; init; } = new();

    /// <summary>The block that writes messages to the log.</summary>
    public StageOptions LoggingStage { get; init; } = new();

    /// <summary>The block that sends on what is encrypted for others; there is none unless the node forwards.</summary>
    public StageOptions ForwardStage { get; init; } = new();

    /// <summary>
    /// The block that acts on what peers say to the DHT; only part of a whole node's graph. Default: as many workers as processors, because
    /// a claim has a signature to verify.
    /// </summary>
    public StageOptions DhtHandlerStage { get; init; } = new()
    {
        MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 128),
        BoundedCapacity = 128,
    };

    /// <summary>
    /// How often one message may be received and still pass. Default 1; with 0 no message passes
    /// (<c>dedup_allowed_message_occurrences</c>).
    /// </summary>
    public int DedupAllowedMessageOccurrences { get; init; } = 1;

    /// <summary>The limits of flood protection.</summary>
    public FloodOptions Flood { get; init; } = new();

    /// <summary>
    /// The most messages the graph of a whole node can hold at once; one without its last two stages holds fewer. Times the largest frame,
    /// 8 MiB, it bounds the memory of received bytes.
    /// </summary>
    public int MaxMessagesHeld =>
        MetricsStage.BoundedCapacity + DeserializeStage.BoundedCapacity
        + (2 * DecryptionStage.BoundedCapacity) + (DecryptionStage.MaxDegreeOfParallelism * DecryptionStage.MaxBatchSize)
        + DedupStage.BoundedCapacity + LoggingStage.BoundedCapacity
        + ForwardStage.BoundedCapacity + DhtHandlerStage.BoundedCapacity + (2 * PipelineGraph.RefusedCapacity);

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ValidateCommon();
        ValidateStage(MetricsStage);
        ValidateStage(DeserializeStage);
        ValidateStage(DecryptionStage);
        ValidateStage(DedupStage);
        ValidateStage(LoggingStage);
        ValidateStage(ForwardStage);
        ValidateStage(DhtHandlerStage);
        ArgumentNullException.ThrowIfNull(Flood);
        Flood.Validate();
        if (DedupAllowedMessageOccurrences < 0)
        {
            throw new ArgumentOutOfRangeException(
                nameof(DedupAllowedMessageOccurrences),
                DedupAllowedMessageOccurrences,
                $"{nameof(DedupAllowedMessageOccurrences)} has to be at least 0, not {DedupAllowedMessageOccurrences}.");
        }
    }
}
