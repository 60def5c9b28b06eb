using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.Deserialize;

[TestFixture]
internal sealed class DeserializeStageTests
{
    private static readonly byte[] s_body = EnvelopeFactory.EncodeBody("A"u8.ToArray());
    private static readonly byte[] s_major = WireBytes.Varint(1, 2);
    private static readonly byte[] s_unknownDestination = WireBytes.Varint(3, 1);
    private static readonly byte[] s_notAPoint = [.. Enumerable.Repeat((byte)0xff, 32)];

    private InboundForms _forms = null!;
    private CountingPeerLookup _peers = null!;
    private LogRecorder _log = null!;
    private DeserializeStage _stage = null!;

    private static IEnumerable<TestCaseData> InvalidHeaders
    {
        get
        {
            yield return Case(DropReason.HeaderOmitted, null, "no_header");
            yield return Case(DropReason.InvalidDestination, [], "empty_header");
            yield return Case(DropReason.InvalidDestination, [.. s_major], "no_destination");
            yield return Case(DropReason.InvalidDestination, [.. s_major, .. WireBytes.Delimited(4)], "destination_key_of_0_bytes");
            yield return Case(
                DropReason.InvalidDestination, [.. s_major, .. WireBytes.Delimited(4, new byte[31])], "destination_key_of_31_bytes");
            yield return Case(
                DropReason.InvalidDestination, [.. s_major, .. WireBytes.Delimited(4, new byte[33])], "destination_key_of_33_bytes");
            yield return Case(
                DropReason.InvalidEphemeralPublicKey,
                [.. s_major, .. s_unknownDestination, .. WireBytes.Delimited(7, new byte[31])],
                "ephemeral_key_of_31_bytes");
            yield return Case(
                DropReason.InvalidEphemeralPublicKey,
                [.. s_major, .. s_unknownDestination, .. WireBytes.Delimited(7, new byte[33])],
                "ephemeral_key_of_33_bytes");
            yield return Case(
                DropReason.InvalidEphemeralPublicKey,
                [.. s_major, .. s_unknownDestination, .. WireBytes.Delimited(7, s_notAPoint), .. WireBytes.Varint(10, 1)],
                "ephemeral_key_that_is_no_point_of_an_encrypted_message");
            yield return Case(DropReason.InvalidProtocolVersion, [.. s_unknownDestination], "version_0");
            yield return Case(DropReason.InvalidProtocolVersion, [.. WireBytes.Varint(1, 3), .. s_unknownDestination], "version_3");
            yield return Case(
                DropReason.InvalidProtocolVersion, [.. WireBytes.Varint(1, uint.MaxValue), .. s_unknownDestination], "version_max");
            foreach (int type in (int[])[4, 19, 22, int.MaxValue, -1, int.MinValue])
            {
                yield return Case(
                    DropReason.InvalidMessageType,
                    [.. s_major, .. s_unknownDestination, .. WireBytes.Varint(8, (ulong)(long)type)],
                    $"type_{type}");
            }

            foreach (uint flags in (uint[])[2, 3, 1u << 31, uint.MaxValue])
            {
                yield return Case(
                    DropReason.InvalidMessageFlags,
                    [.. s_major, .. s_unknownDestination, .. WireBytes.Varint(10, flags)],
                    $"flags_{flags}");
            }

            static TestCaseData Case(DropReason reason, byte[]? header, string name) =>
                new TestCaseData(reason, header).SetArgDisplayNames(reason.ToString(), name);
        }
    }

    [SetUp]
    public void SetUp()
    {
        _forms = new InboundForms();
        _peers = new CountingPeerLookup(new InMemoryPeerLookup(_forms.Source));
        _log = new LogRecorder();
        _stage = new DeserializeStage(_peers, _log);
    }

    [TearDown]
    public void PoolIsWhole() => _forms.Pool.AssertWhole();

