using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;

[TestFixture]
internal sealed class DiscoveryResponseHandlerTests : HandlerFixture
{
    [Test]
    public async Task A_response_that_its_signer_delivers_reaches_discovery_once()
    {
        await using HandlerProbe probe = Probe();
        probe.Know(DhtMessages.PeerOf(Signer));
        Assert.That(
            await probe.RunAsync(Signer, DhtMessages.Response(Signer, DhtMessages.Message(1)).Build()),
            Is.EqualTo((StageName.DhtHandler, DropReason.Handled)));
        AssertNothingSentAndNobodyBanned(probe);
        ReceivedDiscoveryResponse response = probe.Discovery.Received.Single();
        Assert.That(response.PublicKey, Is.EqualTo(Signer.PublicKey));
        Assert.That(response.Nonce, Is.EqualTo(DhtMessages.Nonce));
        Assert.That(response.ConversionError, Is.EqualTo(PeerClaimError.None));
        Assert.That(response.Info!.PublicKey, Is.EqualTo(Signer.PublicKey));
        Assert.That(response.Info.Claims.Single().Addresses.Single().ToString(), Is.EqualTo(DhtMessages.Address));
        Assert.That(
            probe.Peers.Find(Signer.NodeId)!.Addresses.Entries.Any(entry => entry.Address.ToString() == DhtMessages.Address), Is.False);
    }

    [Test]
    public async Task A_response_replayed_by_another_node_costs_exactly_that_node_a_short_ban()
    {
        await using HandlerProbe probe = Probe();
        probe.Know(DhtMessages.PeerOf(Signer));
        Assert.That(
            await probe.RunAsync(Relay, DhtMessages.Response(Signer, DhtMessages.Message(1)).Build()),
            Is.EqualTo((StageName.DhtHandler, DropReason.ResponseOfAnotherNode)));
        AssertOnlyBan(probe, Relay.PublicKey, OffenceSeverity.Medium);
        Assert.That(probe.Discovery.Received, Is.Empty);
    }

    [Test]
    public async Task A_response_about_another_key_costs_its_signer_a_long_ban()
    {
        await using HandlerProbe probe = Probe();
        probe.Know(DhtMessages.PeerOf(Signer));
        Assert.That(
            (await probe.RunAsync(Signer, DhtMessages.Response(Signer, DhtMessages.Message(5)).Build())).Reason,
            Is.EqualTo(DropReason.ClaimOfAnotherKey));
        AssertOnlyBan(probe, Signer.PublicKey, OffenceSeverity.High);
        Assert.That(probe.Discovery.Received, Is.Empty);
    }

    [Test]
    public async Task An_unsigned_response_costs_its_source_a_short_ban()
    {
        await using HandlerProbe probe = Probe();
        byte[] response = DhtMessages.Response(Relay, DhtMessages.Message(2)).With(f => f.Signature = []).Build();
        Assert.That((await probe.RunAsync(Relay, response)).Reason, Is.EqualTo(DropReason.OriginRequired));
        AssertOnlyBan(probe, Relay.PublicKey, OffenceSeverity.Low);
    }

    [Test]
    public async Task A_response_whose_claim_has_no_form_reaches_discovery_with_what_is_wrong()
    {
        await using HandlerProbe probe = Probe();
        byte[] response = DhtMessages.Response(Relay, [.. DhtMessages.Message(2), 0x12, 3, 0xff, 0xff, 0xff]).Build();
        Assert.That((await probe.RunAsync(Relay, response)).Reason, Is.EqualTo(DropReason.Handled));
        ReceivedDiscoveryResponse received = probe.Discovery.Received.Single();
        Assert.That(received.ConversionError, Is.EqualTo(PeerClaimError.Address));
        Assert.That(received.Info, Is.Null);
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task A_response_with_a_forged_claim_is_not_judged_here()
    {
        await using HandlerProbe probe = Probe();
        PeerIdentityClaim forged = SignedClaims.Claim(2, SignedClaims.Now, DhtMessages.Address).With(null, "/ip4/23.23.23.2/tcp/18189");
        byte[] response = DhtMessages.Response(Relay, SignedClaims.JoinOf(forged, key: 2)).Build();
        Assert.That((await probe.RunAsync(Relay, response)).Reason, Is.EqualTo(DropReason.Handled));
        Assert.That(probe.Discovery.Received, Has.Count.EqualTo(1));
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task A_response_after_the_end_of_discovery_is_an_error_that_costs_nobody_anything()
    {
        await using HandlerProbe probe = Probe();
        probe.Discovery.HasEnded = true;
        Assert.That(
            await probe.RunAsync(Relay, DhtMessages.Response(Relay, DhtMessages.Message(2)).Build()),
            Is.EqualTo((StageName.DhtHandler, DropReason.DiscoveryEnded)));
        Assert.That(DropReason.DiscoveryEnded.IsError());
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task Responses_that_wait_for_room_when_the_graph_stops_are_given_up_and_their_buffers_come_back()
    {
        await using HandlerProbe probe = Probe();
        probe.Discovery.Room = new TaskCompletionSource().Task;
        for (int i = 0; i < 5; i++)
        {
            byte[] message = SignedClaims.JoinOf(SignedClaims.Claim(2, SignedClaims.Now, DhtMessages.Address), key: 2, nonce: (ulong)i);
            Assert.That(await probe.SendAsync(Relay.NodeId, DhtMessages.Response(Relay, message).Build()));
        }

        Assert.That(await probe.Pipeline.StopAsync(TimeSpan.Zero), Is.EqualTo(5));
        Assert.That(probe.Observer.Discards.Select(discard => discard.Reason), Is.All.EqualTo(DropReason.Stopping));
        Assert.That(probe.Discovery.Received, Is.Empty);
    }
}
