using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Inbound.DhtHandler;

/// <summary>Reads, checks and stores the claims in DHT messages; knows which failure costs the signer how much.</summary>
/// <remarks>
/// Only what its signer must have known to be wrong costs a ban: a message that is none, a claim in another's name, a claim that is not
/// signed by its key. Limits and tastes of this node cost nothing. Thread safe.
/// </remarks>
internal sealed class ClaimIntake
{
    private readonly PeerManager _peers;
    private readonly DhtPeerValidator _validator;
    private readonly IOffenceReporter _offences;
    private readonly ILogger _logger;

    public ClaimIntake(PeerManager peers, DhtPeerValidator validator, IOffenceReporter offences, ILogger logger)
    {
        _peers = peers;
        _validator = validator;
        _offences = offences;
        _logger = logger;
    }

    /// <summary>Reads the message in the first part, which has to be about its signer.</summary>
    /// <param name="message">A join, a discovery or a discovery response.</param>
    /// <param name="origin">Who signed it.</param>
    /// <param name="claim">A view of the message's bytes; undefined unless the result is <see cref="DropReason.None"/>.</param>
    public DropReason Read(DecryptedDhtMessage message, in CommsPublicKey origin, out PeerClaimMessage claim)
    {
        EnvelopeBody body = message.Body;
        if (body.PartCount == 0)
        {
            claim = default;
            _offences.Report(origin, OffenceSeverity.High, $"Signed a {message.MessageType} message without content.");
            return DropReason.MessagePartMissing;
        }

        if (!PeerClaimMessage.TryDecode(body[0].Span, out claim))
        {
            _offences.Report(
                origin, OffenceSeverity.High, $"Signed a {message.MessageType} message that does not decode, or has too many items.");
            return DropReason.MessagePartMalformed;
        }

        if (!claim.PublicKey.SequenceEqual(origin.Bytes))
        {
            _offences.Report(origin, OffenceSeverity.High, $"Signed a {message.MessageType} message that is about another key.");
            return DropReason.ClaimOfAnotherKey;
        }

        return DropReason.None;
    }

    /// <summary>Checks a claim and stores its peer. A ban of the peer stays, and does not keep the claim from being stored.</summary>
    /// <param name="claim">A claim that <see cref="Read"/> let through.</param>
    /// <param name="origin">Whose it is.</param>
    /// <param name="stored">The record as it is stored now; null unless the result is <see cref="DropReason.None"/>.</param>
    public DropReason Store(in PeerClaimMessage claim, in CommsPublicKey origin, out Peer? stored)
    {
        stored = null;
        if (UnvalidatedPeerInfo.TryConvert(claim, out UnvalidatedPeerInfo? info) != PeerClaimError.None)
        {
            return DropReason.ClaimMalformed;
        }

        DhtPeerValidatorError verdict = _validator.Validate(info!, _peers.Find(origin), out Peer? peer);
        if (!verdict.IsNone)
        {
            return Refuse(verdict, origin);
        }

        try
        {
            _peers.AddOrUpdatePeer(peer!);
        }
        catch (Exception error) when (error is PeerManagerException or ObjectDisposedException)
        {
            _logger.ClaimNotStored(peer!.NodeId, error);
            return DropReason.PeerStoreFailed;
        }

        stored = _peers.Find(peer!.NodeId);
        return stored is null ? DropReason.PeerNotFound : DropReason.None;
    }

    private DropReason Refuse(in DhtPeerValidatorError verdict, in CommsPublicKey origin)
    {
        if (!verdict.IsBanOffence)
        {
            return DropReason.ClaimRefused;
        }

        _offences.Report(origin, OffenceSeverity.Medium, verdict.ToString());
        return DropReason.InvalidPeerSignature;
    }
}
