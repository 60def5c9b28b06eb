using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;
using static Tari.Dht.Dataflow.Tests.Support.EnvelopeFactory;

namespace Tari.Dht.Dataflow.Tests.Inbound.Decrypt;

[TestFixture]
internal sealed class DecryptionStageBatchTests
{
    private InboundForms _forms = null!;
    private NodeIdentity _node = null!;
    private NodeIdentity _sender = null!;
    private NodeIdentity _other = null!;
    private (string Name, DropReason Reason, Func<byte[], EnvelopeFactory> Make)[] _kinds = null!;

    [SetUp]
    public void SetUp()
    {
        _forms = new InboundForms();
        _node = NodeIdentity.Generate();
        _sender = NodeIdentity.Generate();
        _other = NodeIdentity.Generate();
        _kinds =
        [
            ("for us", DropReason.None, text => Encrypted(_sender, _node.PublicKey, text)),
            ("for us from another", DropReason.None, text => Encrypted(_other, _node.PublicKey, text, text)),
            ("join for us", DropReason.None, text => EncryptedPlaintext(_sender, _node.PublicKey, EncodeBody(text), DhtMessageType.Join)),
            ("for another", DropReason.None, text => Encrypted(_sender, _other.PublicKey, text)),
            ("clear", DropReason.None, text => ClearText(text)),
            ("clear, signed", DropReason.None, text => ClearText(text).SignedBy(_sender)),
            (
                "clear join, signed",
                DropReason.None,
                text => ClearText(text).With(f => f.MessageType = DhtMessageType.Join).SignedBy(_other)),
            ("signature altered", DropReason.InvalidSignature, text => ClearText(text).SignedBy(_sender).With(f => f.Signature[40] ^= 1)),
            (
                "ciphertext altered",
                DropReason.InvalidSignature,
                text => Encrypted(_sender, _node.PublicKey, text).With(f => f.Body[5] ^= 1)),
            ("no ciphertext", DropReason.MessageRejectDecryptionFailed,
                text => Encrypted(_sender, _node.PublicKey, text).With(f => f.Body = EncodeBody(text)).SignedBy(_sender)),
            ("join, no ciphertext", DropReason.MessageRejectDecryptionFailed,
                text => EncryptedPlaintext(_sender, _node.PublicKey, text, DhtMessageType.Join)
                    .With(f => f.Body = EncodeBody(text)).SignedBy(_sender)),
            ("no body inside", DropReason.EnvelopeBodyDecodeFailed, text => EncryptedPlaintext(_sender, _node.PublicKey, [0x08, .. text])),
            ("join, no body inside", DropReason.EnvelopeBodyDecodeFailed,
                text => EncryptedPlaintext(_sender, _node.PublicKey, [0x08, .. text], DhtMessageType.Join)),
            ("no body", DropReason.EnvelopeBodyDecodeFailed, text => new EnvelopeFactory { Body = [0x08, .. text] }),
            ("no destination", DropReason.BadEncryptedMessageSemantics,
                text => Encrypted(_sender, _node.PublicKey, text).With(f => f.Destination = NodeDestination.Unknown)),
            ("no point", DropReason.BadEncryptedMessageSemantics,
                text => Encrypted(_sender, _node.PublicKey, text)
                    .With(f => f.EphemeralPublicKey = [.. Enumerable.Repeat((byte)0xff, 32)]).SignedBy(_sender)),
        ];
    }

    [TearDown]
    public void PoolIsWhole()
    {
        _node.Dispose();
        _sender.Dispose();
        _other.Dispose();
        _forms.Pool.AssertWhole();
    }

    [Test]
    public void The_stage_is_always_ready_for_a_batch_of_any_size([Values(0, 1, 2, 255, StageOptions.MaxAllowedBatchSize)] int size)
    {
        byte[][] envelopes = [.. Enumerable.Range(0, size).Select(i => ClearText([(byte)i]).Build())];
        StageResult<DecryptedDhtMessage>[] results = _forms.DecryptedBatch(_node, envelopes);
        for (int i = 0; i < size; i++)
        {
            using DecryptedDhtMessage message = results[i].Message!;
            Assert.That(message.Body[0].ToArray(), Is.EqualTo((byte[])[(byte)i]));
        }
    }

