using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.Metrics;

[TestFixture]
internal sealed class MetricsCollectorHandleTests
{
    private static readonly TimeSpan s_minute = TimeSpan.FromMinutes(1);

    private ManualTimeProvider _clock = null!;
    private MetricsCollectorHandle _collector = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new ManualTimeProvider();
        _collector = new MetricsCollectorHandle(_clock, new FloodOptions());
    }

    [Test]
    public void A_peer_floods_from_the_1001st_message_on_and_still_does_after_500_more()
    {
        NodeId peer = Id(1);
        Record(peer, 1000);
        Assert.That(Flooding(), Is.Empty);
        Record(peer, 1);
        Assert.That(Flooding(), Is.EqualTo(((NodeId, int)[])[(peer, 1001)]));
        Record(peer, 500);
        Assert.That(Flooding(), Is.EqualTo(((NodeId, int)[])[(peer, 1001)]), "the newest 1001 are kept");
    }

    [Test]
    public void The_start_of_the_window_belongs_to_it()
    {
        NodeId peer = Id(1);
        Record(peer, 1001);
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.That(Flooding(), Has.Count.EqualTo(1));
        Assert.That(_collector.GetTotalMessageCountInTimeSpan(TimeSpan.FromSeconds(60)), Is.EqualTo(1001));
        _clock.Advance(TimeSpan.FromTicks(1));
        Assert.That(Flooding(), Is.Empty);
        Assert.That(_collector.GetTotalMessageCountInTimeSpan(TimeSpan.FromSeconds(60)), Is.Zero);
    }

    [Test]
    public void Each_peer_is_judged_by_its_own_messages()
    {
        for (byte peer = 1; peer <= 10; peer++)
        {
            Record(Id(peer), peer * 10);
        }

        Assert.That(
            _collector.GetMessageRatesExceeding(80, s_minute).OrderBy(rate => rate.Count),
            Is.EqualTo(((NodeId, int)[])[(Id(9), 90), (Id(10), 100)]));
        Assert.That(_collector.GetTotalMessageCountInTimeSpan(s_minute), Is.EqualTo(550));
    }

    [Test]
    public void A_time_series_has_the_times_of_receipt_oldest_first()
    {
        NodeId peer = Id(1);
        DateTimeOffset start = _clock.GetUtcNow();
        for (int i = 0; i < 5; i++)
        {
            Record(peer, 1);
            _clock.Advance(TimeSpan.FromSeconds(7));
        }

        Assert.That(
            _collector.GetMessagesReceivedTimeSeries(peer), Is.EqualTo(Enumerable.Range(0, 5).Select(i => start.AddSeconds(7 * i))));
        Assert.That(_collector.GetMessagesReceivedTimeSeries(Id(2)), Is.Empty);
    }

    [Test]
    public void Clearing_forgets_one_peer_and_not_what_the_node_received()
    {
        Record(Id(1), 3);
        Record(Id(2), 4);
        _collector.ClearMetrics(Id(1));
        _collector.ClearMetrics(Id(9));
        Assert.That(_collector.GetMessagesReceivedTimeSeries(Id(1)), Is.Empty);
        Assert.That(_collector.GetMessagesReceivedTimeSeries(Id(2)), Has.Count.EqualTo(4));
        Assert.That(_collector.GetTotalMessageCountInTimeSpan(s_minute), Is.EqualTo(7));
    }

    [Test]
    public void Keeping_only_the_listed_peers_drops_the_others()
    {
        for (byte peer = 1; peer <= 5; peer++)
        {
            Record(Id(peer), 1);
        }

        _collector.RetainOnly(new HashSet<NodeId> { Id(2), Id(4), Id(77) });
        Assert.That(Known(5), Is.EqualTo((int[])[2, 4]));
        Assert.That(() => _collector.RetainOnly(null!), Throws.ArgumentNullException);
    }

    [Test]
    public void An_idle_peer_is_there_at_65_minutes_and_gone_after_the_prune_at_70()
    {
        Record(Id(1), 1);
        for (int minute = 10; minute <= 60; minute += 10)
        {
            AdvanceTo(minute);
            Record(Id(3), 1);
            if (minute == 50)
            {
                Record(Id(2), 1);
            }
        }

        AdvanceTo(65);
        Record(Id(3), 1);
        Assert.That(Known(3), Is.EqualTo((int[])[1, 2, 3]), "too old, but prunes come every 10 minutes only");
        AdvanceTo(70);
        Record(Id(3), 1);
        Assert.That(Known(3), Is.EqualTo((int[])[2, 3]));
    }

    [Test]
    public void With_a_window_of_two_hours_an_idle_peer_is_there_at_75_minutes_and_gone_at_135()
    {
        _collector = new MetricsCollectorHandle(_clock, new FloodOptions { TimeSpan = TimeSpan.FromHours(2) });
        Record(Id(1), 1);
        for (int minute = 5; minute <= 135; minute += 5)
        {
            AdvanceTo(minute);
            Record(Id(2), 1);
            if (minute == 75)
            {
                Assert.That(Known(2), Is.EqualTo((int[])[1, 2]));
            }
        }

        Assert.That(Known(2), Is.EqualTo((int[])[2]));
    }

    [Test]
    public void Idle_peers_go_at_their_time_though_nobody_sends_anything()
    {
        Record(Id(1), 1);
        AdvanceTo(50);
        Record(Id(2), 1);
        AdvanceTo(65);
        Assert.That(Known(2), Is.EqualTo((int[])[1, 2]));
        AdvanceTo(75);
        Assert.That(Known(2), Is.EqualTo((int[])[2]));
    }

    [TestCase(75, 1)]
    [TestCase(135, 0)]
    public void With_a_window_of_two_hours_an_idle_peer_alone_goes_between_75_and_135_minutes(int minute, int samples)
    {
        _collector = new MetricsCollectorHandle(_clock, new FloodOptions { TimeSpan = TimeSpan.FromHours(2) });
        Record(Id(1), 1);
        AdvanceTo(minute);
        Assert.That(_collector.GetMessageRatesExceeding(0, TimeSpan.FromDays(1)), Has.Count.EqualTo(samples));
        Assert.That(_collector.GetMessagesReceivedTimeSeries(Id(1)), Has.Count.EqualTo(samples));
    }

    [TestCase(600)]
    [TestCase(601)]
    [TestCase(1199)]
    public void A_call_that_comes_late_forgets_those_who_were_idle_when_it_was_due(int secondsAfterAnHour)
    {
        // Whoever was idle for exactly an hour when it was looked at last stays until the next time, whenever somebody asks.
        Record(Id(1), 1);
        _clock.Advance(TimeSpan.FromMinutes(10));
        Record(Id(2), 1);
        _clock.Advance(TimeSpan.FromMinutes(50) + TimeSpan.FromSeconds(secondsAfterAnHour));
        Assert.That(Known(2), Is.EqualTo((int[])[2]));
    }

    [Test]
    public void For_the_whole_node_the_newest_100_000_are_counted()
    {
        for (byte peer = 1; peer <= 101; peer++)
        {
            Record(Id(peer), 1000);
        }

        Assert.That(_collector.GetTotalMessageCountInTimeSpan(s_minute), Is.EqualTo(100_000));
    }

    [Test]
    public void A_wall_clock_set_back_makes_nobody_a_flooder()
    {
        // One message a second is no flood, however often the machine's clock is corrected.
        NodeId peer = Id(1);
        for (int i = 0; i < 1200; i++)
        {
            Record(peer, 1);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        _clock.ShiftWallClock(TimeSpan.FromHours(-1));
        Record(peer, 1);
        Assert.That(Flooding(), Is.Empty);
        Assert.That(_collector.GetTotalMessageCountInTimeSpan(s_minute), Is.EqualTo(61));
    }

    [Test]
    public void A_wall_clock_set_forward_lets_no_flooder_off_and_forgets_nobody()
    {
        Record(Id(2), 1);
        _clock.Advance(TimeSpan.FromMinutes(11));
        Record(Id(1), 1001);
        _clock.ShiftWallClock(TimeSpan.FromHours(3));
        Record(Id(3), 1);
        Assert.That(Flooding(), Has.Count.EqualTo(1));
        Assert.That(Known(3), Is.EqualTo((int[])[1, 2, 3]));
    }

    [Test]
    public void Counting_from_several_threads_loses_no_sample()
    {
        Parallel.For(0, 8, worker =>
        {
            for (int i = 0; i < 1000; i++)
            {
                _collector.WriteMetricMessageReceived(Id((byte)((i % 10) + 1)));
            }
        });
        Assert.That(_collector.GetTotalMessageCountInTimeSpan(s_minute), Is.EqualTo(8000));
        Assert.That(
            Enumerable.Range(1, 10).Select(peer => _collector.GetMessagesReceivedTimeSeries(Id((byte)peer)).Count), Has.All.EqualTo(800));
    }

    [Test]
    public void Random_operations_agree_with_plain_lists([Range(1, 8)] int seed)
    {
        var random = new Random(seed);
        var options = new FloodOptions { MaxMessageCount = random.Next(1, 40), TimeSpan = TimeSpan.FromMinutes(random.Next(1, 150)) };
        _collector = new MetricsCollectorHandle(_clock, options);
        var model = new Model(_clock.GetUtcNow(), options);
        for (int step = 0; step < 3000; step++)
        {
            NodeId peer = Id((byte)random.Next(1, 12));
            DateTimeOffset now = _clock.GetUtcNow();
            TimeSpan span = TimeSpan.FromSeconds(random.Next(0, 6000));
            switch (random.Next(12))
            {
                case 0:
                    _clock.Advance(TimeSpan.FromSeconds(random.Next(0, random.Next(20) == 0 ? 8000 : 400)));
                    model.PassTo(_clock.GetUtcNow());
                    break;
                case 1:
                    _collector.ClearMetrics(peer);
                    model.Peers.Remove(peer);
                    break;
                case 2 when random.Next(10) == 0:
                    var kept = new HashSet<NodeId> { peer, Id(1), Id(2), Id(3) };
                    _collector.RetainOnly(kept);
                    foreach (NodeId other in model.Peers.Keys.Except(kept).ToArray())
                    {
                        model.Peers.Remove(other);
                    }

                    break;
                case 3:
                    Assert.That(_collector.GetMessagesReceivedTimeSeries(peer), Is.EqualTo(model.Series(peer)), $"step {step}");
                    break;
                case 4:
                    int limit = random.Next(0, 45);
                    Assert.That(
                        _collector.GetMessageRatesExceeding(limit, span),
                        Is.EquivalentTo(model.Exceeding(limit, now - span)),
                        $"step {step}");
                    bool floods = model.Exceeding(options.MaxMessageCount, now - options.TimeSpan).Any(item => item.Item1 == peer);
                    Assert.That(_collector.IsFlooding(peer), Is.EqualTo(floods), $"step {step}");
                    break;
                case 5:
                    Assert.That(
                        _collector.GetTotalMessageCountInTimeSpan(span),
                        Is.EqualTo(model.All.Count(time => time >= now - span)),
                        $"step {step}");
                    break;
                default:
                    _collector.WriteMetricMessageReceived(peer);
                    model.Record(peer, now);
                    break;
            }
        }
    }

    private static NodeId Id(byte number)
    {
        byte[] bytes = new byte[NodeId.Length];
        bytes[0] = number;
        return new NodeId(bytes);
    }

    private void Record(NodeId peer, int count)
    {
        for (int i = 0; i < count; i++)
        {
            _collector.WriteMetricMessageReceived(peer);
        }
    }

    /// <summary>Who floods; asking for each one gives the same.</summary>
    private IReadOnlyList<(NodeId Peer, int Count)> Flooding()
    {
        IReadOnlyList<(NodeId Peer, int Count)> flooding = _collector.GetMessageRatesExceeding(1000, TimeSpan.FromSeconds(60));
        for (byte i = 0; i < 20; i++)
        {
            NodeId peer = Id(i);
            Assert.That(_collector.IsFlooding(peer), Is.EqualTo(flooding.Any(item => item.Peer == peer)));
        }

        return flooding;
    }

    private void AdvanceTo(int minute) => _clock.Advance(s_minute * minute - TimeSpan.FromTicks(_clock.GetTimestamp()));

    private IEnumerable<int> Known(int last) =>
        Enumerable.Range(1, last).Where(peer => _collector.GetMessagesReceivedTimeSeries(Id((byte)peer)).Count > 0);

    private sealed class Model(DateTimeOffset start, FloodOptions options)
    {
        private readonly TimeSpan _staleAge = options.TimeSpan > TimeSpan.FromHours(1) ? options.TimeSpan : TimeSpan.FromHours(1);
        private DateTimeOffset _nextPrune = start.AddMinutes(10);

        public Dictionary<NodeId, List<DateTimeOffset>> Peers { get; } = [];

        public List<DateTimeOffset> All { get; } = [];

        /// <summary>Time passes; every ten minutes those go who were idle for too long.</summary>
        public void PassTo(DateTimeOffset now)
        {
            for (; now >= _nextPrune; _nextPrune = _nextPrune.AddMinutes(10))
            {
                DateTimeOffset due = _nextPrune;
                foreach (NodeId stale in Peers.Where(entry => due - entry.Value[^1] > _staleAge).Select(entry => entry.Key).ToArray())
                {
                    Peers.Remove(stale);
                }
            }
        }

        public void Record(NodeId peer, DateTimeOffset now)
        {
            if (!Peers.TryGetValue(peer, out List<DateTimeOffset>? times))
            {
                Peers.Add(peer, times = []);
            }

            times.Add(now);
            All.Add(now);
        }

        public IEnumerable<DateTimeOffset> Series(NodeId peer) =>
            Peers.TryGetValue(peer, out List<DateTimeOffset>? times) ? times.TakeLast(options.MaxMessageCount + 1) : [];

        public IEnumerable<(NodeId, int)> Exceeding(int limit, DateTimeOffset since) =>
            Peers.Keys.Select(peer => (peer, Series(peer).Count(time => time >= since))).Where(rate => rate.Item2 > limit);
    }
}
