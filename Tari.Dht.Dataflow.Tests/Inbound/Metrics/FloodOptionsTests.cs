using Tari.Dht.Dataflow.Inbound.Metrics;

namespace Tari.Dht.Dataflow.Tests.Inbound.Metrics;

[TestFixture]
internal sealed class FloodOptionsTests
{
    [Test]
    public void The_defaults_are_those_of_the_reference_and_valid()
    {
        var options = new FloodOptions();
        options.Validate();
        Assert.That((options.MaxMessageCount, options.TimeSpan), Is.EqualTo((1000, TimeSpan.FromSeconds(60))));
        Assert.That(options.StaleAge, Is.EqualTo(TimeSpan.FromHours(1)));
    }

    [Test]
    public void Samples_outlive_the_window_that_judges_them() =>
        Assert.That(new FloodOptions { TimeSpan = TimeSpan.FromHours(2) }.StaleAge, Is.EqualTo(TimeSpan.FromHours(2)));

    [TestCase(-1)]
    [TestCase(10_000_001)]
    [TestCase(int.MaxValue)]
    public void A_count_out_of_its_range_is_refused_by_name(int count) =>
        Assert.That(
            () => new FloodOptions { MaxMessageCount = count }.Validate(),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("MaxMessageCount"));

    [TestCase(-1)]
    [TestCase(long.MinValue)]
    public void A_time_below_zero_is_refused_by_name(long ticks) =>
        Assert.That(
            () => new FloodOptions { TimeSpan = new TimeSpan(ticks) }.Validate(),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains("TimeSpan"));

    [Test]
    public void The_ends_of_the_range_are_accepted()
    {
        new FloodOptions { MaxMessageCount = 0, TimeSpan = TimeSpan.Zero }.Validate();
        new FloodOptions { MaxMessageCount = 10_000_000, TimeSpan = TimeSpan.MaxValue }.Validate();
    }

    [Test]
    public void A_collector_checks_its_options() =>
        Assert.That(
            () => new MetricsCollectorHandle(TimeProvider.System, new FloodOptions { MaxMessageCount = -1 }),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
}
