using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Dedup;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Storage.Dedup;
using Tari.Dht.Dataflow.Tests.Support;
using DedupKey = Tari.Dht.Dataflow.Protocol.Envelopes.DedupKey;

namespace Tari.Dht.Dataflow.Tests.Inbound.Dedup;

[TestFixture]
internal sealed class DedupStageTests
{
    private InboundForms _forms = null!;
    private NodeIdentity _node = null!;
    private NodeIdentity _other = null!;
    private ScriptedDedupCache _cache = null!;
    private ManualTimeProvider _clock = null!;

    [SetUp]
    public void SetUp()
    {
        _forms = new InboundForms();
        _node = NodeIdentity.Generate();
        _other = NodeIdentity.Generate();
        _cache = new ScriptedDedupCache();
        _clock = new ManualTimeProvider();
    }

    [TearDown]
    public async Task PoolIsWhole()
    {
        await _cache.DisposeAsync();
        _node.Dispose();
        _other.Dispose();
        _forms.Pool.AssertWhole();
    }

    [TestCase(1, 1u, true)]
    [TestCase(1, 2u, false)]
    [TestCase(3, 1u, true)]
    [TestCase(3, 3u, true)]
    [TestCase(3, 4u, false)]
    [TestCase(int.MaxValue, (uint)int.MaxValue, true)]
    [TestCase(int.MaxValue, 0x8000_0000u, false)]
    public void A_message_passes_up_to_the_allowed_count_which_it_keeps(int allowed, uint count, bool passes)
    {
        _cache.Answer = count;
        using DecryptedDhtMessage message = Decrypt(EnvelopeFactory.ClearText([1]));
        StageResult<DecryptedDhtMessage> result = new DedupStage(_cache, allowed).Process(message);
        Assert.Multiple(() =>
        {
            Assert.That(result.Message, passes ? Is.SameAs(message) : Is.Null);
            Assert.That(result.Reason, Is.EqualTo(passes ? DropReason.None : DropReason.Duplicate));
            Assert.That(message.DedupHitCount, Is.EqualTo(count));
        });
    }

    [Test]
    public void The_cache_is_asked_with_key_source_expiry_and_whether_the_message_is_signed(
        [Values] bool signed, [Values(null, 1ul, ulong.MaxValue)] ulong? expires)
    {
        EnvelopeFactory envelope = EnvelopeFactory.ClearText([1]).With(f => f.Expires = expires);
        using DecryptedDhtMessage message = Decrypt(signed ? envelope.SignedBy(_other) : envelope);
        Assert.That(new DedupStage(_cache, 1).Process(message).Message, Is.SameAs(message));
        Assert.That(
            _cache.Hits,
            Is.EqualTo((ScriptedDedupCache.Hit[])[new(message.DedupHash.ToString(), _forms.Source.PublicKey, expires, signed)]),
            "the source, not the signer");
    }

    [Test]
    public void Hits_of_messages_for_other_nodes_are_recorded_by_their_ciphertext()
    {
        EnvelopeFactory envelope = EnvelopeFactory.Encrypted(_node, _other.PublicKey, [1]);
        using DecryptedDhtMessage message = Decrypt(envelope);
        new DedupStage(_cache, 1).Process(message);
        Assert.That(_cache.Hits.Single().Key, Is.EqualTo(DedupKey.Compute(envelope.Signature, envelope.Body).ToString()));
        Assert.That(_cache.Hits.Single().IsSigned);
    }

    [Test]
    public void A_message_without_key_is_dropped_without_asking_the_cache()
    {
        // A signature that does not decode has no key. Decryption drops such a message, so it is made by hand here.
        DhtInboundMessage inbound = _forms.Deserialized(EnvelopeFactory.ClearText([1]).With(f => f.Signature = [0xff]).Build());
        DedupKey none = DedupKey.ComputeUndecoded(inbound.Header.MessageSignature, inbound.Header.Flags, inbound.Body.Span, null);
        Assert.That(none.IsEmpty);
        using DecryptedDhtMessage message = DecryptedDhtMessage.ForAnother(inbound, none);
        Assert.That(new DedupStage(_cache, 1).Process(message).Reason, Is.EqualTo(DropReason.NoDedupKey));
        Assert.That(_cache.Hits, Is.Empty);
    }

