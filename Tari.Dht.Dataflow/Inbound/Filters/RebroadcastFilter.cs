using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Filters;

/// <summary>
/// Lets a permitted duplicate through only if it is a domain message for everyone: the application may propagate that again.
/// </summary>
internal sealed class RebroadcastFilter : ILinkFilter<DecryptedDhtMessage>
{
    public StageName Name => StageName.RebroadcastFilter;

    public DropReason Reason => DropReason.NotRebroadcastable;

    public bool Accepts(DecryptedDhtMessage message) =>
        !message.IsDuplicate || (message.MessageType == DhtMessageType.None && message.Header.Destination.IsUnknown);
}
