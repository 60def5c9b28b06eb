using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Discovery;

/// <summary>
/// A node asks for another one through real graphs, which the test links by hand; the target's side is played as the handler does it.
/// </summary>
[TestFixture]
internal sealed class TwoNodeDiscoveryTests
{
    private static readonly TimeSpan s_hang = TimeSpan.FromMinutes(1);

    [Test]
    public async Task A_direct_send_to_an_unknown_key_asks_the_network_stores_the_answer_and_arrives()
    {
        using NodeIdentity asker = NodeIdentity.Generate([Multiaddr.Parse("/ip4/1.2.3.4/tcp/18189")]);
        using NodeIdentity target = NodeIdentity.Generate([Multiaddr.Parse("/ip4/5.6.7.8/tcp/18189")]);
        var clock = new ManualTimeProvider();
        var offences = new RecordingOffenceReporter();
        await using PeerManager peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = clock });
        await using var service = new DhtDiscoveryService(
            asker,
            peers,
            new DhtPeerValidator(new PeerValidatorConfig(), timeProvider: clock),
            offences,
            new DhtDiscoveryOptions { TimeProvider = clock, Random = new Random(1) });
        DhtDiscoveryRequester requester = service.CreateRequester();
        await using var askerOut = new OutboundProbe(asker, new Selector(peers, target.NodeId), discoverer: requester);
        await using var askerIn = new InboundProbe(asker, new InMemoryPeerLookup(target.ToPeer()));
        await using var targetIn = new InboundProbe(target, new InMemoryPeerLookup(asker.ToPeer()));
        await using var targetOut = new OutboundProbe(target, new ScriptedPeerSelector(asker.NodeId));
        service.Start(askerOut.Requester);

        Task<MessageSendStates> sending = askerOut.Requester.SendDirectEncryptedAsync(
            target.PublicKey, new OutboundDomainMessage(7, "found you"u8.ToArray()), OutboundEncryption.EncryptFor(target.PublicKey));

        // The question.
        (_, _, byte[] question) = (await askerOut.TakeAsync(1).WaitAsync(s_hang))[0];
        ulong nonce;
        using (DecryptedDhtMessage? received = await targetIn.RunOneAsync(asker.NodeId, question))
        {
            Assert.That(received!.Header.MessageType, Is.EqualTo(DhtMessageType.Discovery));
            Assert.That(received.Header.Destination, Is.EqualTo(new NodeDestination(target.PublicKey)));
            Assert.That(
                (received.IsEncrypted, received.DecryptionSucceeded, received.AuthenticatedOrigin),
                Is.EqualTo((true, true, (CommsPublicKey?)asker.PublicKey)));
            Assert.That(received.Body.PartCount, Is.EqualTo(1));
            Assert.That(PeerClaimMessage.TryDecode(received.Body[0].Span, out PeerClaimMessage message), Is.True);
            Assert.That(message.PublicKey.ToArray(), Is.EqualTo(asker.PublicKey.Bytes.ToArray()));
            nonce = message.Nonce;
            Assert.That(UnvalidatedPeerInfo.TryConvert(message, out UnvalidatedPeerInfo? info), Is.EqualTo(PeerClaimError.None));
            Assert.That(
                new DhtPeerValidator(new PeerValidatorConfig(), timeProvider: clock).Validate(info!, null, out _).IsNone,
                "the claim is right");
        }

        Assert.That((sending.IsCompleted, peers.Find(target.PublicKey)), Is.EqualTo((false, (Peer?)null)));

        // The answer.
        await targetOut.Requester.SendMessageNoHeaderAsync(
            new SendMessageParams().DirectPublicKey(asker.PublicKey).WithDhtMessageType(DhtMessageType.DiscoveryResponse).ForceOrigin(),
            new OutboundDomainMessage(0, OwnClaimMessage.Encode(target, nonce)));
        (_, _, byte[] answer) = (await targetOut.TakeAsync(1).WaitAsync(s_hang))[0];
        using (DecryptedDhtMessage? received = await askerIn.RunOneAsync(target.NodeId, answer))
        {
            Assert.That(received!.Header.MessageType, Is.EqualTo(DhtMessageType.DiscoveryResponse));
            Assert.That(received.AuthenticatedOrigin, Is.EqualTo(target.PublicKey));
            ReceivedDiscoveryResponse response = DiscoveryResponses.TryRead(received.Body[0].Span)!;
            Assert.That(await ((IDiscoveryResponseTarget)requester).NotifyAsync(response, default), Is.True);
        }

        // The message itself.
        MessageSendStates states = await sending.WaitAsync(s_hang);
        (NodeId recipient, _, byte[] envelope) = (await askerOut.TakeAsync(1).WaitAsync(s_hang))[0];
        Assert.That((states.Count, recipient), Is.EqualTo((1, target.NodeId)));
        using DecryptedDhtMessage? delivered = await targetIn.RunOneAsync(asker.NodeId, envelope);
        Assert.That(delivered!.Body[1].ToArray(), Is.EqualTo("found you"u8.ToArray()));
        Assert.That(peers.Find(target.PublicKey)?.Addresses.Entries.Single().Address, Is.EqualTo(target.PublicAddresses[0]));
        Assert.That(offences.Offences, Is.Empty);
    }

    [Test]
    public async Task When_the_graph_stops_pending_sends_and_their_questions_end_and_no_buffer_is_left([Values] bool sendingBlocked)
    {
        using NodeIdentity asker = NodeIdentity.Generate();
        using NodeIdentity target = NodeIdentity.Generate();
        var clock = new ManualTimeProvider();
        await using PeerManager peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = clock });
        await using var service = new DhtDiscoveryService(
            asker,
            peers,
            new DhtPeerValidator(new PeerValidatorConfig()),
            new RecordingOffenceReporter(),
            new DhtDiscoveryOptions { TimeProvider = clock });
        var one = new Dataflow.Pipeline.StageOptions { BoundedCapacity = 1 };
        await using var probe = new OutboundProbe(
            asker,
            sendingBlocked ? new BlockingSelector() : new Selector(peers, target.NodeId),
            configure: options => options with { RequestLoggingStage = one, BroadcastStage = one, LoggingStage = one },
            discoverer: service.CreateRequester());
        service.Start(probe.Requester);
        Task<SendMessageResponse>[] sends =
        [
            .. Enumerable.Range(0, 6).Select(
                _ => probe.Requester.SendDirectUnencryptedAsync(target.PublicKey, new OutboundDomainMessage(1, new byte[10]))),
        ];
        if (!sendingBlocked)
        {
            await Task.WhenAll(sends).WaitAsync(s_hang);
            await probe.TakeAsync(6).WaitAsync(s_hang);
            Assert.That(service.InFlight, Is.EqualTo(6));
        }

        await probe.Pipeline.StopAsync(TimeSpan.Zero).WaitAsync(s_hang);

        // A question that the graph never accepted is still its sender's.
        await service.DisposeAsync().AsTask().WaitAsync(s_hang);

        foreach (Task<SendMessageResponse> send in sends)
        {
            Assert.That(
                async () => await (await send.WaitAsync(s_hang)).ResolveAsync().AsTask().WaitAsync(s_hang),
                Throws.TypeOf<DhtOutboundException>());
        }

        Assert.That(probe.Pool.Outstanding, Is.Zero);
    }

    /// <summary>Knows the peers of a store; a broadcast goes to one node.</summary>
    private sealed class Selector(PeerManager peers, NodeId connected) : IPeerSelector
    {
        private readonly KnownPeerSelector _known = new(peers);

        public ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken) =>
            strategy is BroadcastStrategy.ToConnected ? new([connected]) : _known.SelectPeersAsync(strategy, cancellationToken);
    }

    /// <summary>Knows nobody, and never answers who is connected.</summary>
    private sealed class BlockingSelector : IPeerSelector
    {
        public async ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken)
        {
            if (strategy is BroadcastStrategy.ToConnected)
            {
                await Task.Delay(Timeout.Infinite, cancellationToken);
            }

            return [];
        }
    }
}
