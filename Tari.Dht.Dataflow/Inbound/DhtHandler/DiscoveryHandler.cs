using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.DhtHandler;

/// <summary>A node looks for this one: stores it and answers it.</summary>
/// <remarks>As in the reference, the destination is not looked at: a clear discovery is answered by every node that it reaches.</remarks>
internal sealed class DiscoveryHandler
{
    private readonly NodeIdentity _identity;
    private readonly ClaimIntake _claims;
    private readonly OutboundMessageRequester _outbound;
    private readonly TimeProvider _timeProvider;
    private readonly Random _random;

    public DiscoveryHandler(
        NodeIdentity identity, ClaimIntake claims, OutboundMessageRequester outbound, TimeProvider timeProvider, Random random)
    {
        _identity = identity;
        _claims = claims;
        _outbound = outbound;
        _timeProvider = timeProvider;
        _random = random;
    }

    /// <summary>Handles a discovery.</summary>
    /// <param name="message">The discovery.</param>
    /// <param name="origin">Who signed it.</param>
    /// <param name="stopping">Ends the waiting for room in the outbound graph.</param>
    /// <returns><see cref="DropReason.None"/> when the answer is on its way.</returns>
    public ValueTask<DropReason> HandleAsync(DecryptedDhtMessage message, in CommsPublicKey origin, CancellationToken stopping)
    {
        DropReason reason = Accept(message, origin, out ulong nonce);
        return reason == DropReason.None ? AnswerAsync(origin, nonce, stopping) : new ValueTask<DropReason>(reason);
    }

    private DropReason Accept(DecryptedDhtMessage message, in CommsPublicKey origin, out ulong nonce)
    {
        DropReason reason = _claims.Read(message, origin, out PeerClaimMessage claim);
        nonce = claim.Nonce;
        Peer? stored = null;
        if (reason == DropReason.None)
        {
            reason = _claims.Store(claim, origin, out stored);
        }

        return reason == DropReason.None && stored!.IsBanned(_timeProvider.GetUtcNow()) ? DropReason.OriginBanned : reason;
    }

    private async ValueTask<DropReason> AnswerAsync(CommsPublicKey origin, ulong nonce, CancellationToken stopping)
    {
        SendMessageParams parameters = new SendMessageParams(_random)
            .DirectPublicKey(origin)
            .WithDhtMessageType(DhtMessageType.DiscoveryResponse)
            .ForceOrigin();
        try
        {
            // Without a domain header, so the type number does not travel.
            await _outbound.SendMessageNoHeaderNoWaitAsync(
                parameters, new OutboundDomainMessage(0, OwnClaimMessage.Encode(_identity, nonce)), stopping);
            return DropReason.None;
        }
        catch (DhtOutboundException)
        {
            return DropReason.OutboundEnded;
        }
    }
}
