using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;

[TestFixture]
internal sealed class DiscoveryHandlerTests : HandlerFixture
{
    [Test]
    public async Task A_valid_discovery_is_stored_and_answered_to_its_signer_alone_with_this_nodes_claim_and_the_same_nonce()
    {
        await using HandlerProbe probe = Probe();
        byte[] discovery = DhtMessages.Discovery(Signer, DhtMessages.Message(1), new NodeDestination(Node.PublicKey)).Build();
        Assert.That(await probe.RunAsync(Relay, discovery), Is.EqualTo((StageName.DhtHandler, DropReason.Handled)));
        Assert.That(probe.Peers.Find(Signer.NodeId), Is.Not.Null);
        Assert.That(probe.Offences.Reported, Is.Empty);

        HandlerProbe.SentRequest sent = probe.TakeSent().Single();
        Assert.That(sent.Parameters.Strategy, Is.EqualTo(new BroadcastStrategy.ToPublicKey(Signer.PublicKey)));
        Assert.That(sent.Parameters.Destination.IsUnknown);
        Assert.That(sent.Parameters.MessageType, Is.EqualTo(DhtMessageType.DiscoveryResponse));
        Assert.That(sent.Parameters.ForceOrigin);
        Assert.That(sent.Parameters.Encryption.IsEncrypt, Is.False);
        Assert.That(sent.Parameters.HasCustomHeader, Is.False);
        AssertOwnClaim(sent.Body);
    }

