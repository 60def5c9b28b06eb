using Google.Protobuf.WellKnownTypes;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Outbound;

[TestFixture]
internal sealed class OutboundPipelineTests
{
    private static readonly byte[] s_message = "custom_msg"u8.ToArray();

    private NodeIdentity _sender = null!;
    private NodeIdentity _recipient = null!;

    [OneTimeSetUp]
    public void CreateIdentities()
    {
        _sender = NodeIdentity.Generate();
        _recipient = NodeIdentity.Generate();
    }

    [OneTimeTearDown]
    public void DisposeIdentities()
    {
        _sender.Dispose();
        _recipient.Dispose();
    }

    [Test]
    public async Task Two_selected_peers_get_one_message_each_with_the_same_bytes()
    {
        NodeId[] peers = RandomIds(2);
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(peers));

        SendMessageResponse response = await probe.Requester.SendRawAsync(new SendMessageParams().Flood([]), s_message);
        var sent = await probe.TakeAsync(2);

        Assert.Multiple(() =>
        {
            Assert.That(response.States, Has.Count.EqualTo(2));
            Assert.That(sent.Select(message => message.Peer), Is.EqualTo(peers));
            Assert.That(sent[0].Envelope, Is.EqualTo(sent[1].Envelope));
            Assert.That(probe.Pool.RentCount, Is.EqualTo(1), "one buffer for both");
        });
    }

    [Test]
    public async Task A_hundred_recipients_share_one_buffer_which_returns_with_the_last_of_them()
    {
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(RandomIds(100)));

        await probe.Requester.SendRawAsync(new SendMessageParams().SelectedPeers([]), new byte[100_000]);
        var messages = new List<OutboundMessage>();
        for (int i = 0; i < 100; i++)
        {
            messages.Add(await probe.ReceiveAsync());
        }

        Assert.That(probe.Pool.RentCount, Is.EqualTo(1));
        for (int i = 0; i < 100; i++)
        {
            Assert.That(probe.Pool.Outstanding, Is.EqualTo(1));
            messages[i].Dispose();
            messages[i].Dispose();
        }

        Assert.That(probe.Pool.Outstanding, Is.Zero);
        Assert.That(() => messages[0].Body, Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public async Task A_direct_key_that_nobody_knows_queues_nothing_and_is_no_failure()
    {
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector());

        SendMessageResponse response = await probe.Requester.SendRawAsync(
            new SendMessageParams().DirectPublicKey(_recipient.PublicKey), s_message);

        Assert.That(response.IsQueued);
        Assert.That(response.States, Is.Empty);
        Assert.That(
            response.Resolve,
            Throws.TypeOf<DhtOutboundException>().With.Property("Error").EqualTo(DhtOutboundError.NoMessagesQueued));
        await probe.DrainAsync();
        Assert.That(probe.Observer.Discards.Single().Reason, Is.EqualTo(DropReason.NoRecipients));
    }

    [Test]
    public async Task A_send_to_the_own_key_fails_before_peers_are_selected()
    {
        var selector = new ScriptedPeerSelector(RandomIds(1));
        await using var probe = new OutboundProbe(_sender, selector);

        SendMessageResponse response = await probe.Requester.SendRawAsync(
            new SendMessageParams().DirectPublicKey(_sender.PublicKey), s_message);

        Assert.That(response.Failure?.Kind, Is.EqualTo(SendFailureKind.SendToOurselves));
        Assert.That(
            response.Resolve,
            Throws.TypeOf<DhtOutboundException>().With.Property("Error").EqualTo(DhtOutboundError.SendMessageFailed));
        Assert.That(selector.Asked, Is.Empty);
        await probe.DrainAsync();
        Assert.That(probe.Observer.Discards.Single().Reason, Is.EqualTo(DropReason.SendToOurselves));
    }

    [Test]
    public async Task A_send_to_the_own_node_id_is_not_caught()
    {
        // As in the reference: only a direct public key is compared.
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(_sender.NodeId));
        SendMessageResponse response = await probe.Requester.SendRawAsync(new SendMessageParams().DirectNodeId(_sender.NodeId), s_message);
        Assert.That(response.Resolve(), Has.Count.EqualTo(1));
        await probe.TakeAsync(1);
    }

    [Test]
    public async Task A_selector_that_fails_fails_the_request_with_its_text()
    {
        await using var probe = new OutboundProbe(
            _sender, new ScriptedPeerSelector { Failure = new InvalidOperationException("the actor is gone") });

        SendMessageResponse response = await probe.Requester.SendRawAsync(new SendMessageParams().Flood([]), s_message);

        Assert.That(response.Failure, Is.EqualTo(new SendFailure(SendFailureKind.General, "the actor is gone")));
        await probe.DrainAsync();
        Assert.That(probe.Observer.Discards.Single().Reason, Is.EqualTo(DropReason.PeerSelectionFailed));
    }

    [Test]
    public async Task A_recipient_key_that_is_no_point_fails_even_without_recipients()
    {
        byte[] noPoint = new byte[32];
        noPoint.AsSpan().Fill(0xff);
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector());

        SendMessageResponse response = await probe.Requester.SendMessageAsync(
            new SendMessageParams().Flood([]).WithEncryption(OutboundEncryption.EncryptFor(new CommsPublicKey(noPoint))),
            new OutboundDomainMessage(1, s_message));

        Assert.That(response.Failure?.Kind, Is.EqualTo(SendFailureKind.FailedToGenerateMessages));
        Assert.That(response.Failure?.Text, Does.Contain("ffff").And.Contain("not a curve point"));
    }

    [Test]
    public async Task Own_broadcasts_enter_the_duplicate_cache_once_even_without_recipients()
    {
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector());

        await probe.Requester.SendRawAsync(new SendMessageParams().Broadcast([]), EnvelopeFactory.EncodeBody("test123"u8.ToArray()));
        await probe.Requester.SendRawAsync(new SendMessageParams().Flood([]), EnvelopeFactory.EncodeBody("test123"u8.ToArray()));

        Assert.That(probe.Cache.Hits, Has.Count.EqualTo(1), "own repeats don't raise the count");
        ScriptedDedupCache.Hit hit = probe.Cache.Hits[0];
        Assert.Multiple(() =>
        {
            Assert.That(hit.Key, Is.EqualTo("64f1db1039353cf2ff7e09889d14ffd9885766c3dc494a59823a499edfe6997c"));
            Assert.That(hit.ReceivedFrom, Is.EqualTo(_sender.PublicKey));
            Assert.That(hit.IsSigned, Is.False);
            Assert.That(hit.Expires, Is.EqualTo((ulong)probe.Clock.GetUtcNow().ToUnixTimeSeconds() + 10_800));
        });
    }

    [Test]
    public async Task An_own_unsigned_body_is_keyed_by_its_canonical_encoding()
    {
        byte[] canonical = EnvelopeFactory.EncodeBody("flood"u8.ToArray());
        byte[] withUnknownField = [.. canonical, 0x78, 0x01];
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(RandomIds(1)));

        await probe.Requester.SendRawAsync(new SendMessageParams().Flood([]), withUnknownField);
        var sent = await probe.TakeAsync(1);

        EnvelopeBody.Decode(canonical, out EnvelopeBody body);
        Assert.That(probe.Cache.Hits.Single().Key, Is.EqualTo(DedupKey.ComputeUnsigned(body).ToString()));
        Assert.That(sent[0].Envelope.AsSpan().IndexOf(withUnknownField), Is.GreaterThan(0), "sent as it was given");
    }

    [Test]
    public async Task An_own_body_that_does_not_decode_is_keyed_by_its_bytes()
    {
        byte[] noBody = [0x0a, 0xff];
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(RandomIds(1)));

        await probe.Requester.SendRawAsync(new SendMessageParams().Flood([]), noBody);
        await probe.TakeAsync(1);

        Assert.That(probe.Cache.Hits.Single().Key, Is.EqualTo(DedupKey.Compute(default, noBody).ToString()));
    }

    [Test]
    public async Task Direct_and_selected_sends_do_not_enter_the_duplicate_cache()
    {
        NodeId[] peer = RandomIds(1);
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(peer));

        await probe.Requester.SendRawAsync(new SendMessageParams().DirectNodeId(peer[0]), s_message);
        await probe.Requester.SendRawAsync(new SendMessageParams().DirectPublicKey(_recipient.PublicKey), s_message);
        await probe.Requester.SendRawAsync(new SendMessageParams().SelectedPeers(peer), s_message);
        await probe.TakeAsync(3);

        Assert.That(probe.Cache.Hits, Is.Empty);
    }

    [Test]
    public async Task A_message_with_a_given_header_goes_out_with_it_unchanged_and_unrecorded()
    {
        byte[] received = EnvelopeFactory.ClearText("Lorem ipsum"u8.ToArray())
            .With(factory => factory.Expires = 1_900_000_000)
            .With(factory => factory.Tag = 4711)
            .With(factory => factory.Version = DhtProtocolVersion.V1)
            .SignedBy(_recipient)
            .Build();
        EnvelopeReader.Read(received, out EnvelopeLayout layout);
        await using var inbound = new InboundProbe(_sender, new InMemoryPeerLookup(new Peer(_recipient.PublicKey)));
        inbound.Clock.ShiftWallClock(DateTimeOffset.FromUnixTimeSeconds(1_800_000_000) - inbound.Clock.GetUtcNow());
        using DecryptedDhtMessage? message = await inbound.RunOneAsync(_recipient.NodeId, received);
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(RandomIds(1)));

        await probe.Requester.SendRawAsync(
            new SendMessageParams().WithTag(1).Propagate(NodeDestination.Unknown, []).WithDhtHeader(message!.Header).ForceOrigin(),
            layout.BodyOf(received.AsMemory()));
        var sent = await probe.TakeAsync(1);

        Assert.That(sent[0].Envelope, Is.EqualTo(received));
        Assert.That(sent[0].Tag, Is.EqualTo(1), "the tag of the request is local");
        Assert.That(probe.Cache.Hits, Is.Empty);
    }

    [Test]
    public async Task A_given_header_goes_out_without_a_body_field_when_there_is_no_body()
    {
        byte[] received = EnvelopeFactory.ClearText().With(factory => factory.Tag = 9).Build();
        await using var inbound = new InboundProbe(_sender, new InMemoryPeerLookup(new Peer(_recipient.PublicKey)));
        using DecryptedDhtMessage? message = await inbound.RunOneAsync(_recipient.NodeId, received);
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(RandomIds(1)));

        await probe.Requester.SendRawAsync(new SendMessageParams().Flood([]).WithDhtHeader(message!.Header), default);

        Assert.That((await probe.TakeAsync(1))[0].Envelope, Is.EqualTo(received));
    }

    [Test]
    public async Task An_encrypted_message_with_a_given_header_keeps_the_header_and_the_encryption()
    {
        byte[] received = EnvelopeFactory.ClearText(s_message).Build();
        await using var inbound = new InboundProbe(_sender, new InMemoryPeerLookup(new Peer(_recipient.PublicKey)));
        using DecryptedDhtMessage? message = await inbound.RunOneAsync(_recipient.NodeId, received);
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(RandomIds(1)));

        await probe.Requester.SendMessageNoHeaderAsync(
            new SendMessageParams().Flood([]).WithDhtHeader(message!.Header).WithEncryption(
                OutboundEncryption.EncryptFor(_recipient.PublicKey)),
            new OutboundDomainMessage(0, s_message));
        byte[] sent = (await probe.TakeAsync(1))[0].Envelope;

        EnvelopeReader.Read(sent, out EnvelopeLayout layout);
        Assert.Multiple(() =>
        {
            Assert.That(layout.BodyLength, Is.EqualTo(6016));
            Assert.That(layout.SignatureLength, Is.Zero);
            Assert.That(layout.Flags, Is.Zero, "the given header's flags");
        });
    }

    [Test]
    public async Task A_message_that_the_transport_drops_ends_its_state_with_dropped()
    {
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(RandomIds(3)));
        MessageSendStates states = await probe.Requester.FloodAsync(
            NodeDestination.Unknown, OutboundEncryption.ClearText, [], new OutboundDomainMessage(1, s_message));

        (await probe.ReceiveAsync()).Dispose();
        using (OutboundMessage second = await probe.ReceiveAsync())
        {
            second.Complete(MessageSendResult.Sent);
            second.Complete(MessageSendResult.QueueFull);
        }

        using (OutboundMessage third = await probe.ReceiveAsync())
        {
            third.Complete(MessageSendResult.PeerDialFailed);
        }

        Assert.That(
            await Task.WhenAll(states.Select(state => state.Result)),
            Is.EqualTo(new[] { MessageSendResult.Dropped, MessageSendResult.Sent, MessageSendResult.PeerDialFailed }));
    }

    [Test]
    public async Task A_request_that_the_pipeline_discards_cancels_its_answer_and_frees_its_buffer()
    {
        var probe = new OutboundProbe(_sender, new WaitingSelector());
        Task<SendMessageResponse> answer = probe.Requester.SendRawAsync(new SendMessageParams().Flood([]), s_message);

        await probe.Pipeline.StopAsync(TimeSpan.Zero);

        Assert.That(
            async () => await answer,
            Throws.TypeOf<DhtOutboundException>().With.Property("Error").EqualTo(DhtOutboundError.RequesterReplyChannelClosed));
        await probe.DisposeAsync();
    }

    [Test]
    public async Task Above_the_relay_limit_messages_with_a_given_header_leave_their_recipients_out_and_own_ones_do_not()
    {
        NodeId[] peers = RandomIds(2);
        var selector = new ScriptedPeerSelector(peers);
        await using var probe = new OutboundProbe(_sender, selector, configure: options => options with
        {
            RelayLimit = new RelayLimit { MaxMessageCount = 2, TimeSpan = TimeSpan.FromSeconds(60) },
        });
        EnvelopeFactory others = EnvelopeFactory.ClearText(s_message).SignedBy(_recipient);
        byte[] envelope = others.Build();
        EnvelopeReader.Read(envelope, out EnvelopeLayout layout);
        async Task<int> SendAsync(bool isRelayed)
        {
            var parameters = new SendMessageParams().Propagate(NodeDestination.Unknown, []);
            SendMessageResponse response = await probe.Requester.SendRawAsync(
                isRelayed ? parameters.WithDhtHeader(new DhtMessageHeader(envelope, layout)) : parameters, others.Body);
            Assert.That(response.Failure, Is.Null);
            await probe.TakeAsync(response.States!.Count);
            return response.States.Count;
        }

        Assert.That(await SendAsync(isRelayed: true), Is.EqualTo(2));
        Assert.That(await SendAsync(isRelayed: false), Is.EqualTo(2));
        Assert.That(await SendAsync(isRelayed: true), Is.Zero);
        Assert.That(probe.Observer.Discards.Single().Reason, Is.EqualTo(DropReason.RelayLimit));
        Assert.That(DropReason.RelayLimit.IsError(), Is.False);
        Assert.That(await SendAsync(isRelayed: false), Is.EqualTo(2));
        probe.Clock.Advance(TimeSpan.FromSeconds(66));
        Assert.That(await SendAsync(isRelayed: true), Is.EqualTo(2));
    }

    [Test]
    public async Task Ten_requests_of_a_graph_that_takes_no_more_all_reach_the_transport_and_the_graph_ends()
    {
        await using var probe = new OutboundProbe(
            _sender,
            new ScriptedPeerSelector(_recipient.NodeId),
            configure: options => options with { BroadcastStage = options.BroadcastStage with { BoundedCapacity = 100 } });
        for (int i = 0; i < 10; i++)
        {
            await probe.Requester.SendRawNoWaitAsync(
                new SendMessageParams().DirectNodeId(_recipient.NodeId), EnvelopeFactory.EncodeBody([(byte)i]));
        }

        IReadOnlyList<OutboundMessage> sent = await probe.DrainAsync();
        Assert.That(sent, Has.Count.EqualTo(10));
        Assert.That(probe.Pipeline.Completion.IsCompletedSuccessfully);
        foreach (OutboundMessage message in sent)
        {
            message.Dispose();
        }
    }

    [Test]
    public async Task A_pipeline_that_ended_refuses_requests()
    {
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector());
        probe.Pipeline.Complete();

        Assert.That(
            async () => await probe.Requester.SendRawNoWaitAsync(new SendMessageParams(), s_message),
            Throws.TypeOf<DhtOutboundException>().With.Property("Error").EqualTo(DhtOutboundError.SendError));
        Assert.That(probe.Pool.Outstanding, Is.Zero);
    }

    [Test]
    public async Task An_encrypted_message_is_read_by_its_recipient_and_names_its_sender(
        [Values(0, 1, 5_985, 5_986, 5_987, 20_000)] int length)
    {
        byte[] content = new byte[length];
        new Random(length).NextBytes(content);
        await using var outbound = new OutboundProbe(_sender, new ScriptedPeerSelector(_recipient.NodeId));
        MessageSendStates states = await outbound.Requester.SendDirectEncryptedAsync(
            _recipient.PublicKey, new OutboundDomainMessage(5, content), OutboundEncryption.EncryptFor(_recipient.PublicKey));
        byte[] envelope = (await outbound.TakeAsync(1))[0].Envelope;
        Assert.That(await states.WaitSingleAsync(), Is.EqualTo(MessageSendResult.Sent));

        await using var inbound = new InboundProbe(_recipient, new InMemoryPeerLookup(new Peer(_sender.PublicKey)));
        using DecryptedDhtMessage? message = await inbound.RunOneAsync(_sender.NodeId, envelope);

        Assert.That(message!.AuthenticatedOrigin, Is.EqualTo(_sender.PublicKey));
        Assert.That(message.Body.PartCount, Is.EqualTo(2));
        Assert.That(message.Body[1].ToArray(), Is.EqualTo(content));
        Assert.That(message.Header.Destination, Is.EqualTo(new NodeDestination(_recipient.PublicKey)));
    }

    [Test]
    public async Task A_raw_encrypted_body_carries_its_own_length_prefix()
    {
        byte[] body = EnvelopeFactory.EncodeBody(s_message);
        await using var outbound = new OutboundProbe(_sender, new ScriptedPeerSelector(_recipient.NodeId));
        await outbound.Requester.SendRawAsync(
            new SendMessageParams().DirectPublicKey(_recipient.PublicKey).WithDestination(new NodeDestination(_recipient.PublicKey))
                .WithEncryption(OutboundEncryption.EncryptFor(_recipient.PublicKey)),
            EnvelopeFactory.LengthPrefixed(body));
        byte[] envelope = (await outbound.TakeAsync(1))[0].Envelope;

        await using var inbound = new InboundProbe(_recipient, new InMemoryPeerLookup(new Peer(_sender.PublicKey)));
        using DecryptedDhtMessage? message = await inbound.RunOneAsync(_sender.NodeId, envelope);
        Assert.That(message!.Body[0].ToArray(), Is.EqualTo(s_message));
    }

    [Test]
    public async Task A_protobuf_message_is_encoded_straight_into_the_body()
    {
        var text = new StringValue { Value = "hello" };
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(RandomIds(1)));

        await probe.Requester.SendMessageNoHeaderAsync(new SendMessageParams().Flood([]), new OutboundDomainMessage(3, text));
        byte[] envelope = (await probe.TakeAsync(1))[0].Envelope;

        EnvelopeReader.Read(envelope, out EnvelopeLayout layout);
        EnvelopeBody.Decode(layout.BodyOf(envelope.AsMemory()), out EnvelopeBody body);
        Assert.That(StringValue.Parser.ParseFrom(body[0].Span), Is.EqualTo(text));
    }

    [Test]
    public async Task Type_zero_with_nonce_zero_is_an_empty_part()
    {
        await using var probe = new OutboundProbe(_sender, new ScriptedPeerSelector(RandomIds(1)));

        await probe.Requester.SendMessageAsync(new SendMessageParams().Flood([]), new OutboundDomainMessage(0, s_message));
        byte[] envelope = (await probe.TakeAsync(1))[0].Envelope;

        EnvelopeReader.Read(envelope, out EnvelopeLayout layout);
        Assert.That(layout.BodyOf(envelope.AsSpan())[..2].ToArray(), Is.EqualTo(new byte[] { 0x0a, 0x00 }));
    }

    [Test]
    public async Task Each_method_sends_as_its_name_says()
    {
        NodeId[] peers = RandomIds(1);
        var selector = new ScriptedPeerSelector(peers);
        await using var probe = new OutboundProbe(_sender, selector);
        OutboundMessageRequester requester = probe.Requester;
        var message = new OutboundDomainMessage(7, s_message);
        CommsPublicKey key = _recipient.PublicKey;
        var destination = new NodeDestination(key);
        NodeId[] excluded = RandomIds(2);

        await requester.SendDirectEncryptedAsync(key, message, OutboundEncryption.EncryptFor(key));
        await requester.SendDirectEncryptedAsync(key, message, OutboundEncryption.ClearText);
        await requester.SendDirectUnencryptedAsync(key, message);
        await requester.SendDirectNodeIdAsync(peers[0], message);
        await requester.PropagateAsync(destination, OutboundEncryption.ClearText, excluded, message);
        await requester.BroadcastAsync(destination, OutboundEncryption.ClearText, excluded, message);
        await requester.FloodAsync(destination, OutboundEncryption.ClearText, excluded, message);
        await requester.SendRandomAsync(3, destination, OutboundEncryption.ClearText, message);
        await requester.SendMessageNoHeaderNoWaitAsync(new SendMessageParams(), message);
        var sent = await probe.TakeAsync(9);

        Assert.That(selector.Asked.Select(strategy => strategy.GetType()), Is.EquivalentTo(new[]
        {
            typeof(BroadcastStrategy.ToPublicKey), typeof(BroadcastStrategy.ToPublicKey), typeof(BroadcastStrategy.ToPublicKey),
            typeof(BroadcastStrategy.ToNodeId), typeof(BroadcastStrategy.Propagate), typeof(BroadcastStrategy.ToConnected),
            typeof(BroadcastStrategy.Flood), typeof(BroadcastStrategy.Random), typeof(BroadcastStrategy.Flood),
        }));
        Assert.That(((BroadcastStrategy.Propagate)selector.Asked[4]).Destination, Is.EqualTo(destination));
        Assert.That(((BroadcastStrategy.Propagate)selector.Asked[4]).Excluded, Is.EqualTo(excluded));
        Assert.That(((BroadcastStrategy.Random)selector.Asked[7]).Count, Is.EqualTo(3));
        DestinationKind[] kinds = Array.ConvertAll(sent, item => LayoutOf(item.Envelope).DestinationKind);
        Assert.That(kinds, Is.EqualTo(new[]
        {
            DestinationKind.PublicKey, DestinationKind.PublicKey, DestinationKind.Unknown,
            DestinationKind.Unknown, DestinationKind.PublicKey, DestinationKind.PublicKey,
            DestinationKind.PublicKey, DestinationKind.PublicKey, DestinationKind.Unknown,
        }));
        Assert.That(Array.ConvertAll(sent, item => LayoutOf(item.Envelope).Flags), Is.EqualTo(new uint[] { 1, 0, 0, 0, 0, 0, 0, 0, 0 }));
        Assert.That(
            Array.ConvertAll(sent, item => LayoutOf(item.Envelope).SignatureLength > 0),
            Is.EqualTo(new[] { true, false, false, false, false, false, false, false, false }),
            "no convenience method signs clear text");
    }

    [Test]
    public async Task The_configured_version_is_in_header_and_signature()
    {
        await using var outbound = new OutboundProbe(
            _sender,
            new ScriptedPeerSelector(RandomIds(1)),
            configure: options => options with { ProtocolVersion = DhtProtocolVersion.V1 });
        await outbound.Requester.SendMessageAsync(new SendMessageParams().Flood([]).ForceOrigin(), new OutboundDomainMessage(1, s_message));
        byte[] envelope = (await outbound.TakeAsync(1))[0].Envelope;

        await using var inbound = new InboundProbe(_recipient, new InMemoryPeerLookup(new Peer(_sender.PublicKey)));
        using DecryptedDhtMessage? message = await inbound.RunOneAsync(_sender.NodeId, envelope);
        Assert.That(message!.Header.Version, Is.EqualTo(DhtProtocolVersion.V1));
        Assert.That(message.AuthenticatedOrigin, Is.EqualTo(_sender.PublicKey));
    }

    private static EnvelopeLayout LayoutOf(byte[] envelope)
    {
        Assert.That(EnvelopeReader.Read(envelope, out EnvelopeLayout layout), Is.EqualTo(EnvelopeStatus.Ok));
        return layout;
    }

    private static NodeId[] RandomIds(int count)
    {
        var random = new Random(count);
        var ids = new NodeId[count];
        byte[] bytes = new byte[NodeId.Length];
        for (int i = 0; i < count; i++)
        {
            random.NextBytes(bytes);
            ids[i] = new NodeId(bytes);
        }

        return ids;
    }

    [Test]
    public async Task A_list_of_peers_that_its_owner_changes_after_the_call_is_as_it_was_at_the_call()
    {
        NodeId[] peers = RandomIds(3);
        var list = new List<NodeId>(peers);
        var gate = new TaskCompletionSource();
        await using var probe = new OutboundProbe(
            _sender, new GatedSelector(gate.Task, static strategy => ((BroadcastStrategy.SelectedPeers)strategy).Peers));

        Task<SendMessageResponse> answer = probe.Requester.SendRawAsync(new SendMessageParams().SelectedPeers(list), s_message);
        list.Clear();
        gate.SetResult();

        Assert.That((await answer).States, Has.Count.EqualTo(3));
        Assert.That((await probe.TakeAsync(3)).Select(message => message.Peer), Is.EqualTo(peers));
    }

    [Test]
    public async Task A_selection_that_changes_after_it_was_made_changes_nothing_and_leaks_nothing()
    {
        // A selector may answer with the list that it works on.
        NodeId[] peers = RandomIds(3);
        var live = new List<NodeId>(peers);
        var logger = new LogHook(text =>
        {
            if (text.StartsWith("Outbound [", StringComparison.Ordinal))
            {
                live.Add(peers[0]);
            }
        });
        await using var probe = new OutboundProbe(
            _sender, new GatedSelector(Task.CompletedTask, _ => live), configure: options => options with { Logger = logger });

        SendMessageResponse response = await probe.Requester.SendRawAsync(new SendMessageParams().Flood([]), s_message);

        Assert.That((await probe.TakeAsync(3).WaitAsync(TimeSpan.FromMinutes(1))).Select(message => message.Peer), Is.EqualTo(peers));
        Assert.That(await response.Resolve().WaitAllAsync(), Has.Property("Succeeded").Count.EqualTo(3));
    }

    [Test]
    public void Peers_that_are_not_given_are_refused_at_the_call()
    {
        Assert.That(() => new SendMessageParams().SelectedPeers(null!), Throws.TypeOf<ArgumentNullException>());
        Assert.That(() => new SendMessageParams().Flood(null!), Throws.TypeOf<ArgumentNullException>());
        Assert.That(() => new SendMessageParams().Broadcast(null!), Throws.TypeOf<ArgumentNullException>());
        Assert.That(() => new SendMessageParams().Propagate(NodeDestination.Unknown, null!), Throws.TypeOf<ArgumentNullException>());
    }

    [Test]
    public async Task StopAsync_at_the_deadline_does_not_wait_for_a_selector_that_does_not_listen()
    {
        var selector = new GatedSelector(new TaskCompletionSource().Task, static _ => []);
        await using var probe = new OutboundProbe(_sender, selector);
        Task<SendMessageResponse> answer = probe.Requester.SendRawAsync(new SendMessageParams().Flood([]), s_message);
        await selector.Asked;

        Assert.That(await probe.Pipeline.StopAsync(TimeSpan.Zero).WaitAsync(TimeSpan.FromMinutes(1)), Is.EqualTo(1));

        Assert.That(
            async () => await answer,
            Throws.TypeOf<DhtOutboundException>().With.Property("Error").EqualTo(DhtOutboundError.RequesterReplyChannelClosed));
    }

    private sealed class GatedSelector(Task gate, Func<BroadcastStrategy, IReadOnlyList<NodeId>> select) : IPeerSelector
    {
        private readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

        /// <summary>Ends with the first question.</summary>
        public Task Asked => _asked.Task;

        public async ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken)
        {
            _asked.TrySetResult();
            await gate;
            return select(strategy);
        }
    }

    /// <summary>Does something when a line is written.</summary>
    private sealed class LogHook(Action<string> written) : ILogger
    {
        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            written(formatter(state, exception));
    }

    private sealed class WaitingSelector : IPeerSelector
    {
        public async ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken)
        {
            await Task.Delay(Timeout.Infinite, cancellationToken);
            return [];
        }
    }
}
