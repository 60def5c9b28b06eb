using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Outbound;

/// <summary>Writes each request to the log before peers are selected. Never ends one.</summary>
internal sealed class RequestLoggingStage : IStage<DhtOutboundRequest, DhtOutboundRequest>
{
    private readonly ILogger _logger;
    private readonly string _node;

    public RequestLoggingStage(ILogger logger, in NodeId node)
    {
        _logger = logger;
        _node = node.ToShortString();
    }

    public StageName Name => StageName.RequestLogging;

    public StageResult<DhtOutboundRequest> Process(DhtOutboundRequest message)
    {
        if (_logger.IsEnabled(LogLevel.Debug))
        {
            FinalSendMessageParams parameters = message.Parameters;
            _logger.OutboundRequest(
                _node,
                message.Tag,
                parameters.MessageType,
                parameters.Strategy.GetType().Name,
                parameters.Encryption.IsEncrypt,
                message.Body.Length);
        }

        return message;
    }
}
