using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Inbound;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Inbound.Filters;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.Filters;

[TestFixture]
internal sealed class ExpiryFilterTests
{
    private static readonly ulong s_now = (ulong)new ManualTimeProvider().GetUtcNow().ToUnixTimeSeconds();

    private static IEnumerable<TestCaseData> Expiries
    {
        get
        {
            yield return new TestCaseData(s_now - 1, false).SetArgDisplayNames("now - 1", "refused");
            yield return new TestCaseData(s_now, true).SetArgDisplayNames("now", "passes");
            yield return new TestCaseData(s_now + 1, true).SetArgDisplayNames("now + 1", "passes");
            yield return new TestCaseData(1ul, false).SetArgDisplayNames("1", "refused");
            yield return new TestCaseData(s_now + (1000UL * 365 * 24 * 3600), true).SetArgDisplayNames("in 1000 years", "passes");
            yield return new TestCaseData((ulong)long.MaxValue + 1, true).SetArgDisplayNames("2^63", "passes");
            yield return new TestCaseData(ulong.MaxValue, true).SetArgDisplayNames("2^64 - 1", "passes");
            yield return new TestCaseData(0ul, true).SetArgDisplayNames("0, which is none", "passes");
            yield return new TestCaseData(null, true).SetArgDisplayNames("none", "passes");
        }
    }

    [TestCaseSource(nameof(Expiries))]
    public void Only_what_expired_before_this_second_is_refused(ulong? expires, bool passes) =>
        Assert.That(Accepts(new ManualTimeProvider(), expires), Is.EqualTo(passes));

    [Test]
    public void A_fraction_of_a_second_does_not_count()
    {
        var clock = new ManualTimeProvider();
        clock.Advance(TimeSpan.FromTicks(TimeSpan.TicksPerSecond - 1));
        Assert.That(Accepts(clock, s_now), "still the same second");
        clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(Accepts(clock, s_now), Is.False);
    }

    [Test]
    public void A_clock_before_1970_reads_zero_and_lets_everything_pass() =>
        Assert.That(Accepts(new ManualTimeProvider(DateTimeOffset.UnixEpoch.AddDays(-1)), 1));

    [Test]
    public void A_refusal_is_filed_under_the_filter_and_is_no_error()
    {
        var filter = new ExpiryFilter(new ManualTimeProvider());
        Assert.That((filter.Name, filter.Reason), Is.EqualTo((StageName.ExpiryFilter, DropReason.Expired)));
        Assert.That(filter.Reason.IsError(), Is.False);
    }

    [Test]
    public async Task A_verdict_is_asked_once_and_kept_while_a_full_graph_offers_the_message_again()
    {
        // Each look at the clock takes an hour, and each message expires at the very look that is its own. A second look would refuse it.
        const int Count = 60;
        var clock = new HourlyClock();
        ulong start = (ulong)clock.Start.ToUnixTimeSeconds();
        var forms = new InboundForms();
        var observer = new RecordingDiscardObserver();
        using NodeIdentity node = NodeIdentity.Generate();
        var single = new StageOptions { BoundedCapacity = 1, MaxBatchSize = 1 };
        var options = new InboundPipelineOptions
        {
            TimeProvider = clock,
            BufferPool = forms.Pool,
            DiscardObserver = observer,
            MetricsStage = single,
            DeserializeStage = single,
            DecryptionStage = single,
            DedupStage = single,
            LoggingStage = single,
        };
        await using var pipeline = new InboundPipeline(node, new InMemoryPeerLookup(forms.Source), new ScriptedDedupCache(), options);
        Task sending = Send();
        var delivered = new BufferBlock<DecryptedDhtMessage>(new DataflowBlockOptions { BoundedCapacity = 1 });
        pipeline.LinkTo(delivered, new DataflowLinkOptions { PropagateCompletion = true });
        var expired = new List<ulong>();
        while (await delivered.OutputAvailableAsync())
        {
            using DecryptedDhtMessage message = await delivered.ReceiveAsync();
            expired.Add(message.Header.Expires!.Value);
        }

        await sending;
        await pipeline.Completion;
        Assert.That(expired, Is.EqualTo(Enumerable.Range(0, Count).Select(hour => start + ((ulong)hour * 3600))));
        Assert.That(clock.Looks, Is.EqualTo(Count));
        Assert.That(observer.Discards, Is.Empty);
        forms.Pool.AssertWhole();

        async Task Send()
        {
            for (int i = 0; i < Count; i++)
            {
                byte[] envelope = EnvelopeFactory.ClearText([(byte)i]).With(f => f.Expires = start + ((ulong)i * 3600)).Build();
                await pipeline.SendAsync(forms.Received(envelope));
            }

            pipeline.Complete();
        }
    }

    private static bool Accepts(TimeProvider clock, ulong? expires)
    {
        var forms = new InboundForms();
        using DhtInboundMessage message = forms.Deserialized(EnvelopeFactory.ClearText([1]).With(f => f.Expires = expires).Build());
        return new ExpiryFilter(clock).Accepts(message);
    }

    private sealed class HourlyClock : TimeProvider
    {
        private int _looks;

        public DateTimeOffset Start { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

        public int Looks => _looks;

        public override DateTimeOffset GetUtcNow() => Start.AddHours(Interlocked.Increment(ref _looks) - 1);
    }
}
