using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Inbound.Metrics;

/// <summary>Counts every message for its source, before anything is known of it.</summary>
internal sealed class MetricsStage : IStage<InboundMessage, InboundMessage>
{
    private readonly MetricsCollectorHandle _collector;
    private readonly DhtMetrics _metrics;

    public MetricsStage(MetricsCollectorHandle collector, DhtMetrics metrics)
    {
        _collector = collector;
        _metrics = metrics;
    }

    public StageName Name => StageName.Metrics;

    public StageResult<InboundMessage> Process(InboundMessage message)
    {
        _collector.WriteMetricMessageReceived(message.Peer);
        _metrics.Received();
        return message;
    }
}
