using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Outbound;

/// <summary>Writes each generated message to the log, once for all its recipients. Never ends one.</summary>
internal sealed class OutboundLoggingStage : IStage<DhtOutboundMessage, DhtOutboundMessage>
{
    private readonly ILogger _logger;
    private readonly string _node;

    public OutboundLoggingStage(ILogger logger, in NodeId node)
    {
        _logger = logger;
        _node = node.ToShortString();
    }

    public StageName Name => StageName.OutboundLogging;

    public StageResult<DhtOutboundMessage> Process(DhtOutboundMessage message)
    {
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            _logger.OutboundMessage(
                _node, message.Tag, message.Parameters.MessageType, message.RecipientCount, message.Sealed.IsSigned, message.Body.Length);
        }

        return message;
    }
}
