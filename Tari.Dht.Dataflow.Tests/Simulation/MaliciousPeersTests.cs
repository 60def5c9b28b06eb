using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>Peers that write envelopes by hand, among honest nodes.</summary>
[TestFixture]
internal sealed class MaliciousPeersTests
{
    [Test]
    public void A_tenth_of_malicious_nodes_is_banned_and_the_others_go_on_delivering([ValueSource(nameof(Seeds))] int seed)
    {
        using var net = new DhtNetwork(seed);
        var honest = new List<DhtNode>();
        for (int i = 0; i < 27; i++)
        {
            honest.Add(net.AddNode(configure: config => config with
            {
                FloodBanMaxMsgCount = 100,
                Connectivity = config.Connectivity with { UpdateInterval = TimeSpan.FromSeconds(10) },
            }));
            honest[i].Relays = true;
        }

        net.ConnectRing(honest, 40);
        DhtNode flooder = net.AddPeer("flooder");
        DhtNode liar = net.AddPeer("liar");
        DhtNode nuisance = net.AddPeer("nuisance");
        for (int i = 0; i < 5; i++)
        {
            foreach (DhtNode bad in (DhtNode[])[flooder, liar, nuisance])
            {
                net.Connect(bad, honest[(i * 5) + 1]);
            }
        }

        net.Propagate(honest[0], [1]);
        net.RunFor(5);

        // Nothing of this proves who is to blame, so nobody is banned for it.
        DhtNode victim = honest[1];
        byte[] replay = EnvelopeFactory.ClearText([1], [2]).SignedBy(honest[9].Identity).Build();
        byte[] forged = EnvelopeFactory.ClearText([1], [3]).SignedBy(honest[9].Identity)
            .With(envelope => envelope.Body = EnvelopeFactory.EncodeBody([1], [4])).Build();
        byte[] forAnother = EnvelopeFactory.Encrypted(nuisance.Identity, honest[3].Identity.PublicKey, [5])
            .With(envelope => envelope.Body[^1] ^= 1).Build();
        byte[] nobodys = EnvelopeFactory.Encrypted(nuisance.Identity, DhtMessages.Node(77).PublicKey, [6]).Build();
        for (int i = 0; i < 3; i++)
        {
            foreach (byte[] bytes in (byte[][])[replay, forged, forAnother, nobodys, [], [0xff, 0xff, 0xff], [.. replay, 0x78, 0x01]])
            {
                Assert.That(net.PostAndWait(nuisance, victim, bytes), Is.EqualTo(MessageSendResult.Sent));
            }
        }

        Assert.That(net.PostAndWait(nuisance, victim, new byte[(8 * 1024 * 1024) + 1]), Is.EqualTo(MessageSendResult.MessageTooLarge));
        net.RunFor(5);
        Assert.That(
            victim.Received.Count(message => message.Parts.Count == 2 && message.Parts[1] is [2]), Is.EqualTo(1), "the replayed message");
        Assert.That(
            honest.SelectMany(node => node.Received).Count(message => message.Parts[^1] is [3] or [4]), Is.Zero, "the forged message");
        Assert.That(net.Bans, Is.Empty);

        // What a signature proves costs the signer.
        foreach (int place in (int[])[1, 6])
        {
            net.PostAndWait(liar, honest[place], DhtMessages.Join(liar.Identity, [0xff, 0xff]).Build());
            net.RunFor(1);
        }

        net.PostAndWait(liar, honest[11], DhtMessages.Join(liar.Identity, OwnClaimMessage.Encode(honest[2].Identity, 1)).Build());
        net.RunFor(1);
        net.PostAndWait(
            liar,
            honest[16],
            EnvelopeFactory.ClearText(OwnClaimMessage.Encode(liar.Identity, 1))
                .With(envelope => envelope.MessageType = DhtMessageType.Join).Build());
        net.RunFor(1);
        net.PostAndWait(liar, honest[21], DhtMessages.Response(liar.Identity, OwnClaimMessage.Encode(honest[2].Identity, 1)).Build());
        net.RunFor(1);
        Assert.That(net.Bans.Order(), Is.EqualTo(new[] { 1, 6, 11, 16, 21 }.Select(place => (honest[place].Name, "liar")).Order()));

        // What comes in masses costs who sends it, whatever it is.
        foreach (int place in (int[])[1, 6, 11, 16, 21])
        {
            for (int i = 0; i < 150; i++)
            {
                _ = net.Post(flooder, honest[place], [0xff]);
            }

            net.RunFor(0.5);
        }

        net.RunFor(20);
        Assert.That(
            net.Bans.Where(ban => ban.Whom != "liar").Order(),
            Is.EqualTo(new[] { 1, 6, 11, 16, 21 }.Select(place => (honest[place].Name, "flooder")).Order()));
        string reasons = string.Join(
            '\n', net.BanReasons.OrderBy(ban => ban.By, StringComparer.Ordinal).Select(ban => $"{ban.By} banned {ban.Whom}: {ban.Reason}"));
        TestContext.Out.WriteLine(reasons);
        Assert.That(net.BanReasons.Count(), Is.EqualTo(10), reasons);
        Assert.That(
            net.BanReasons.Where(ban => ban.Whom == "flooder").Select(ban => ban.Reason).Distinct(),
            Is.EqualTo(["Sent more than 100 messages within 60 s."]));

        net.Propagate(honest[20], [7]);
        net.RunFor(10);
        Assert.That(
            honest.Count(node => node.Received.Count(message => message.Parts[^1] is [7]) == 1), Is.EqualTo(26), "all but the sender");
        Assert.That(net.Pool.Outstanding, Is.Zero, "all that was received has been let go");
        net.Finish();
    }