    [Test]
    public void Clear_text_of_a_known_source_passes_with_its_body_and_header_and_the_stored_peer()
    {
        byte[] envelope = EnvelopeFactory.ClearText("A"u8.ToArray()).With(f => (f.Tag, f.Expires) = (77, 1_900_000_000)).Build();
        InboundMessage received = _forms.Received(envelope);
        StageResult<DhtInboundMessage> result = _stage.Process(received);

        Assert.That(result.IsDiscarded, Is.False);
        using DhtInboundMessage message = result.Message!;
        Assert.Multiple(() =>
        {
            Assert.That(message.Body.ToArray(), Is.EqualTo(s_body));
            Assert.That(message.SourcePeer, Is.SameAs(_forms.Source));
            Assert.That(message.Peer, Is.EqualTo(_forms.Source.NodeId));
            Assert.That(message.Tag, Is.EqualTo(received.Tag), "the trace id is the one drawn on receipt");
            Assert.That(message.Header.MessageTag, Is.EqualTo(77));
            Assert.That(message.Header.Version, Is.EqualTo(DhtProtocolVersion.V2));
            Assert.That(message.Header.Destination.IsUnknown);
            Assert.That(message.Header.MessageType, Is.EqualTo(DhtMessageType.None));
            Assert.That(message.Header.Flags, Is.EqualTo(DhtMessageFlags.None));
            Assert.That(message.Header.Expires, Is.EqualTo(1_900_000_000));
            Assert.That(message.Header.IsSigned, Is.False);
            Assert.That(_peers.Asked, Is.EqualTo(1));
        });
    }

    [Test]
    public void The_same_with_an_unknown_field_is_dropped_without_an_error_or_a_look_at_the_peers()
    {
        byte[] envelope = [.. EnvelopeFactory.ClearText("A"u8.ToArray()).Build(), .. WireBytes.UnknownField];
        Assert.That(DropReason.NonCanonical.IsError(), Is.False);
        AssertDiscarded(envelope, DropReason.NonCanonical, asked: 0);
    }

    [Test]
    public void Malformed_bytes_never_reach_the_peer_lookup([ValueSource(nameof(MalformedEnvelopes))] byte[] envelope)
    {
        Assert.That(DropReason.DecodeError.IsError());
        AssertDiscarded(envelope, DropReason.DecodeError, asked: 0);
    }

    [Test]
    public void An_empty_message_is_an_error_before_the_peer_lookup()
    {
        Assert.That(DropReason.EmptyMessage.IsError());
        AssertDiscarded([], DropReason.EmptyMessage, asked: 0);
    }

    [Test]
    public void A_destination_of_unknown_passes_whatever_its_boolean_says([Values(0ul, 1ul)] ulong boolean)
    {
        // Quirk Q1. A member of a oneof is written even with its default value, so both are canonical.
        StageResult<DhtInboundMessage> result =
            _stage.Process(_forms.Received(WireBytes.Envelope([.. s_major, .. WireBytes.Varint(3, boolean)], s_body)));
        Assert.That(result.IsDiscarded, Is.False);
        using DhtInboundMessage message = result.Message!;
        Assert.That(message.Header.Destination.IsUnknown);
    }

    [Test]
    public void A_lookup_that_throws_is_a_failure_of_the_peer_store_and_logged()
    {
        _peers.Error = new PeerManagerException(PeerManagerError.StorageError, "disk");
        AssertDiscarded(EnvelopeFactory.ClearText().Build(), DropReason.PeerStoreFailed, asked: 1);
        Assert.That(_log.Count(DhtEventId.PeerLookupFailed), Is.EqualTo(1));
    }

    [TestCaseSource(nameof(InvalidHeaders))]
    public void An_invalid_header_of_a_known_source_is_an_error(DropReason reason, byte[]? header)
    {
        Assert.That(reason.IsError());
        AssertDiscarded(WireBytes.Envelope(header, s_body), reason, asked: 1);
    }

    [TestCaseSource(nameof(InvalidHeaders))]
    public void An_unknown_source_wins_over_an_invalid_header(DropReason reason, byte[]? header)
    {
        _peers.KnowsNobody = true;
        Assert.That(reason, Is.Not.EqualTo(DropReason.PeerNotFound));
        AssertDiscarded(WireBytes.Envelope(header, s_body), DropReason.PeerNotFound, asked: 1);
    }

