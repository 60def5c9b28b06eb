using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Tests.Storage.Dedup;

[TestFixture]
internal sealed class DedupCacheOptionsTests
{
    private static IEnumerable<TestCaseData> Invalid()
    {
        yield return Case(new() { Capacity = -1 }, "Capacity");
        yield return Case(new() { Capacity = DedupCacheOptions.MaxCapacity + 1 }, "Capacity");
        yield return Case(new() { TrimInterval = TimeSpan.Zero }, "TrimInterval");
        yield return Case(new() { TrimInterval = TimeSpan.FromDays(50) }, "TrimInterval");
        yield return Case(new() { FlushInterval = TimeSpan.Zero }, "FlushInterval");
        yield return Case(new() { FlushBatch = 0 }, "FlushBatch");
        yield return Case(new() { DatabasePath = " " }, "DatabasePath");
        yield return Case(new() { TimeProvider = null! }, "TimeProvider");
        yield return Case(new() { TaskScheduler = null! }, "TaskScheduler");
        yield return Case(new() { Logger = null! }, "Logger");
        yield return Case(new() { MinEntryAge = TimeSpan.FromSeconds(-1) }, "MinEntryAge");
        static TestCaseData Case(DedupCacheOptions options, string name) => new TestCaseData(options, name).SetArgDisplayNames(name);
    }

    [Test]
    public void Defaults_are_valid_and_those_of_the_reference()
    {
        var options = new DedupCacheOptions();
        Assert.That(options.Validate, Throws.Nothing);
        Assert.Multiple(() =>
        {
            Assert.That(options.Capacity, Is.EqualTo(50_000));
            Assert.That(options.TrimInterval, Is.EqualTo(TimeSpan.FromHours(12)));
            Assert.That(options.MinEntryAge, Is.EqualTo(new TimeSpan(3, 10, 0)));
            Assert.That(options.DatabasePath, Is.Null);
        });
    }

    [TestCaseSource(nameof(Invalid))]
    public void Validate_names_the_option_that_is_out_of_range(DedupCacheOptions options, string name)
    {
        Assert.That(options.Validate, Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(name));
        Assert.That(() => DedupCache.Open(options), Throws.InstanceOf<ArgumentException>());
    }
}
