using System.Diagnostics.Metrics;
using System.Globalization;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Documentation;

/// <summary>docs/operations.md knows every figure, and none that there is not.</summary>
[TestFixture]
internal sealed partial class OperationsTests
{
    private static readonly string s_page = RepositoryFiles.Read("docs/operations.md");

    [Test]
    public void Every_instrument_has_a_row_with_its_unit()
    {
        List<string> instruments = [];
        using var factory = new OneMeter();
        using var metrics = new DhtMetrics(factory);
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, _) =>
        {
            if (instrument.Meter == factory.Meter)
            {
                instruments.Add($"| `{instrument.Name}` | `{instrument.Unit}` |");
            }
        };
        listener.Start();

        Assert.That(instruments, Is.Unique.And.Not.Empty);
        Assert.That(InstrumentRow().Matches(s_page).Select(static row => row.Value), Is.EquivalentTo(instruments));
    }

    [Test]
    public void Every_activity_has_a_row()
    {
        IEnumerable<string> names = typeof(DhtActivities).GetFields(BindingFlags.Public | BindingFlags.Static)
            .Where(static field => field.Name != nameof(DhtActivities.SourceName))
            .Select(static field => $"| `{field.GetRawConstantValue()}` |");

        Assert.That(ActivityRow().Matches(s_page).Select(static row => row.Value), Is.EquivalentTo(names));
    }

    [TestCase(typeof(DhtStatus))]
    [TestCase(typeof(PoolStatus))]
    [TestCase(typeof(NetworkDiscoveryStatus))]
    [TestCase(typeof(ConnectivityStatus))]
    [TestCase(typeof(PeerStatistics))]
    public void Every_field_of_a_status_is_explained(Type status)
    {
        IEnumerable<string> missing = status.GetProperties().Select(static field => field.Name)
            .Where(static name => !s_page.Contains($"`{name}`", StringComparison.Ordinal));

        Assert.That(missing, Is.Empty);
    }

    [Test]
    public void Every_log_event_above_Debug_has_a_row_with_its_level()
    {
        List<string> events = [];
        List<int> ids = [];
        foreach (MethodInfo method in typeof(DhtMetrics).Assembly.GetTypes().SelectMany(static type => type.GetMethods(
            BindingFlags.Static | BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly)))
        {
            if (method.GetCustomAttribute<LoggerMessageAttribute>() is { } attribute)
            {
                ids.Add(attribute.EventId);
                if (attribute.Level > LogLevel.Debug)
                {
                    events.Add(string.Create(CultureInfo.InvariantCulture, $"| {attribute.EventId} | {attribute.Level} |"));
                }
            }
        }

        Assert.That(ids, Is.Unique);
        Assert.That(EventRow().Matches(s_page).Select(static row => row.Value), Is.EquivalentTo(events));
    }

    [GeneratedRegex(@"^\| `tari\.dht\.[\w.]+` \| `[^`]+` \|", RegexOptions.Multiline)]
    private static partial Regex InstrumentRow();

    [GeneratedRegex(@"^\| `tari\.dht\.[\w.]+` \|(?! `)", RegexOptions.Multiline)]
    private static partial Regex ActivityRow();

    [GeneratedRegex(@"^\| \d+ \| \w+ \|", RegexOptions.Multiline)]
    private static partial Regex EventRow();

    private sealed class OneMeter : IMeterFactory
    {
        public Meter? Meter { get; private set; }

        public Meter Create(MeterOptions options) => Meter = new Meter(options);

        public void Dispose() => Meter?.Dispose();
    }
}
