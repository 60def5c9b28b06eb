using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Filters;

/// <summary>Refuses store-and-forward requests. Stored messages (type 21) pass, as in the reference.</summary>
internal sealed class StoreAndForwardFilter : ILinkFilter<DhtInboundMessage>
{
    public StageName Name => StageName.StoreAndForwardFilter;

    public DropReason Reason => DropReason.StoreAndForwardRequest;

    public bool Accepts(DhtInboundMessage message) => message.MessageType != DhtMessageType.SafRequestMessages;
}
