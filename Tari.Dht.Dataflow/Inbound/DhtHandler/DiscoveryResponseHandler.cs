using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Inbound.DhtHandler;

/// <summary>A node answers a discovery: hands the answer to whoever looks for that node, who also checks its claim.</summary>
internal sealed class DiscoveryResponseHandler
{
    private readonly ClaimIntake _claims;
    private readonly IDiscoveryResponseTarget _discovery;
    private readonly IOffenceReporter _offences;

    public DiscoveryResponseHandler(ClaimIntake claims, IDiscoveryResponseTarget discovery, IOffenceReporter offences)
    {
        _claims = claims;
        _discovery = discovery;
        _offences = offences;
    }

    /// <summary>Handles a discovery response.</summary>
    /// <param name="message">The response.</param>
    /// <param name="origin">Who signed it.</param>
    /// <param name="stopping">Ends the waiting for room in discovery's queue.</param>
    /// <returns><see cref="DropReason.None"/> when discovery took it.</returns>
    public ValueTask<DropReason> HandleAsync(DecryptedDhtMessage message, in CommsPublicKey origin, CancellationToken stopping)
    {
        CommsPublicKey source = message.SourcePeer.PublicKey;
        if (origin != source)
        {
            // Nobody passes responses on, so this is a replay.
            _offences.Report(source, OffenceSeverity.Medium, "Delivered a discovery response that another node signed.");
            return new ValueTask<DropReason>(DropReason.ResponseOfAnotherNode);
        }

        DropReason reason = _claims.Read(message, origin, out PeerClaimMessage claim);
        if (reason != DropReason.None)
        {
            return new ValueTask<DropReason>(reason);
        }

        PeerClaimError error = UnvalidatedPeerInfo.TryConvert(claim, out UnvalidatedPeerInfo? info);
        return NotifyAsync(new ReceivedDiscoveryResponse(origin, claim.Nonce, error, info), stopping);
    }

    private async ValueTask<DropReason> NotifyAsync(ReceivedDiscoveryResponse response, CancellationToken stopping) =>
        await _discovery.NotifyAsync(response, stopping) ? DropReason.None : DropReason.DiscoveryEnded;
}
