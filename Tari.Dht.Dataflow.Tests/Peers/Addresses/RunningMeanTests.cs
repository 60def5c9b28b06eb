using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

public sealed class RunningMeanTests
{
    [Test]
    public void The_default_has_no_mean_and_no_samples()
    {
        RunningMean mean = default;
        Assert.Multiple(() =>
        {
            Assert.That(mean.Nanoseconds, Is.Null);
            Assert.That(mean.Mean, Is.Null);
            Assert.That(mean.HasMean, Is.False);
            Assert.That(mean.Samples, Is.Zero);
            Assert.That(mean, Is.EqualTo(new RunningMean(null, 0)));
            Assert.That(mean, Is.Not.EqualTo(new RunningMean(0, 0)));
        });
    }

    [Test]
    public void It_takes_no_more_than_16_bytes() =>
        Assert.That(System.Runtime.CompilerServices.Unsafe.SizeOf<RunningMean>(), Is.EqualTo(16));

    [Test]
    public void Add_is_exact_to_the_nanosecond_for_any_mean_and_any_number_of_samples()
    {
        var random = new Random(20_300_101);
        for (int i = 0; i < 20_000; i++)
        {
            UInt128 mean = Duration(random);
            UInt128 sample = Duration(random);
            uint samples = random.Next(4) switch
            {
                0 => (uint)random.Next(0, 102),
                1 => (uint)random.Next(9_990, 10_010),
                2 => uint.MaxValue - (uint)random.Next(2),
                _ => (uint)random.NextInt64(uint.MaxValue),
            };
            var expected = (UInt128)(((System.Numerics.BigInteger)mean * samples + sample) / ((System.Numerics.BigInteger)samples + 1));

            RunningMean added = new RunningMean(mean, samples).Add(sample);

            Assert.That(added.Nanoseconds, Is.EqualTo(expected), $"{mean} of {samples}, {sample}");
            Assert.That(added.Samples, Is.EqualTo(samples < 100 ? samples + 1 : samples));
        }
    }

    [Test]
    public void Nanoseconds_of_any_length_come_back()
    {
        UInt128[] values =
        [
            0, 1, 999_999_999, 1_000_000_000, ulong.MaxValue, (UInt128)ulong.MaxValue + 1,
            RunningMean.MaxNanoseconds - 1, RunningMean.MaxNanoseconds,
        ];
        foreach (UInt128 value in values)
        {
            Assert.That(new RunningMean(value, 3).Nanoseconds, Is.EqualTo(value));
        }
    }

    [Test]
    public void A_mean_longer_than_the_longest_duration_is_cut_to_it()
    {
        UInt128 longest = UInt128.Parse("18446744073709551615999999999", System.Globalization.CultureInfo.InvariantCulture);
        Assert.Multiple(() =>
        {
            Assert.That(RunningMean.MaxNanoseconds, Is.EqualTo(longest));
            Assert.That(new RunningMean(UInt128.MaxValue, 1).Nanoseconds, Is.EqualTo(longest));
            Assert.That(new RunningMean(longest, uint.MaxValue).Add(UInt128.MaxValue).Nanoseconds, Is.EqualTo(longest));
            Assert.That(new RunningMean(longest, 1).Mean, Is.EqualTo(TimeSpan.MaxValue));
        });
    }

    [Test]
    public void A_mean_is_cut_to_ticks_as_a_span() =>
        Assert.That(new RunningMean(1_234_599, 1).Mean, Is.EqualTo(TimeSpan.FromTicks(12_345)));

    [Test]
    public void A_negative_sample_is_the_callers_mistake() =>
        Assert.That(() => default(RunningMean).Add(TimeSpan.FromTicks(-1)), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Merge_takes_the_other_only_for_more_samples()
    {
        var own = new RunningMean(5, 3);
        Assert.Multiple(() =>
        {
            Assert.That(own.Merge(new RunningMean(7, 3)), Is.EqualTo(own));
            Assert.That(own.Merge(new RunningMean(7, 2)), Is.EqualTo(own));
            Assert.That(own.Merge(new RunningMean(7, 4)), Is.EqualTo(new RunningMean(7, 4)));
            Assert.That(own.Merge(new RunningMean(null, 4)), Is.EqualTo(new RunningMean(null, 4)));
        });
    }

    [Test]
    public void ToString_gives_milliseconds_and_samples()
    {
        Assert.That(new RunningMean(130_999_999, 4).ToString(), Is.EqualTo("130 ms (4)"));
        Assert.That(default(RunningMean).ToString(), Is.EqualTo("- (0)"));
    }

    private static UInt128 Duration(Random random) => random.Next(4) switch
    {
        0 => (UInt128)random.NextInt64(0, 2_000_000_000),
        1 => ((UInt128)random.NextInt64(999_990, 1_000_010) * 1_000_000_000) + (UInt128)random.Next(1_000_000_000),
        2 => RunningMean.MaxNanoseconds - (UInt128)random.Next(3),
        _ => ((UInt128)(ulong)random.NextInt64() << random.Next(30)) + (UInt128)random.Next(1_000),
    };
}
