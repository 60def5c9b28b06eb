using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound;

/// <summary>How the outbound graph runs. The defaults suit two cores.</summary>
public sealed record OutboundPipelineOptions : PipelineOptions
{
    /// <summary>The block that writes requests to the log.</summary>
    public StageOptions RequestLoggingStage { get; init; } = new();

    /// <summary>
    /// The block that selects peers, encrypts and signs: nearly all the work of the graph. Default: as many workers as processors.
    /// </summary>
    public StageOptions BroadcastStage { get; init; } = new()
    {
        MaxDegreeOfParallelism = Math.Min(Environment.ProcessorCount, 128),
    };

    /// <summary>
    /// The block that does the same for requests whose recipient had to be discovered first; unused without a discoverer.
    /// </summary>
    public StageOptions DiscoveryStage { get; init; } = new();

    /// <summary>
    /// Requests that may wait for discoveries at the same time, each with its body; one more fails at once. Default 1000, at least 1.
    /// </summary>
    public int MaxPendingDiscoveries { get; init; } = 1000;

    /// <summary>The block that writes generated messages to the log.</summary>
    public StageOptions LoggingStage { get; init; } = new();

    /// <summary>The block that serialises. A request counts here as many messages as it has recipients, once serialised.</summary>
    public StageOptions SerializeStage { get; init; } = new() { BoundedCapacity = 256 };

    /// <summary>The version in the header and in what is signed. Default: the latest, 2.</summary>
    public DhtProtocolVersion ProtocolVersion { get; init; } = DhtProtocolVersion.V2;

    /// <summary>
    /// How much may be passed on to a peer: messages with a given header (<see cref="Requests.SendMessageParams.WithDhtHeader"/>), which
    /// are others', leave out who is above the limit. Default: null, no limit. A whole node has one that follows from its configuration.
    /// </summary>
    public RelayLimit? RelayLimit { get; init; }

    /// <summary>Checks the values.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A value is out of its range; the message names it.</exception>
    public void Validate()
    {
        ValidateCommon();
        ValidateStage(RequestLoggingStage);
        ValidateStage(BroadcastStage);
        ValidateStage(DiscoveryStage);
        if (MaxPendingDiscoveries < 1)
        {
            throw new ArgumentOutOfRangeException(
                nameof(MaxPendingDiscoveries),
                MaxPendingDiscoveries,
                $"{nameof(MaxPendingDiscoveries)} has to be at least 1, not {MaxPendingDiscoveries}.");
        }

        RelayLimit?.Validate();
        ValidateStage(LoggingStage);
        ValidateStage(SerializeStage);
        if (ProtocolVersion is not (DhtProtocolVersion.V1 or DhtProtocolVersion.V2))
        {
            throw new ArgumentOutOfRangeException(
                nameof(ProtocolVersion), ProtocolVersion, $"{nameof(ProtocolVersion)} has to be 1 or 2, not {(uint)ProtocolVersion}.");
        }
    }
}
