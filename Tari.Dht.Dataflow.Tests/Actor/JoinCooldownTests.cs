using Tari.Dht.Dataflow.Actor;

namespace Tari.Dht.Dataflow.Tests.Actor;

[TestFixture]
internal sealed class JoinCooldownTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromMinutes(10);

    [Test]
    public void First_join_starts_at_once() => Assert.That(new JoinCooldown(s_interval).TryStart(TimeSpan.Zero), Is.True);

    [Test]
    public void Next_join_starts_only_when_more_than_the_interval_has_passed()
    {
        var cooldown = new JoinCooldown(s_interval);
        var start = TimeSpan.FromHours(1);
        Assert.That(cooldown.TryStart(start), Is.True);
        Assert.That(cooldown.TryStart(start), Is.False);
        Assert.That(cooldown.TryStart(start + s_interval), Is.False, "just as long ago is not longer ago");
        Assert.That(cooldown.TryStart(start + s_interval + TimeSpan.FromTicks(1)), Is.True);
        Assert.That(cooldown.TryStart(start + s_interval + TimeSpan.FromMinutes(5)), Is.False, "the interval counts from the last join");
    }

    [Test]
    public void Refused_join_does_not_start_the_interval_again()
    {
        var cooldown = new JoinCooldown(s_interval);
        cooldown.TryStart(TimeSpan.Zero);
        Assert.That(cooldown.TryStart(TimeSpan.FromMinutes(9)), Is.False);
        Assert.That(cooldown.TryStart(TimeSpan.FromMinutes(11)), Is.True);
    }

    [Test]
    public void Negative_interval_is_a_mistake_of_the_caller() =>
        Assert.That(() => new JoinCooldown(TimeSpan.FromTicks(-1)), Throws.InstanceOf<ArgumentOutOfRangeException>());
}
