using Tari.Dht.Dataflow.Connectivity;

namespace Tari.Dht.Dataflow.Tests.Connectivity;

[TestFixture]
internal sealed class StarvationTriggerTests
{
    private static readonly TimeSpan s_second = TimeSpan.FromSeconds(1);

    private StarvationTrigger _trigger = null!;

    [SetUp]
    public void SetUp() => _trigger = Create();

    [Test]
    public void A_healthy_tick_in_between_begins_the_count_anew_and_the_third_starved_tick_in_a_row_fires()
    {
        Assert.That(Starved(0), Is.False);
        Assert.That(Starved(2), Is.False);
        Healthy(4);
        Assert.That(Starved(6), Is.False);
        Assert.That(Starved(8), Is.False);
        Assert.That(Starved(10));
    }

    [Test]
    public void A_pool_that_goes_on_starving_fires_after_10_20_40_80_120_and_120_minutes_and_a_healthy_hour_forgets_that()
    {
        double last = FireFirst();
        foreach (double gap in (double[])[10, 20, 40, 80, 120, 120])
        {
            Assert.That(_trigger.OnTick(true, Minutes(last + gap) - s_second), Is.False, $"{gap} min");
            Assert.That(Starved(last + gap), $"{gap} min");
            last += gap;
        }

        for (int step = 0; step <= 5; step++)
        {
            Assert.That(_trigger.Cooldown, Is.Not.Null);
            Healthy(last + (10 * step));
        }

        Assert.That(_trigger.Cooldown, Is.Null);
        last += 60;
        Assert.That(Starved(last), Is.False);
        Assert.That(Starved(last + 1), Is.False);
        Assert.That(Starved(last + 2));
        Assert.That(Starved(last + 11), Is.False);
        Assert.That(Starved(last + 12));
    }

    [Test]
    public void Three_ticks_are_needed_after_each_recovery_and_the_pause_too()
    {
        double start = FireFirst();
        Healthy(start + 2);
        Expect(start, false, 4, 6, 8);
        Expect(start, true, 10);
        Healthy(start + 12);
        Expect(start, false, 14, 16, 29);
        Expect(start, true, 30);
        Healthy(start + 31);
        Healthy(start + 40);
        Expect(start, false, 41, 42, 43, 69);
        Expect(start, true, 70);
    }

    [Test]
    public void A_pool_that_is_well_for_the_shortest_pause_halves_the_pause()
    {
        double start = FireFirst();
        Expect(start, true, 10, 30);
        Assert.That(_trigger.Cooldown, Is.EqualTo(Minutes(40)));
        Healthy(start + 31);
        Healthy(start + 41);
        Assert.That(_trigger.Cooldown, Is.EqualTo(Minutes(20)));
        Expect(start, false, 43, 45, 47, 49);
        Expect(start, true, 50);
        Expect(start, false, 89);
        Expect(start, true, 90);
    }

    [Test]
    public void With_jitter_it_fires_at_the_third_or_fourth_tick_and_again_after_7_and_a_half_to_12_and_a_half_minutes()
    {
        var firstTicks = new HashSet<int>();
        var waits = new List<TimeSpan>();
        for (int seed = 0; seed < 50; seed++)
        {
            StarvationTrigger trigger = Create(new Random(seed));
            int ticks = 1;
            while (!trigger.OnTick(true, Minutes(ticks)))
            {
                ticks++;
            }

            firstTicks.Add(ticks);
            Assert.That(trigger.Cooldown, Is.EqualTo(Minutes(10)));
            waits.Add(trigger.RemainingWait(Minutes(ticks)));
            Assert.That(waits[^1], Is.InRange(Minutes(7.5), Minutes(12.5)));
            Assert.That(trigger.OnTick(true, Minutes(ticks + 7)), Is.False);
            Assert.That(trigger.OnTick(true, Minutes(ticks + 13)));
        }

        Assert.That(firstTicks, Is.EquivalentTo((int[])[3, 4]));
        Assert.That((waits.Min() < Minutes(8), waits.Max() > Minutes(12)), Is.EqualTo((true, true)), "the whole range is used");
    }

    [Test]
    public void The_longest_pause_there_is_does_not_overflow_and_lasts()
    {
        for (int seed = 0; seed < 20; seed++)
        {
            var trigger = new StarvationTrigger(1, TimeSpan.MaxValue, TimeSpan.MaxValue, new Random(seed));
            int fired = 0;
            for (int tick = 0; tick < 3; tick++)
            {
                fired += trigger.OnTick(true, Minutes(tick)) ? 1 : 0;
            }

            Assert.That(fired, Is.EqualTo(1));
            Assert.That(trigger.OnTick(true, TimeSpan.FromDays(365)), Is.False);
        }
    }

    [Test]
    public void A_shortest_pause_above_the_longest_is_the_longest()
    {
        var trigger = new StarvationTrigger(1, Minutes(60), Minutes(5), null);
        Assert.That(trigger.OnTick(true, TimeSpan.Zero));
        Assert.That(trigger.Cooldown, Is.EqualTo(Minutes(5)));
    }

    [Test]
    public void No_ticks_and_negative_pauses_are_refused()
    {
        Assert.That(() => new StarvationTrigger(0, TimeSpan.Zero, TimeSpan.Zero, null), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new StarvationTrigger(1, -s_second, s_second, null), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => new StarvationTrigger(1, s_second, -s_second, null), Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    private static StarvationTrigger Create(Random? jitter = null) => new(3, Minutes(10), Minutes(120), jitter);

    private static TimeSpan Minutes(double minutes) => TimeSpan.FromMinutes(minutes);

    /// <summary>Three starved ticks, the last of which fires.</summary>
    private double FireFirst()
    {
        Assert.That(Starved(0), Is.False);
        Assert.That(Starved(1), Is.False);
        Assert.That(Starved(2));
        return 2;
    }

    private bool Starved(double minutes) => _trigger.OnTick(true, Minutes(minutes));

    private void Healthy(double minutes) => Assert.That(_trigger.OnTick(false, Minutes(minutes)), Is.False);

    private void Expect(double start, bool fires, params double[] minutes)
    {
        foreach (double at in minutes)
        {
            Assert.That(Starved(start + at), Is.EqualTo(fires), $"{at} min");
        }
    }
}
