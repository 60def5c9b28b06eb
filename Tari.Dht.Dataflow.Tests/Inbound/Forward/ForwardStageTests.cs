using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Inbound.Forward;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.Forward;

[TestFixture]
internal sealed class ForwardStageTests : HandlerFixture
{
    private static readonly HandlerProbeOptions s_forwarding = new() { EnableForwarding = true };

    [Test]
    public async Task What_is_encrypted_for_another_node_is_sent_on_once_with_its_header_and_body_to_all_but_its_source()
    {
        await using HandlerProbe probe = Probe(s_forwarding);
        EnvelopeFactory message = EnvelopeFactory.Encrypted(Relay, Signer.PublicKey, [1, 2, 3]);
        byte[] envelope = message.Build();
        Assert.That(await probe.RunAsync(Relay, envelope), Is.EqualTo((StageName.DhtHandler, DropReason.ForAnotherNode)));
        HandlerProbe.SentRequest sent = probe.TakeSent().Single();
        var strategy = (BroadcastStrategy.Propagate)sent.Parameters.Strategy;
        Assert.That(strategy.Destination, Is.EqualTo(new NodeDestination(Signer.PublicKey)));
        Assert.That(strategy.Excluded, Is.EqualTo((NodeId[])[Relay.NodeId]));
        Assert.That(envelope, Is.EqualTo((byte[])[.. sent.Parameters.CustomHeader!, .. WireBytes.Delimited(2, sent.Body)]));
        Assert.That(sent.Parameters.Encryption.IsEncrypt, Is.False);
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task What_could_be_read_is_passed_to_the_application_and_not_sent_on()
    {
        await using HandlerProbe probe = Probe(s_forwarding);
        byte[] clearForAnother = EnvelopeFactory.ClearText([1]).With(f => f.Destination = new NodeDestination(Signer.PublicKey)).Build();
        byte[] forThisNode = EnvelopeFactory.Encrypted(Relay, Node.PublicKey, [2]).Build();
        Assert.That((await probe.RunAsync(Relay, clearForAnother)).Stage, Is.EqualTo(StageName.Delivery));
        Assert.That((await probe.RunAsync(Relay, forThisNode)).Stage, Is.EqualTo(StageName.Delivery));
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task A_message_that_could_not_be_read_and_is_for_nobody_is_sent_on_to_anybody()
    {
        await using HandlerProbe probe = Probe(s_forwarding);
        var forms = new InboundForms();
        EnvelopeFactory message = EnvelopeFactory.ClearText("Lorem ipsum"u8.ToArray());
        DhtInboundMessage inbound = forms.Deserialized(message.Build());
        using var unread = DecryptedDhtMessage.ForAnother(inbound, DedupKey.Compute(default, message.Body));
        StageResult<DecryptedDhtMessage> result = await HandlerStages.Forward(Node, probe).ProcessAsync(unread, default);
        Assert.That(result.Message, Is.SameAs(unread));
        HandlerProbe.SentRequest sent = probe.TakeSent().Single();
        Assert.That(((BroadcastStrategy.Propagate)sent.Parameters.Strategy).Destination.IsUnknown);
        Assert.That(message.Build(), Is.EqualTo((byte[])[.. sent.Parameters.CustomHeader!, .. WireBytes.Delimited(2, sent.Body)]));
    }

    [Test]
    public async Task A_message_addressed_to_the_very_peer_that_delivers_it_is_not_sent_on_and_costs_that_peer_a_short_ban()
    {
        await using HandlerProbe probe = Probe(s_forwarding);
        byte[] envelope = EnvelopeFactory.Encrypted(Signer, Relay.PublicKey, [1]).Build();
        Assert.That((await probe.RunAsync(Relay, envelope)).Reason, Is.EqualTo(DropReason.ForAnotherNode));
        AssertOnlyBan(probe, Relay.PublicKey, OffenceSeverity.Medium);
        Assert.That(probe.TakeSent(), Is.Empty);
    }

    [TestCase(DhtMessageType.None, true)]
    [TestCase(DhtMessageType.Join, true)]
    [TestCase(DhtMessageType.Discovery, true)]
    [TestCase(DhtMessageType.DiscoveryResponse, false)]
    [TestCase(DhtMessageType.SafStoredMessages, false)]
    public async Task Only_some_types_are_sent_on(DhtMessageType type, bool isSentOn)
    {
        await using HandlerProbe probe = Probe(s_forwarding);
        byte[] envelope = EnvelopeFactory.EncryptedPlaintext(Relay, Signer.PublicKey, EnvelopeFactory.EncodeBody([1]), type).Build();
        Assert.That((await probe.RunAsync(Relay, envelope)).Reason, Is.EqualTo(DropReason.ForAnotherNode));
        Assert.That(probe.TakeSent(), Has.Count.EqualTo(isSentOn ? 1 : 0));
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task What_expired_since_the_filter_is_not_sent_on()
    {
        await using HandlerProbe probe = Probe(s_forwarding);
        var forms = new InboundForms();
        ForwardStage stage = HandlerStages.Forward(Node, probe);
        foreach ((long offset, int sent) in ((long, int)[])[(-1, 0), (0, 1), (1, 1)])
        {
            EnvelopeFactory message = EnvelopeFactory.ClearText([1]).With(f => f.Expires = (ulong)(SignedClaims.Now + offset));
            using var unread = DecryptedDhtMessage.ForAnother(forms.Deserialized(message.Build()), DedupKey.Compute(default, message.Body));
            Assert.That((await stage.ProcessAsync(unread, default)).Message, Is.SameAs(unread));
            Assert.That(probe.TakeSent(), Has.Count.EqualTo(sent), $"expires {offset} s from now");
        }
    }

    [Test]
    public async Task Of_a_peer_that_sends_more_than_is_allowed_nothing_is_sent_on_until_it_has_been_quiet()
    {
        await using HandlerProbe probe = Probe(s_forwarding with
        {
            Configure = options => options with { Flood = new FloodOptions { MaxMessageCount = 2, TimeSpan = TimeSpan.FromSeconds(60) } },
        });
        DropReason[] reasons = [DropReason.ForAnotherNode, DropReason.ForAnotherNode, DropReason.SourceFloods, DropReason.SourceFloods];
        foreach (DropReason reason in reasons)
        {
            Assert.That(
                (await probe.RunAsync(Relay, EnvelopeFactory.Encrypted(Relay, Signer.PublicKey, [1]).Build())).Reason, Is.EqualTo(reason));
        }

        Assert.That(probe.TakeSent(), Has.Count.EqualTo(2));
        Assert.That(
            (await probe.RunAsync(Relay, EnvelopeFactory.ClearText([1]).Build())).Stage,
            Is.EqualTo(StageName.Delivery),
            "others are delivered");

        probe.Clock.Advance(TimeSpan.FromSeconds(61));
        Assert.That(
            (await probe.RunAsync(Relay, EnvelopeFactory.Encrypted(Relay, Signer.PublicKey, [2]).Build())).Reason,
            Is.EqualTo(DropReason.ForAnotherNode));
        Assert.That(probe.TakeSent(), Has.Count.EqualTo(1));
        Assert.That(probe.Offences.Reported, Is.Empty, "who floods is banned at the next look at the counts, not here");
        Assert.That(DropReason.SourceFloods.IsError(), Is.False);
    }

    [Test]
    public async Task A_node_that_does_not_offer_forwarding_sends_nothing_on_though_it_may()
    {
        Node.SetFeatures(PeerFeatures.MessagePropagation);
        await using HandlerProbe probe = Probe(s_forwarding);
        Assert.That(
            (await probe.RunAsync(Relay, EnvelopeFactory.Encrypted(Signer, Relay.PublicKey, [1]).Build())).Reason,
            Is.EqualTo(DropReason.ForAnotherNode));
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task A_message_that_cannot_be_handed_over_is_an_error_and_goes_no_further()
    {
        await using HandlerProbe probe = Probe(s_forwarding);
        probe.EndOutbound();
        byte[] envelope = EnvelopeFactory.Encrypted(Relay, Signer.PublicKey, [1]).Build();
        Assert.That(await probe.RunAsync(Relay, envelope), Is.EqualTo((StageName.Forward, DropReason.OutboundEnded)));
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task A_full_outbound_graph_makes_messages_wait_and_loses_none()
    {
        var outbound = new BufferBlock<DhtOutboundRequest>(new DataflowBlockOptions { BoundedCapacity = 1 });
        await using HandlerProbe probe = Probe(s_forwarding with { Outbound = outbound });
        const int Count = 50;
        for (int i = 0; i < Count; i++)
        {
            Assert.That(await probe.SendAsync(Relay.NodeId, EnvelopeFactory.Encrypted(Relay, Signer.PublicKey, [(byte)i]).Build()));
        }

        for (int i = 0; i < Count; i++)
        {
            using DhtOutboundRequest request = await outbound.ReceiveAsync();
            Assert.That(request.Parameters.HasCustomHeader);
        }

        probe.Pipeline.Complete();
        await probe.Pipeline.Completion;
        Assert.That(probe.Observer.Discards, Has.Count.EqualTo(Count));
        Assert.That(probe.Observer.Discards.Select(discard => discard.Reason), Is.All.EqualTo(DropReason.ForAnotherNode));
    }

    [Test]
    public async Task Messages_that_wait_for_room_when_the_graph_stops_are_given_up_and_their_buffers_come_back()
    {
        var outbound = new BufferBlock<DhtOutboundRequest>(new DataflowBlockOptions { BoundedCapacity = 1 });
        await using HandlerProbe probe = Probe(s_forwarding with { Outbound = outbound });
        for (int i = 0; i < 10; i++)
        {
            Assert.That(await probe.SendAsync(Relay.NodeId, EnvelopeFactory.Encrypted(Relay, Signer.PublicKey, [(byte)i]).Build()));
        }

        using (DhtOutboundRequest first = await outbound.ReceiveAsync())
        {
            await outbound.OutputAvailableAsync();
        }

        Assert.That(await probe.Pipeline.StopAsync(TimeSpan.Zero), Is.InRange(1, 9));
        using DhtOutboundRequest second = await outbound.ReceiveAsync();
        Assert.That(probe.Observer.Discards, Has.Count.EqualTo(10));
        Assert.That(outbound.Count, Is.Zero);
    }
}