    [Test]
    public void A_response_for_another_key_than_was_asked_for_costs_the_responder_and_not_the_key()
    {
        using var net = new DhtNetwork();
        DhtNode asker = net.AddNode("asker");
        DhtNode target = net.AddPeer("target");
        DhtNode responder = net.AddPeer("responder");
        net.Connect(target, asker);
        net.Connect(responder, asker);
        Task<string> asking = net.Run(() => Task.FromResult(AskAsync()));
        Assert.That(net.RunUntil(() => target.Envelopes.Count > 0, 10), Is.True);
        ulong nonce = ReadNonce(target, asker);

        net.PostAndWait(
            responder, asker, DhtMessages.Response(responder.Identity, OwnClaimMessage.Encode(responder.Identity, nonce)).Build());
        net.RunFor(5);

        Assert.That(net.Bans, Is.EqualTo([("asker", "responder")]));
        net.RunFor(60);
        Assert.That(asking.Result, Is.Not.Empty);
        net.Finish();

        async Task<string> AskAsync()
        {
            try
            {
                await asker.Dht.DiscoveryRequester.DiscoverPeerAsync(
                    target.Identity.PublicKey, new NodeDestination(target.Identity.PublicKey));
                return "";
            }
            catch (DhtDiscoveryException error)
            {
                return error.Error.ToString();
            }
        }
    }

    private static IEnumerable<int> Seeds() => LongRun.Seeds(1, 1);

    private static ulong ReadNonce(DhtNode target, DhtNode asker)
    {
        var probe = new InboundProbe(target.Identity, new InMemoryPeerLookup(asker.Identity.ToPeer()));
        try
        {
            using var question = probe.RunOneAsync(asker.Id, target.Envelopes[0]).GetAwaiter().GetResult();
            Assert.That(question!.Header.MessageType, Is.EqualTo(DhtMessageType.Discovery));
            Assert.That(PeerClaimMessage.TryDecode(question.Body[0].Span, out PeerClaimMessage message), Is.True);
            return message.Nonce;
        }
        finally
        {
            probe.DisposeAsync().AsTask().GetAwaiter().GetResult();
        }
    }
}
