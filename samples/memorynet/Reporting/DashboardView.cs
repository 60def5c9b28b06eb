using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Tari.Dht.Dataflow.Discovery.Network;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>What a dashboard looks like.</summary>
internal static class DashboardView
{
    private const int ChartWidth = 60;
    private const int PanelWidth = 110;

    /// <summary>Draws it.</summary>
    /// <param name="now">How the network is doing.</param>
    /// <param name="before">How it was doing a little earlier; events since then are shown.</param>
    /// <param name="lines">What the run said last, oldest first.</param>
    public static IRenderable Draw(NetworkSnapshot now, NetworkSnapshot before, IEnumerable<string> lines) => new Rows(
        new Rule(string.Create(
            CultureInfo.InvariantCulture, $"{now.Elapsed.TotalSeconds:F1} s on the network's clock, {now.Running} of {now.Nodes} nodes run")),
        DrawStates(now),
        new Columns(DrawPools(now.Pools), DrawNodes(now)) { Expand = false },
        DrawEvents(now, before),
        new Text(string.Join('\n', lines)));

    private static Panel DrawStates(NetworkSnapshot now)
    {
        var chart = new BarChart { Width = ChartWidth, MaxValue = Math.Max(1, now.Running) };
        foreach ((NetworkDiscoveryState state, int nodes) in now.States)
        {
            chart.AddItem(state.ToString(), nodes, ColorOf(state));
        }

        IRenderable content = now.States.Count > 0 ? chart : new Text("none");
        var title = new PanelHeader($"Nodes by state of network discovery ({Whole(now.Rounds)} rounds)");
        return new Panel(content) { Header = title, Width = PanelWidth };
    }

    private static Table DrawPools(PoolTotals pools)
    {
        Table table = NewTable("Pools of connections", "Wanted", "Outbound", "Inbound", "Pending", "Backed off", "Starving pools");
        table.AddRow(
            Whole(pools.Wanted), Whole(pools.Outbound), Whole(pools.Inbound), Whole(pools.Pending), Whole(pools.BackedOff), Whole(pools.Starving));
        return table;
    }

    private static Table DrawNodes(NetworkSnapshot now)
    {
        Table table = NewTable($"Per node ({Whole(now.Connections)} connections)", "", "min", "median", "max");
        AddSpread(table, "known peers", now.KnownPeers);
        AddSpread(table, "connected", now.Connected);
        return table;
    }

    private static Panel DrawEvents(NetworkSnapshot now, NetworkSnapshot before)
    {
        // The table may be narrower than what is above it, so it has no title of its own.
        string seconds = (now.Elapsed - before.Elapsed).TotalSeconds.ToString("F1", CultureInfo.InvariantCulture);
        string title = $"Events: in all, and in the last {seconds} s of the network";
        var table = new Table { Border = TableBorder.None };
        List<string> totals = [], latest = [];
        for (int i = 0; i < now.Events.Count; i++)
        {
            if (now.Events[i].Count == 0)
            {
                continue;
            }

            table.AddColumn(new TableColumn(now.Events[i].Kind.ToString()) { Alignment = Justify.Right });
            totals.Add(Whole(now.Events[i].Count));
            latest.Add("+" + Whole(now.Events[i].Count - before.Events[i].Count));
        }

        if (totals.Count > 0)
        {
            table.AddRow([.. totals]);
            table.AddRow([.. latest]);
        }

        IRenderable content = totals.Count > 0 ? table : new Text("none");
        return new Panel(content) { Header = new PanelHeader(title), Width = PanelWidth };
    }

    private static Table NewTable(string title, params ReadOnlySpan<string> columns)
    {
        var table = new Table { Title = new TableTitle(title), Border = TableBorder.Rounded };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column) { Alignment = Justify.Right });
        }

        return table;
    }

    private static void AddSpread(Table table, string name, Spread? spread) => table.AddRow(
        name, Number(spread?.Min), Number(spread?.Median), Number(spread?.Max));

    private static Color ColorOf(NetworkDiscoveryState state) => state switch
    {
        NetworkDiscoveryState.Waiting or NetworkDiscoveryState.OnConnect => Color.Green,
        NetworkDiscoveryState.Rebootstrap or NetworkDiscoveryState.Shutdown => Color.Red,
        _ => Color.Yellow,
    };

    private static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double? value) => value?.ToString("#,##0.#", CultureInfo.InvariantCulture) ?? "-";
}