    [Test]
    public void A_cache_that_fails_closes_the_stage([Values(1, int.MaxValue)] int allowed)
    {
        _cache.Answer = IDedupCache.Unavailable;
        using DecryptedDhtMessage message = Decrypt(EnvelopeFactory.ClearText([1]));
        Assert.That(new DedupStage(_cache, allowed).Process(message).Reason, Is.EqualTo(DropReason.DedupUnavailable));
        Assert.That(DropReason.DedupUnavailable.IsError(), Is.False);
    }

    [Test]
    public async Task A_real_cache_whose_table_can_not_be_written_drops_every_message_until_it_can_be()
    {
        var scheduler = new QueuedTaskScheduler();
        var store = new MemoryDedupStore { FailsAt = MemoryDedupStore.Failure.Commit };
        var cache = new DedupCache(
            new DedupCacheOptions { Capacity = 100, TimeProvider = _clock, TaskScheduler = scheduler, FlushBatch = 1 }, store);
        var stage = new DedupStage(cache, 1);
        Assert.That(Pass(stage, EnvelopeFactory.ClearText([1])), Is.EqualTo(DropReason.None));
        Settle();
        Assert.That(cache.IsAvailable, Is.False, "the write failed");
        Assert.That(Pass(stage, EnvelopeFactory.ClearText([2])), Is.EqualTo(DropReason.DedupUnavailable));

        store.FailsAt = MemoryDedupStore.Failure.None;
        Settle();
        Assert.That(cache.IsAvailable);
        Assert.That(Pass(stage, EnvelopeFactory.ClearText([3])), Is.EqualTo(DropReason.None));
        Task closing = cache.DisposeAsync().AsTask();
        while (!closing.IsCompleted)
        {
            scheduler.RunAll();
            await Task.Yield();
        }

        await closing;
        Assert.That(Pass(stage, EnvelopeFactory.ClearText([4])), Is.EqualTo(DropReason.DedupUnavailable), "a closed cache records nothing");

        void Settle()
        {
            _clock.Advance(TimeSpan.FromSeconds(1));
            scheduler.RunAll();
        }
    }

    [Test]
    public async Task With_the_real_cache_the_same_body_is_new_once_whoever_brings_it()
    {
        await using DedupCache cache = DedupCache.Open(new DedupCacheOptions { Capacity = 100, TimeProvider = _clock });
        var stage = new DedupStage(cache, 3);
        uint[] counts = [.. Enumerable.Range(0, 4).Select(_ =>
        {
            using DecryptedDhtMessage message = Decrypt(EnvelopeFactory.ClearText("test123"u8.ToArray()));
            Assert.That(stage.Process(message).IsDiscarded, Is.EqualTo(message.DedupHitCount > 3));
            return message.DedupHitCount;
        })];
        Assert.That(counts, Is.EqualTo((uint[])[1, 2, 3, 4]));
    }

    [Test]
    public async Task A_signed_message_and_its_copy_with_a_signature_of_another_encoding_are_delivered_once()
    {
        await using DedupCache cache = DedupCache.Open(new DedupCacheOptions { Capacity = 100, TimeProvider = _clock });
        await using var probe = new InboundProbe(_node, new InMemoryPeerLookup(_forms.Source), cache);
        EnvelopeFactory envelope = EnvelopeFactory.ClearText([1]).SignedBy(_other);
        using DecryptedDhtMessage? first = await probe.RunOneAsync(_forms.Source.NodeId, envelope.Build());
        using DecryptedDhtMessage? second = await probe.RunOneAsync(
            _forms.Source.NodeId, envelope.With(f => f.Signature = [.. f.Signature, .. WireBytes.UnknownField]).Build());
        Assert.That(first, Is.Not.Null);
        Assert.That(second, Is.Null);
    }

    private DropReason Pass(DedupStage stage, EnvelopeFactory envelope)
    {
        using DecryptedDhtMessage message = Decrypt(envelope);
        return stage.Process(message).Reason;
    }

    private DecryptedDhtMessage Decrypt(EnvelopeFactory envelope) => _forms.Decrypted(_node, envelope.Build()).Message!;
}