    [Test]
    public async Task A_clear_discovery_is_answered_whatever_its_destination()
    {
        await using HandlerProbe probe = Probe();
        byte[] toNobody = DhtMessages.Discovery(Signer, DhtMessages.Message(1)).Build();
        byte[] toAnother = DhtMessages.Discovery(Signer, DhtMessages.Message(1), new NodeDestination(Relay.PublicKey)).Build();
        Assert.That((await probe.RunAsync(Relay, toNobody)).Reason, Is.EqualTo(DropReason.Handled));
        Assert.That((await probe.RunAsync(Relay, toAnother)).Reason, Is.EqualTo(DropReason.Handled));
        Assert.That(probe.TakeSent(), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task A_discovery_encrypted_for_this_node_is_answered_to_the_sender_behind_the_mask()
    {
        await using HandlerProbe probe = Probe();
        byte[] discovery = EnvelopeFactory.EncryptedPlaintext(
            Signer, Node.PublicKey, EnvelopeFactory.EncodeBody(DhtMessages.Message(1)), DhtMessageType.Discovery).Build();
        Assert.That((await probe.RunAsync(Relay, discovery)).Reason, Is.EqualTo(DropReason.Handled));
        Assert.That(probe.TakeSent().Single().Parameters.Strategy, Is.EqualTo(new BroadcastStrategy.ToPublicKey(Signer.PublicKey)));
    }

    [Test]
    public async Task A_discovery_about_another_key_costs_its_signer_and_not_its_relay_a_long_ban()
    {
        await using HandlerProbe probe = Probe();
        byte[] discovery = DhtMessages.Discovery(Signer, DhtMessages.Message(5)).Build();
        Assert.That(await probe.RunAsync(Relay, discovery), Is.EqualTo((StageName.DhtHandler, DropReason.ClaimOfAnotherKey)));
        AssertOnlyBan(probe, Signer.PublicKey, OffenceSeverity.High);
        Assert.That(probe.TakeSent(), Is.Empty);
    }

    [Test]
    public async Task An_unsigned_discovery_costs_its_source_a_short_ban()
    {
        await using HandlerProbe probe = Probe();
        byte[] discovery = DhtMessages.Discovery(Signer, DhtMessages.Message(1)).With(f => f.Signature = []).Build();
        Assert.That((await probe.RunAsync(Relay, discovery)).Reason, Is.EqualTo(DropReason.OriginRequired));
        AssertOnlyBan(probe, Relay.PublicKey, OffenceSeverity.Low);
    }

    [Test]
    public async Task A_discovery_with_more_addresses_than_allowed_is_not_answered_and_nobody_is_banned()
    {
        await using HandlerProbe probe = Probe(
            new HandlerProbeOptions { PeerConfig = new PeerValidatorConfig { MaxPermittedPeerAddressesPerClaim = 2 } });
        byte[] three = DhtMessages.Message(1, "/ip4/23.23.23.1/tcp/1", "/ip4/23.23.23.2/tcp/1", "/ip4/23.23.23.3/tcp/1");
        Assert.That(
            (await probe.RunAsync(Relay, DhtMessages.Discovery(Signer, three).Build())).Reason, Is.EqualTo(DropReason.ClaimRefused));
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task A_discovery_of_a_banned_peer_is_stored_but_not_answered()
    {
        await using HandlerProbe probe = Probe();
        probe.Know(DhtMessages.PeerOf(Signer) with { BannedUntil = SignedClaims.NowTime.AddHours(1), BannedReason = "a test" });
        Assert.That(
            (await probe.RunAsync(Relay, DhtMessages.Discovery(Signer, DhtMessages.Message(1)).Build())).Reason,
            Is.EqualTo(DropReason.OriginBanned));
        AssertNothingSentAndNobodyBanned(probe);
        Assert.That(probe.Peers.Find(Signer.NodeId)!.Addresses.Entries.Any(entry => entry.Address.ToString() == DhtMessages.Address));
    }

    [Test]
    public async Task A_known_peers_features_stay_whatever_its_discovery_says()
    {
        await using HandlerProbe probe = Probe();
        probe.Know(new Peer(Signer.PublicKey, PeerFeatures.CommunicationClient));
        Assert.That(
            (await probe.RunAsync(Relay, DhtMessages.Discovery(Signer, DhtMessages.Message(1)).Build())).Reason,
            Is.EqualTo(DropReason.Handled));
        Assert.That(probe.Peers.Find(Signer.NodeId)!.Features, Is.EqualTo(PeerFeatures.CommunicationClient));
    }

    [Test]
    public async Task A_discovery_with_another_address_than_was_signed_costs_its_signer_and_not_its_relay_a_short_ban()
    {
        await using HandlerProbe probe = Probe();
        PeerIdentityClaim forged = SignedClaims.Claim(1, SignedClaims.Now, DhtMessages.Address).With(null, "/ip4/23.23.23.2/tcp/18189");
        byte[] discovery = DhtMessages.Discovery(Signer, SignedClaims.JoinOf(forged)).Build();
        Assert.That(await probe.RunAsync(Relay, discovery), Is.EqualTo((StageName.DhtHandler, DropReason.InvalidPeerSignature)));
        AssertOnlyBan(probe, Signer.PublicKey, OffenceSeverity.Medium);
        Assert.That((probe.TakeSent().Count, probe.Peers.Find(Signer.NodeId)), Is.EqualTo((0, (Peer?)null)));
    }

    [Test]
    public async Task A_discovery_without_content_or_with_what_cannot_be_read_costs_its_signer_and_not_its_relay_a_long_ban()
    {
        EnvelopeFactory withoutContent = EnvelopeFactory.ClearText().With(f => f.MessageType = DhtMessageType.Discovery).SignedBy(Signer);
        EnvelopeFactory unreadable = DhtMessages.Discovery(Signer, [0xff, 0xff]);
        foreach ((EnvelopeFactory envelope, DropReason reason) in ((EnvelopeFactory, DropReason)[])
        [
            (withoutContent, DropReason.MessagePartMissing), (unreadable, DropReason.MessagePartMalformed),
        ])
        {
            await using HandlerProbe probe = Probe();
            Assert.That(await probe.RunAsync(Relay, envelope.Build()), Is.EqualTo((StageName.DhtHandler, reason)));
            AssertOnlyBan(probe, Signer.PublicKey, OffenceSeverity.High);
            Assert.That(probe.TakeSent(), Is.Empty);
        }
    }

    [Test]
    public async Task A_discovery_with_an_address_that_is_none_is_not_answered_and_nobody_is_banned()
    {
        await using HandlerProbe probe = Probe();
        byte[] discovery = DhtMessages.Discovery(Signer, [.. DhtMessages.Message(1), 0x12, 3, 0xff, 0xff, 0xff]).Build();
        Assert.That((await probe.RunAsync(Relay, discovery)).Reason, Is.EqualTo(DropReason.ClaimMalformed));
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task The_own_discovery_that_comes_back_is_answered_to_the_own_key_where_it_ends()
    {
        await using HandlerProbe probe = Probe();
        byte[] discovery = DhtMessages.Discovery(Node, DhtMessages.Message(3)).Build();
        Assert.That((await probe.RunAsync(Relay, discovery)).Reason, Is.EqualTo(DropReason.Handled));
        Assert.That(probe.TakeSent().Single().Parameters.Strategy, Is.EqualTo(new BroadcastStrategy.ToPublicKey(Node.PublicKey)));
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task An_answer_that_cannot_be_handed_over_is_an_error_that_costs_nobody_anything()
    {
        await using HandlerProbe probe = Probe();
        probe.EndOutbound();
        byte[] discovery = DhtMessages.Discovery(Signer, DhtMessages.Message(1)).Build();
        Assert.That(await probe.RunAsync(Relay, discovery), Is.EqualTo((StageName.DhtHandler, DropReason.OutboundEnded)));
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    private void AssertOwnClaim(byte[] body)
    {
        Assert.That(EnvelopeBody.Decode(body, out EnvelopeBody decoded), Is.EqualTo(EnvelopeBodyStatus.Ok));
        Assert.That(decoded.PartCount, Is.EqualTo(1));
        Assert.That(PeerClaimMessage.TryDecode(decoded[0].Span, out PeerClaimMessage answer));
        Assert.That(answer.Nonce, Is.EqualTo(DhtMessages.Nonce));
        Assert.That(UnvalidatedPeerInfo.TryConvert(answer, out UnvalidatedPeerInfo? info), Is.EqualTo(PeerClaimError.None));
        Assert.That(info!.PublicKey, Is.EqualTo(Node.PublicKey));
        Assert.That(info.Claims.Single().Features, Is.EqualTo(Node.Features));
        Assert.That(info.Claims.Single().Addresses, Is.EqualTo(Node.PublicAddresses));
        Assert.That(new DhtPeerValidator(new PeerValidatorConfig()).Validate(info, null, out _).IsNone);
    }
}
