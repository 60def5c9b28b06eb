using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;

[TestFixture]
internal sealed class JoinHandlerTests : HandlerFixture
{
    [Test]
    public async Task A_valid_join_is_stored_and_passed_on_with_its_own_header_and_bytes_to_neither_its_origin_nor_its_source()
    {
        await using HandlerProbe probe = Probe();
        EnvelopeFactory join = DhtMessages.Join(Signer, DhtMessages.Message(1));
        Assert.That(await probe.RunAsync(Relay, join.Build()), Is.EqualTo((StageName.DhtHandler, DropReason.Handled)));

        Peer? stored = probe.Peers.Find(Signer.NodeId);
        Assert.That(stored?.Features, Is.EqualTo(PeerFeatures.CommunicationNode));
        Assert.That(stored!.Addresses.Entries.Select(entry => entry.Address.ToString()), Is.EqualTo((string[])[DhtMessages.Address]));
        HandlerProbe.SentRequest sent = probe.TakeSent().Single();
        var strategy = (BroadcastStrategy.Propagate)sent.Parameters.Strategy;
        Assert.That(strategy.Destination, Is.EqualTo(new NodeDestination(Signer.PublicKey)));
        Assert.That(strategy.Excluded, Is.EqualTo((NodeId[])[Signer.NodeId, Relay.NodeId]));
        Assert.That(sent.Body, Is.EqualTo(join.Body));
        Assert.That(join.Build().AsSpan().StartsWith(sent.Parameters.CustomHeader), "the header's bytes are those received");
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task An_unsigned_join_costs_its_source_a_short_ban()
    {
        await using HandlerProbe probe = Probe();
        byte[] join = DhtMessages.Join(Signer, DhtMessages.Message(1)).With(f => f.Signature = []).Build();
        Assert.That(await probe.RunAsync(Relay, join), Is.EqualTo((StageName.DhtHandler, DropReason.OriginRequired)));
        AssertOnlyBan(probe, Relay.PublicKey, OffenceSeverity.Low);
        Assert.That(probe.TakeSent(), Is.Empty);
    }

    [Test]
    public async Task A_join_where_no_claims_or_fewer_addresses_are_allowed_ends_without_a_ban()
    {
        await using HandlerProbe noClaims = Probe(new HandlerProbeOptions { MaxClaims = 0 });
        Assert.That(
            await noClaims.RunAsync(Relay, DhtMessages.Join(Signer, DhtMessages.Message(1)).Build()),
            Is.EqualTo((StageName.DhtHandler, DropReason.ClaimRefused)));
        AssertNothingSentAndNobodyBanned(noClaims);

        await using HandlerProbe twoAddresses = Probe(
            new HandlerProbeOptions { PeerConfig = new PeerValidatorConfig { MaxPermittedPeerAddressesPerClaim = 2 } });
        byte[] three = DhtMessages.Message(1, "/ip4/23.23.23.1/tcp/1", "/ip4/23.23.23.2/tcp/1", "/ip4/23.23.23.3/tcp/1");
        Assert.That(
            await twoAddresses.RunAsync(Relay, DhtMessages.Join(Signer, three).Build()),
            Is.EqualTo((StageName.DhtHandler, DropReason.ClaimRefused)));
        AssertNothingSentAndNobodyBanned(twoAddresses);
        Assert.That(DropReason.ClaimRefused.IsError(), Is.False);
    }

    [Test]
    public async Task A_join_with_only_a_loopback_address_is_neither_stored_nor_passed_on_and_nobody_is_banned()
    {
        await using HandlerProbe probe = Probe();
        byte[] join = DhtMessages.Join(Signer, DhtMessages.Message(1, "/ip4/127.0.0.1/tcp/18189")).Build();
        Assert.That((await probe.RunAsync(Relay, join)).Reason, Is.EqualTo(DropReason.ClaimRefused));
        AssertNothingSentAndNobodyBanned(probe);
        Assert.That(probe.Peers.Find(Signer.NodeId), Is.Null);
    }

    [Test]
    public async Task A_join_with_an_address_that_is_none_ends_without_a_ban()
    {
        await using HandlerProbe probe = Probe();
        byte[] join = DhtMessages.Join(Signer, [.. DhtMessages.Message(1), 0x12, 3, 0xff, 0xff, 0xff]).Build();
        Assert.That(await probe.RunAsync(Relay, join), Is.EqualTo((StageName.DhtHandler, DropReason.ClaimMalformed)));
        AssertNothingSentAndNobodyBanned(probe);
        Assert.That(DropReason.ClaimMalformed.IsError(), Is.False);
    }

    [Test]
    public async Task A_join_with_another_address_than_was_signed_costs_its_signer_a_short_ban()
    {
        await using HandlerProbe probe = Probe();
        PeerIdentityClaim forged = SignedClaims.Claim(1, SignedClaims.Now, DhtMessages.Address).With(null, "/ip4/23.23.23.2/tcp/18189");
        byte[] join = DhtMessages.Join(Signer, SignedClaims.JoinOf(forged)).Build();
        Assert.That(await probe.RunAsync(Relay, join), Is.EqualTo((StageName.DhtHandler, DropReason.InvalidPeerSignature)));
        AssertOnlyBan(probe, Signer.PublicKey, OffenceSeverity.Medium);
        Assert.That(probe.Peers.Find(Signer.NodeId), Is.Null);
        Assert.That(DropReason.InvalidPeerSignature.IsError());
    }

    [Test]
    public async Task A_join_to_nobody_or_to_a_third_key_is_not_stored_and_nobody_is_banned()
    {
        await using HandlerProbe probe = Probe();
        foreach (NodeDestination destination in (NodeDestination[])[NodeDestination.Unknown, new(Relay.PublicKey), new(Node.PublicKey)])
        {
            byte[] join = DhtMessages.Join(Signer, DhtMessages.Message(1), destination).Build();
            Assert.That(await probe.RunAsync(Relay, join), Is.EqualTo((StageName.DhtHandler, DropReason.JoinNotToItself)));
        }

        AssertNothingSentAndNobodyBanned(probe);
        Assert.That(probe.Peers.Find(Signer.NodeId), Is.Null);
    }

    [Test]
    public async Task A_join_whose_signed_body_has_an_unknown_field_is_passed_on_with_exactly_those_bytes_and_the_next_node_accepts_it()
    {
        await using HandlerProbe probe = Probe();
        EnvelopeFactory join = DhtMessages.Join(Signer, DhtMessages.Message(1))
            .With(f => f.Body = [.. f.Body, 0x10, 0x01]).SignedBy(Signer);
        Assert.That((await probe.RunAsync(Relay, join.Build())).Reason, Is.EqualTo(DropReason.Handled));
        HandlerProbe.SentRequest sent = probe.TakeSent().Single();
        Assert.That(sent.Body, Is.EqualTo(join.Body));
        Assert.That(probe.Peers.Find(Signer.NodeId), Is.Not.Null);
        Assert.That(probe.Offences.Reported, Is.Empty);

        using NodeIdentity next = DhtMessages.Node(4);
        await using var nextProbe = new HandlerProbe(next, new HandlerProbeOptions { Start = SignedClaims.NowTime });
        nextProbe.Know(DhtMessages.PeerOf(Node));
        byte[] relayed = [.. sent.Parameters.CustomHeader!, .. WireBytes.Delimited(2, sent.Body)];
        Assert.That((await nextProbe.RunAsync(Node, relayed)).Reason, Is.EqualTo(DropReason.Handled));
        Assert.That(nextProbe.Peers.Find(Signer.NodeId), Is.Not.Null);
        Assert.That(nextProbe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task A_join_envelope_with_an_unknown_field_ends_at_once_without_a_ban()
    {
        await using HandlerProbe probe = Probe();
        byte[] join = [.. DhtMessages.Join(Signer, DhtMessages.Message(1)).Build(), .. WireBytes.UnknownField];
        Assert.That(await probe.RunAsync(Relay, join), Is.EqualTo((StageName.Deserialize, DropReason.NonCanonical)));
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task A_join_is_passed_on_once_though_a_copy_with_a_longer_signature_follows()
    {
        await using HandlerProbe probe = Probe();
        EnvelopeFactory join = DhtMessages.Join(Signer, DhtMessages.Message(1));
        Assert.That((await probe.RunAsync(Relay, join.Build())).Reason, Is.EqualTo(DropReason.Handled));
        join.Signature = [.. join.Signature, .. WireBytes.UnknownField];
        Assert.That((await probe.RunAsync(Relay, join.Build())).Stage, Is.LessThan(StageName.DhtHandler));
        Assert.That(probe.TakeSent(), Has.Count.EqualTo(1));
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task A_join_without_content_or_with_other_content_costs_its_signer_a_long_ban()
    {
        await using HandlerProbe probe = Probe();
        byte[] empty = DhtMessages.Join(Signer, []).With(f => f.Body = []).SignedBy(Signer).Build();
        byte[] broken = DhtMessages.Join(Signer, [0x0a, 0x20, 1]).Build();
        byte[] anothers = DhtMessages.Join(Signer, DhtMessages.Message(2)).Build();
        Assert.That((await probe.RunAsync(Relay, empty)).Reason, Is.EqualTo(DropReason.MessagePartMissing));
        Assert.That((await probe.RunAsync(Relay, broken)).Reason, Is.EqualTo(DropReason.MessagePartMalformed));
        Assert.That((await probe.RunAsync(Relay, anothers)).Reason, Is.EqualTo(DropReason.ClaimOfAnotherKey));
        var ban = new RecordingOffences.Offence(Signer.PublicKey, OffenceSeverity.High);
        Assert.That(probe.Offences.Reported, Is.EqualTo((RecordingOffences.Offence[])[ban, ban, ban]));
        Assert.That(probe.TakeSent(), Is.Empty);
        Assert.That(DropReason.MessagePartMissing.IsError());
        Assert.That(DropReason.MessagePartMalformed.IsError());
        Assert.That(DropReason.ClaimOfAnotherKey.IsError(), Is.False);
    }

    [Test]
    public async Task A_join_with_28_800_addresses_is_refused_unread_and_costs_its_signer_a_long_ban()
    {
        await using HandlerProbe probe = Probe();
        probe.Know(DhtMessages.PeerOf(Signer));
        var random = new Random(28_800);
        byte[] key = Signer.PublicKey.Bytes.ToArray();
        using var message = new MemoryStream();
        message.Write([0x0a, 32, .. key]);
        byte[] address = [0x12, 8, 4, 0, 0, 0, 0, 6, 0x47, 0x0d];
        for (int i = 0; i < 28_800; i++)
        {
            random.NextBytes(address.AsSpan(3, 4));
            message.Write(address);
        }

        byte[] join = DhtMessages.Join(Signer, message.ToArray()).Build();
        Assert.That(await probe.RunAsync(Signer, join), Is.EqualTo((StageName.DhtHandler, DropReason.MessagePartMalformed)));
        AssertOnlyBan(probe, Signer.PublicKey, OffenceSeverity.High);
        Assert.That(probe.TakeSent(), Is.Empty, "nobody else learns of it");
        Assert.That(probe.Peers.Find(Signer.NodeId)!.Addresses.Entries.Any(entry => !entry.Address.IsEmpty), Is.False);
    }

    [Test]
    public async Task A_join_is_passed_on_whether_the_node_forwards_or_not([Values] bool forwards, [Values] bool offersForwarding)
    {
        Node.SetFeatures(offersForwarding ? PeerFeatures.CommunicationNode : PeerFeatures.CommunicationClient);
        await using HandlerProbe probe = Probe(new HandlerProbeOptions { EnableForwarding = forwards });
        Assert.That(
            (await probe.RunAsync(Relay, DhtMessages.Join(Signer, DhtMessages.Message(1)).Build())).Reason, Is.EqualTo(DropReason.Handled));
        Assert.That(probe.TakeSent(), Has.Count.EqualTo(1));
        Assert.That(probe.Offences.Reported, Is.Empty);
    }

    [Test]
    public async Task A_join_that_a_peer_delivers_which_sends_more_than_is_allowed_is_stored_but_not_passed_on()
    {
        await using HandlerProbe probe = Probe(new HandlerProbeOptions
        {
            Configure = options => options with { Flood = new FloodOptions { MaxMessageCount = 1 } },
        });
        await probe.RunAsync(Relay, EnvelopeFactory.ClearText([1]).Build());
        byte[] join = DhtMessages.Join(Signer, DhtMessages.Message(1)).Build();
        Assert.That(await probe.RunAsync(Relay, join), Is.EqualTo((StageName.DhtHandler, DropReason.SourceFloods)));
        Assert.That(probe.Peers.Find(Signer.NodeId), Is.Not.Null);
        AssertNothingSentAndNobodyBanned(probe);
    }

    [Test]
    public async Task The_own_join_that_comes_back_is_not_stored()
    {
        await using HandlerProbe probe = Probe();
        byte[] join = DhtMessages.Join(Node, DhtMessages.Message(3)).Build();
        Assert.That(await probe.RunAsync(Relay, join), Is.EqualTo((StageName.DhtHandler, DropReason.OwnJoin)));
        AssertNothingSentAndNobodyBanned(probe);
        Assert.That(probe.Peers.Find(Node.NodeId), Is.Null);
    }

    [Test]
    public async Task A_join_of_a_banned_peer_is_stored_but_not_passed_on_and_the_ban_stays()
    {
        await using HandlerProbe probe = Probe();
        DateTimeOffset until = SignedClaims.NowTime.AddHours(1);
        probe.Know(DhtMessages.PeerOf(Signer) with { BannedUntil = until, BannedReason = "a test" });
        byte[] join = DhtMessages.Join(Signer, DhtMessages.Message(1)).Build();
        Assert.That(await probe.RunAsync(Relay, join), Is.EqualTo((StageName.DhtHandler, DropReason.OriginBanned)));
        AssertNothingSentAndNobodyBanned(probe);
        Peer stored = probe.Peers.Find(Signer.NodeId)!;
        Assert.That(stored.BannedUntil, Is.EqualTo(until));
        Assert.That(stored.Addresses.Entries.Select(entry => entry.Address.ToString()), Does.Contain(DhtMessages.Address));

        probe.Clock.Advance(TimeSpan.FromHours(1));
        byte[] later = DhtMessages.Join(Signer, DhtMessages.Message(1))
            .With(f => f.Expires = (ulong)SignedClaims.Now + 9999).SignedBy(Signer).Build();
        Assert.That((await probe.RunAsync(Relay, later)).Reason, Is.EqualTo(DropReason.Handled), "the ban has ended");
    }

    [Test]
    public async Task Joins_of_one_key_in_any_order_leave_the_addresses_of_the_newest_claim()
    {
        await using HandlerProbe probe = Probe(new HandlerProbeOptions
        {
            Configure = options => options with { DhtHandlerStage = new StageOptions { MaxDegreeOfParallelism = 4 } },
        });
        var random = new Random(11);
        int[] ages = [.. Enumerable.Range(0, 24)];
        random.Shuffle(ages);
        foreach (int age in ages)
        {
            PeerIdentityClaim claim = SignedClaims.Claim(1, SignedClaims.Now - age, $"/ip4/23.23.23.{age + 1}/tcp/18189");
            Assert.That(await probe.SendAsync(Relay.NodeId, DhtMessages.Join(Signer, SignedClaims.JoinOf(claim)).Build()));
        }

        probe.Pipeline.Complete();
        await probe.Pipeline.Completion;
        Assert.That(probe.Observer.Discards.Count(discard => discard.Reason == DropReason.Handled), Is.EqualTo(ages.Length));
        Assert.That(
            probe.Peers.Find(Signer.NodeId)!.Addresses.Entries.Select(entry => entry.Address.ToString()),
            Is.EqualTo((string[])["/ip4/23.23.23.1/tcp/18189"]));
    }

    [Test]
    public async Task A_join_that_cannot_be_stored_or_handed_over_is_an_error_that_costs_nobody_anything()
    {
        await using HandlerProbe probe = Probe();
        probe.EndOutbound();
        byte[] join = DhtMessages.Join(Signer, DhtMessages.Message(1)).Build();
        Assert.That(await probe.RunAsync(Relay, join), Is.EqualTo((StageName.DhtHandler, DropReason.OutboundEnded)));
        Assert.That(DropReason.OutboundEnded.IsError());

        await probe.Peers.DisposeAsync();
        byte[] another = DhtMessages.Join(Signer, DhtMessages.Message(1))
            .With(f => f.Expires = (ulong)SignedClaims.Now + 1).SignedBy(Signer).Build();
        Assert.That(await probe.RunAsync(Relay, another), Is.EqualTo((StageName.DhtHandler, DropReason.PeerStoreFailed)));
        Assert.That(DropReason.PeerStoreFailed.IsError());
        Assert.That(probe.Offences.Reported, Is.Empty);
    }
}
