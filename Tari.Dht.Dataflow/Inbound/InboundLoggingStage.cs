using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Inbound;

/// <summary>Writes each message to the log, and counts it as delivered where it is the last stage. Never ends a message.</summary>
internal sealed class InboundLoggingStage : IStage<DecryptedDhtMessage, DecryptedDhtMessage>
{
    private readonly ILogger _logger;
    private readonly DhtMetrics? _metrics;
    private readonly string _node;

    /// <param name="logger">The log.</param>
    /// <param name="metrics">Where messages are counted as delivered; null when another stage does that.</param>
    /// <param name="node">This node.</param>
    public InboundLoggingStage(ILogger logger, DhtMetrics? metrics, in NodeId node)
    {
        _logger = logger;
        _metrics = metrics;
        _node = node.ToShortString();
    }

    public StageName Name => StageName.InboundLogging;

    public StageResult<DecryptedDhtMessage> Process(DecryptedDhtMessage message)
    {
        _metrics?.Delivered();
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            _logger.InboundMessage(
                _node,
                message.Tag,
                message.Header.MessageTag,
                message.Peer,
                message.MessageType,
                message.IsEncrypted,
                message.HasMessageSignature,
                message.DedupHitCount, message.DecryptionSucceeded, message.BodyLength);
        }

        return message;
    }
}