    [Test]
    public void Results_are_the_same_in_batches_of_1_and_of_16_and_of_all([Values(1, 2, 3)] int seed)
    {
        var random = new Random(seed);
        const int Count = 96;
        var envelopes = new byte[Count][];
        var reasons = new DropReason[Count];
        for (int i = 0; i < Count; i++)
        {
            // The first ones cover every kind.
            var kind = _kinds[i < _kinds.Length ? i : random.Next(_kinds.Length)];
            byte[] text = new byte[random.Next(2, 300)];
            random.NextBytes(text);
            text[0] = 0xff;
            envelopes[i] = kind.Make(text).Build();
            reasons[i] = kind.Reason;
        }

        int[] order = [.. Enumerable.Range(0, Count)];
        random.Shuffle(order);
        envelopes = [.. order.Select(i => envelopes[i])];
        reasons = [.. order.Select(i => reasons[i])];

        string[] single = Run(1);
        Assert.Multiple(() =>
        {
            Assert.That(single.Select(text => text.Split('|')[0]), Is.EqualTo(reasons.Select(reason => reason.ToString())));
            Assert.That(Run(16), Is.EqualTo(single), "batches of 16");
            Assert.That(Run(Count), Is.EqualTo(single), "one batch");
        });

        string[] Run(int size)
        {
            var described = new List<string>();
            foreach (byte[][] batch in envelopes.Chunk(size))
            {
                described.AddRange(_forms.DecryptedBatch(_node, batch).Select(Describe));
            }

            return [.. described];
        }
    }

    [Test]
    public void A_bad_message_does_not_affect_its_neighbours([Range(0, 15)] int badKind, [Values(0, 1, 4)] int place)
    {
        var bad = _kinds[badKind];
        byte[] text = [0xff, 1, 2, 3];
        EnvelopeFactory[] good = [.. Enumerable.Range(0, 4).Select(i => Encrypted(_sender, _node.PublicKey, [(byte)i]))];
        List<byte[]> batch = [.. good.Select(envelope => envelope.Build())];
        batch.Insert(place, bad.Make(text).Build());

        StageResult<DecryptedDhtMessage>[] results = _forms.DecryptedBatch(_node, batch);
        Assert.That(results[place].Reason, Is.EqualTo(bad.Reason), bad.Name);
        results[place].Message?.Dispose();
        var others = results.ToList();
        others.RemoveAt(place);
        for (int i = 0; i < others.Count; i++)
        {
            using DecryptedDhtMessage message = others[i].Message!;
            Assert.That(message.Body[0].ToArray(), Is.EqualTo((byte[])[(byte)i]), "in its place");
            Assert.That(message.AuthenticatedOrigin, Is.EqualTo(_sender.PublicKey));
        }
    }

    [Test]
    public void The_kinds_are_as_many_as_the_test_of_neighbours_goes_through() => Assert.That(_kinds, Has.Length.EqualTo(16));

    private static string Describe(StageResult<DecryptedDhtMessage> result)
    {
        if (result.IsDiscarded)
        {
            return $"{result.Reason}|";
        }

        using DecryptedDhtMessage message = result.Message!;
        var parts = new List<string>();
        if (message.DecryptionSucceeded)
        {
            foreach (ReadOnlyMemory<byte> part in message.Body)
            {
                parts.Add(Convert.ToHexStringLower(part.Span));
            }
        }

        return string.Join(
            '|',
            result.Reason,
            message.Header.MessageTag,
            message.DecryptionSucceeded,
            message.AuthenticatedOrigin,
            message.DedupHash,
            Convert.ToHexStringLower(message.RawBody.Span),
            string.Join(',', parts));
    }
}