    [Test]
    public void Of_several_faults_in_a_header_the_first_of_the_protocol_decides()
    {
        byte[] version = WireBytes.Varint(1, 9);
        byte[] destination = s_unknownDestination;
        byte[] key = WireBytes.Delimited(7, s_notAPoint);
        byte[] type = WireBytes.Varint(8, 4);
        byte[] flags = WireBytes.Varint(10, 2);
        AssertDiscarded(WireBytes.Envelope([.. version, .. key, .. type, .. flags], s_body), DropReason.InvalidDestination, asked: 1);
        AssertDiscarded(
            WireBytes.Envelope([.. version, .. destination, .. key, .. type, .. flags], s_body),
            DropReason.InvalidEphemeralPublicKey,
            asked: 2);
        AssertDiscarded(
            WireBytes.Envelope([.. version, .. destination, .. type, .. flags], s_body), DropReason.InvalidProtocolVersion, asked: 3);
        AssertDiscarded(
            WireBytes.Envelope([.. s_major, .. destination, .. type, .. flags], s_body), DropReason.InvalidMessageType, asked: 4);
        AssertDiscarded(WireBytes.Envelope([.. s_major, .. destination, .. flags], s_body), DropReason.InvalidMessageFlags, asked: 5);
    }

    [Test]
    public void An_envelope_with_an_empty_body_passes()
    {
        StageResult<DhtInboundMessage> result = _stage.Process(
            _forms.Received(WireBytes.Envelope([.. s_major, .. s_unknownDestination], null)));
        Assert.That(result.IsDiscarded, Is.False);
        using DhtInboundMessage message = result.Message!;
        Assert.That(message.BodyLength, Is.Zero);
        Assert.That(message.Body.IsEmpty);
    }

    [Test]
    public void A_destination_that_is_no_point_and_the_identity_as_ephemeral_key_pass()
    {
        // Quirks Q2 and Q3.
        byte[] envelope = WireBytes.Envelope(
            [.. s_major, .. WireBytes.Delimited(4, s_notAPoint), .. WireBytes.Delimited(7, new byte[32])], s_body);
        StageResult<DhtInboundMessage> result = _stage.Process(_forms.Received(envelope));
        Assert.That(result.IsDiscarded, Is.False);
        using DhtInboundMessage message = result.Message!;
        Assert.That(message.Header.Destination.PublicKey?.Bytes.ToArray(), Is.EqualTo(s_notAPoint));
        Assert.That(message.Header.EphemeralPublicKey.ToArray(), Is.EqualTo(new byte[32]));
    }

    [Test]
    public void Every_known_version_and_type_passes(
        [Values] DhtProtocolVersion version, [Values] DhtMessageType type, [Values] DhtMessageFlags flags)
    {
        byte[] envelope = EnvelopeFactory.ClearText("A"u8.ToArray())
            .With(f => (f.Version, f.MessageType, f.Flags) = (version, type, flags)).Build();
        StageResult<DhtInboundMessage> result = _stage.Process(_forms.Received(envelope));
        Assert.That(result.IsDiscarded, Is.False);
        using DhtInboundMessage message = result.Message!;
        Assert.That((message.Header.Version, message.Header.MessageType, message.Header.Flags), Is.EqualTo((version, type, flags)));
    }

    [Test]
    public void A_discarded_message_still_owns_its_buffer()
    {
        InboundMessage received = _forms.Received(WireBytes.UnknownField);
        Assert.That(_stage.Process(received).Reason, Is.EqualTo(DropReason.NonCanonical));
        Assert.That(received.Body.ToArray(), Is.EqualTo(WireBytes.UnknownField));
        received.Dispose();
    }

    private static IEnumerable<byte[]> MalformedEnvelopes() =>
    [
        [0x00],
        [0xff],
        [0x0a],
        [0x0a, 0x05, 0x08],
        [0x08, 0x01],
        [0x0a, 0x01, 0x0a],
        [0x12, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x01],
    ];

    private void AssertDiscarded(byte[] envelope, DropReason reason, int asked)
    {
        using InboundMessage received = _forms.Received(envelope);
        StageResult<DhtInboundMessage> result = _stage.Process(received);
        Assert.Multiple(() =>
        {
            Assert.That(result.IsDiscarded);
            Assert.That(result.Reason, Is.EqualTo(reason));
            Assert.That(_peers.Asked, Is.EqualTo(asked), "peer lookups");
        });
    }

    private sealed class CountingPeerLookup(IPeerLookup inner) : IPeerLookup
    {
        public int Asked { get; private set; }

        public bool KnowsNobody { get; set; }

        public PeerManagerException? Error { get; set; }

        public Peer? Find(in NodeId id)
        {
            Asked++;
            return Error is null ? KnowsNobody ? null : inner.Find(id) : throw Error;
        }
    }
}
