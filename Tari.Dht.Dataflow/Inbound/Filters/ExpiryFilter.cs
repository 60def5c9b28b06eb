using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol;

namespace Tari.Dht.Dataflow.Inbound.Filters;

/// <summary>Refuses what expired before the current second; there is no upper bound on an expiry.</summary>
internal sealed class ExpiryFilter : ILinkFilter<DhtInboundMessage>
{
    private readonly TimeProvider _timeProvider;

    public ExpiryFilter(TimeProvider timeProvider) => _timeProvider = timeProvider;

    public StageName Name => StageName.ExpiryFilter;

    public DropReason Reason => DropReason.Expired;

    public bool Accepts(DhtInboundMessage message) => message.Expires is not { } expires || expires >= _timeProvider.GetEpochSeconds();
}
