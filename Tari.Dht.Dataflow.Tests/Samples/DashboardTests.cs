using Spectre.Console;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;
using Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

namespace Tari.Dht.Dataflow.Tests.Samples;

/// <summary>What the dashboard of a simulated network shows, and that looking changes nothing.</summary>
[TestFixture]
internal sealed class DashboardTests
{
    private static readonly SimulationOptions s_options = new(Nodes: 8, Joins: 8, FanOut: 8, Seed: 5, IsVirtual: true);

    [Test]
    public void The_view_shows_states_pools_peers_events_and_what_the_run_said()
    {
        NetworkSnapshot before = Snapshot(TimeSpan.FromSeconds(10), delivered: 100);
        NetworkSnapshot now = Snapshot(TimeSpan.FromSeconds(12.5), delivered: 1234);

        string shown = Show(now, before, "nodes [join]", "nodes connect");

        Assert.Multiple(() =>
        {
            Assert.That(shown, Does.Contain("12.5 s on the network's clock, 9 of 10 nodes run"));
            Assert.That(shown, Does.Match("SeedStrap .*7").And.Match("OnConnect .*2").And.Not.Contain("Rebootstrap"));
            Assert.That(shown, Does.Contain("17 rounds").And.Contain("(21 connections)"));
            Assert.That(shown, Does.Match("│ +108 │ +30 │ +12 │ +4 │ +3 │ +1 │"), "the pools");
            Assert.That(shown, Does.Match("known peers │ +1 │ +4\\.5 │ +9 │").And.Match("connected │ +0 │ +3 │ +6 │"));
            Assert.That(shown, Does.Contain("in the last 2.5 s").And.Contain("1,234").And.Contain("+1,134").And.Not.Contain("Banned"));
            Assert.That(shown, Does.Contain("nodes [join]\nnodes connect\n"));
        });
    }

    [Test]
    public void The_view_of_a_network_without_nodes_is_drawn_too()
    {
        NetworkSnapshot empty = new NetworkMonitor(static _ => { }).Take();

        Assert.That(Show(empty, empty), Does.Contain("0 of 0 nodes run").And.Contain("none"));
    }

    [Test]
    public async Task A_monitor_tells_how_the_nodes_of_a_run_are_doing()
    {
        NetworkSnapshot? seen = null;
        NetworkMonitor? monitor = null;
        monitor = new NetworkMonitor(line => seen = line.Contains("propagation: node", StringComparison.Ordinal) ? monitor!.Take() : seen);

        Findings findings = await NetworkRun.RunAsync(s_options, monitor, CancellationToken.None);

        Assert.That(seen, Is.Not.Null);
        Assert.Multiple(() =>
        {
            Assert.That((seen!.Nodes, seen.Running), Is.EqualTo((8, 8)));
            Assert.That(seen.States.Sum(static state => state.Nodes), Is.EqualTo(8));
            Assert.That(seen.Pools.Wanted, Is.EqualTo(8 * 12));
            Assert.That(seen.KnownPeers!.Value.Max, Is.InRange(1, 7));
            Assert.That(seen.Connections, Is.EqualTo(findings.Connections.Count));
            Assert.That(seen.Elapsed, Is.GreaterThan(TimeSpan.Zero).And.LessThan(findings.Elapsed));
            Assert.That(monitor.CountOf(MemoryTraceKind.Delivered), Is.EqualTo(findings.Messages));
            Assert.That(monitor.Take().Running, Is.Zero, "the run has ended");
        });
    }

    [Test]
    public async Task A_run_that_is_watched_finds_what_it_finds_alone()
    {
        using var output = new StringWriter();
        IAnsiConsole console = ConsoleOf(output);
        Findings alone = await new ProgressLines(console).ShowAsync(
            monitor => NetworkRun.RunAsync(s_options, monitor, CancellationToken.None));

        Findings watched = await new Dashboard(console).ShowAsync(
            monitor => NetworkRun.RunAsync(s_options, monitor, CancellationToken.None));

        Assert.Multiple(() =>
        {
            Assert.That(watched.Nodes, Is.EqualTo(alone.Nodes));
            Assert.That(watched.Connections, Is.EqualTo(alone.Connections));
            Assert.That(watched.Joins, Is.EqualTo(alone.Joins));
            Assert.That(watched.Discoveries, Is.EqualTo(alone.Discoveries));
            Assert.That(watched.Propagations[1].Receipts, Is.EqualTo(alone.Propagations[1].Receipts));
            Assert.That((watched.Elapsed, watched.Messages, watched.Tasks), Is.EqualTo((alone.Elapsed, alone.Messages, alone.Tasks)));
        });
    }

    [Test]
    public void A_run_that_fails_fails_the_dashboard()
    {
        using var output = new StringWriter();
        var dashboard = new Dashboard(ConsoleOf(output));

        Assert.That(
            async () => await dashboard.ShowAsync<int>(static _ => throw new OperationCanceledException()),
            Throws.InstanceOf<OperationCanceledException>());
    }

    private static string Show(NetworkSnapshot now, NetworkSnapshot before, params string[] lines)
    {
        using var output = new StringWriter();
        ConsoleOf(output).Write(DashboardView.Draw(now, before, lines));
        return string.Join('\n', output.ToString().ReplaceLineEndings("\n").Split('\n').Select(static line => line.TrimEnd()));
    }

    private static IAnsiConsole ConsoleOf(TextWriter output)
    {
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = new AnsiConsoleOutput(output),
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = 140;
        return console;
    }

    private static NetworkSnapshot Snapshot(TimeSpan elapsed, long delivered) => new(
        elapsed,
        10,
        9,
        [(NetworkDiscoveryState.SeedStrap, 7), (NetworkDiscoveryState.OnConnect, 2)],
        new PoolTotals(108, 30, 12, 4, 3, 1),
        new Spread(1, 4.5, 9),
        new Spread(0, 3, 6),
        21,
        17,
        [new EventCount(MemoryTraceKind.Delivered, delivered), new EventCount(MemoryTraceKind.Banned, 0)]);
}
