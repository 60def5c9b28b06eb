using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Forward;

/// <summary>Sends on what is encrypted for another node. The message goes on to the next stage in any case, which ends it.</summary>
/// <remarks>
/// Clear text is not sent on, whatever its destination: it is delivered here. Works only while the node offers <c>DHT_STORE_FORWARD</c>.
/// </remarks>
internal sealed class ForwardStage : IAsyncStage<DecryptedDhtMessage, DecryptedDhtMessage>
{
    private readonly NodeIdentity _identity;
    private readonly MessageRelay _relay;
    private readonly IOffenceReporter _offences;
    private readonly TimeProvider _timeProvider;

    public ForwardStage(NodeIdentity identity, MessageRelay relay, IOffenceReporter offences, TimeProvider timeProvider)
    {
        _identity = identity;
        _relay = relay;
        _offences = offences;
        _timeProvider = timeProvider;
    }

    public StageName Name => StageName.Forward;

    public ValueTask<StageResult<DecryptedDhtMessage>> ProcessAsync(DecryptedDhtMessage message, CancellationToken stopping) =>
        message.DecryptionFailed && IsToBeSentOn(message)
            ? SendOnAsync(message, stopping)
            : new ValueTask<StageResult<DecryptedDhtMessage>>(message);

    private bool IsToBeSentOn(DecryptedDhtMessage message)
    {
        if (!message.MessageType.IsForwardable() || (_identity.Features & PeerFeatures.DhtStoreForward) == 0)
        {
            return false;
        }

        CommsPublicKey source = message.SourcePeer.PublicKey;
        if (message.Header.Destination.EqualsKey(source))
        {
            _offences.Report(source, OffenceSeverity.Medium, "Delivered an encrypted message that is addressed to itself.");
            return false;
        }

        // It may have waited since the expiry filter.
        return message.Expires is not { } expires || expires >= _timeProvider.GetEpochSeconds();
    }

    private async ValueTask<StageResult<DecryptedDhtMessage>> SendOnAsync(DecryptedDhtMessage message, CancellationToken stopping)
    {
        DropReason reason = await _relay.SendOnAsync(message, [message.Peer], stopping);
        return reason == DropReason.None ? message : reason;
    }
}
