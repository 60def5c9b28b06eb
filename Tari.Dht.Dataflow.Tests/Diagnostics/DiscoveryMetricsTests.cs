using System.Diagnostics.Metrics;
using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Tests.Diagnostics;

[TestFixture]
internal sealed class DiscoveryMetricsTests
{
    [Test]
    public void Rounds_are_counted_and_states_are_shown_until_a_discovery_ends()
    {
        using var metrics = new DhtMetrics();
        var rounds = new List<(long Value, string? Outcome)>();
        var states = new List<int>();
        using var listener = new MeterListener
        {
            InstrumentPublished = static (instrument, listener) =>
            {
                if (instrument.Name.StartsWith("tari.dht.discovery.", StringComparison.Ordinal))
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<long>((_, value, tags, _) => rounds.Add((value, Tag(tags, "outcome"))));
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) =>
        {
            if (Tag(tags, "state") == "OfThisTest")
            {
                states.Add(value);
            }
        });
        listener.Start();
        Func<string> first = static () => "OfThisTest";
        Func<string> second = () => new string("OfThisTest");
        metrics.AddDiscoveryState(first);
        metrics.AddDiscoveryState(second);

        metrics.DiscoveryRound("General", isSuccess: true);
        metrics.DiscoveryRound("General", isSuccess: false);
        listener.RecordObservableInstruments();
        metrics.RemoveDiscoveryState(first);
        listener.RecordObservableInstruments();

        Assert.That(rounds, Is.EqualTo(new[] { (1L, "success"), (1L, "failure") }));
        Assert.That(states, Is.EqualTo(new[] { 2, 1 }));
    }

    private static string? Tag(ReadOnlySpan<KeyValuePair<string, object?>> tags, string name)
    {
        foreach (KeyValuePair<string, object?> tag in tags)
        {
            if (tag.Key == name)
            {
                return tag.Value as string;
            }
        }

        return null;
    }
}
