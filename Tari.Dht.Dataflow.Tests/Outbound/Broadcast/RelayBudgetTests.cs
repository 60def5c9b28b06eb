using Tari.Dht.Dataflow.Outbound;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Outbound.Broadcast;

[TestFixture]
internal sealed class RelayBudgetTests
{
    private static readonly NodeId s_a = Id(1);
    private static readonly NodeId s_b = Id(2);
    private static readonly RelayLimit s_limit = new() { MaxMessageCount = 10, TimeSpan = TimeSpan.FromSeconds(60) };

    private ManualTimeProvider _clock = null!;
    private RelayBudget _budget = null!;

    [SetUp]
    public void SetUp()
    {
        _clock = new ManualTimeProvider();
        _budget = new RelayBudget(s_limit, _clock);
    }

    [Test]
    public void A_peer_that_has_got_all_it_may_is_left_out_of_what_is_passed_on_and_the_others_are_not()
    {
        for (int i = 0; i < 10; i++)
        {
            Assert.That(_budget.Take([s_a], isRelayed: true), Is.EqualTo(new[] { s_a }));
        }

        Assert.That(_budget.Take([s_a, s_b], isRelayed: true), Is.EqualTo(new[] { s_b }));
        Assert.That(_budget.Take([s_a], isRelayed: true), Is.Empty);
    }

    [Test]
    public void Own_messages_count_and_are_never_held_back()
    {
        for (int i = 0; i < 12; i++)
        {
            Assert.That(_budget.Take([s_a], isRelayed: false), Has.Length.EqualTo(1));
        }

        Assert.That(_budget.Take([s_a], isRelayed: true), Is.Empty);
        Assert.That(_budget.Take([s_a], isRelayed: false), Has.Length.EqualTo(1));
    }

    [Test]
    public void Whom_a_message_names_more_than_once_it_counts_for_each_time() =>
        Assert.That(_budget.Take([.. Enumerable.Repeat(s_a, 15)], isRelayed: true), Has.Length.EqualTo(10));

    [Test]
    public void What_was_not_passed_on_does_not_count()
    {
        for (int i = 0; i < 30; i++)
        {
            _budget.Take([s_a], isRelayed: true);
            _clock.Advance(TimeSpan.FromSeconds(1));
        }

        _clock.Advance(TimeSpan.FromSeconds(45));
        Assert.That(_budget.Take([.. Enumerable.Repeat(s_a, 15)], isRelayed: true), Has.Length.EqualTo(10));
    }

    [Test]
    public void In_no_span_of_any_steady_or_bursting_traffic_more_than_the_limit_is_passed_on([Range(1, 8)] int seed)
    {
        var random = new Random(seed);
        var passed = new List<TimeSpan>();
        TimeSpan now = TimeSpan.Zero;
        int tried = 0;
        while (now < TimeSpan.FromMinutes(20))
        {
            TimeSpan step = TimeSpan.FromMilliseconds(random.Next(4) == 0 ? random.Next(30_000) : random.Next(500));
            _clock.Advance(step);
            now += step;
            tried++;
            if (_budget.Take([s_a], isRelayed: true).Length == 1)
            {
                passed.Add(now);
            }
        }

        for (int i = 0; i + 10 < passed.Count; i++)
        {
            Assert.That(passed[i + 10] - passed[i], Is.GreaterThan(s_limit.TimeSpan), $"eleven from {passed[i]} on");
        }

        Assert.That(passed, Has.Count.LessThan(tried), "some were held back");
        Assert.That(passed, Has.Count.GreaterThan(20 * 10 / 2), "not half as many as the limit allows");
    }

    [Test]
    public void After_a_slot_more_than_the_span_everything_is_allowed_again()
    {
        _budget.Take([.. Enumerable.Repeat(s_a, 10)], isRelayed: true);
        _clock.Advance(TimeSpan.FromSeconds(60));
        Assert.That(_budget.Take([s_a], isRelayed: true), Is.Empty, "the start of the span belongs to it");
        _clock.Advance(TimeSpan.FromSeconds(5.1));
        Assert.That(_budget.Take([s_a], isRelayed: true), Has.Length.EqualTo(1));
    }

    [Test]
    public void Peers_that_get_nothing_any_more_are_forgotten()
    {
        for (byte i = 0; i < 100; i++)
        {
            _budget.Take([Id(i)], isRelayed: i % 2 == 0);
        }

        Assert.That(_budget.CountedPeers, Is.EqualTo(100));
        _clock.Advance(TimeSpan.FromMinutes(3));
        _budget.Take([s_a], isRelayed: false);
        Assert.That(_budget.CountedPeers, Is.EqualTo(1));
    }

    [Test]
    public void A_limit_of_zero_passes_nothing_on_and_a_span_of_zero_counts_what_comes_at_once()
    {
        var nothing = new RelayBudget(new RelayLimit { MaxMessageCount = 0, TimeSpan = TimeSpan.FromSeconds(1) }, _clock);
        Assert.That(nothing.Take([s_a], isRelayed: true), Is.Empty);
        var atOnce = new RelayBudget(new RelayLimit { MaxMessageCount = 1, TimeSpan = TimeSpan.Zero }, _clock);
        Assert.That(atOnce.Take([s_a, s_a], isRelayed: true), Has.Length.EqualTo(1));
        _clock.Advance(TimeSpan.FromMilliseconds(1));
        Assert.That(atOnce.Take([s_a], isRelayed: true), Has.Length.EqualTo(1));
    }

    [Test]
    public void A_limit_below_zero_is_refused_by_name()
    {
        Assert.That(
            () => (s_limit with { MaxMessageCount = -1 }).Validate(),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains(nameof(RelayLimit.MaxMessageCount)));
        Assert.That(
            () => new OutboundPipelineOptions { RelayLimit = s_limit with { TimeSpan = TimeSpan.FromTicks(-1) } }.Validate(),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains(nameof(RelayLimit.TimeSpan)));
        Assert.That((s_limit with { MaxMessageCount = 0, TimeSpan = TimeSpan.Zero }).Validate, Throws.Nothing);
    }

    private static NodeId Id(byte number)
    {
        byte[] bytes = new byte[NodeId.Length];
        bytes[0] = number;
        return new NodeId(bytes);
    }
}
