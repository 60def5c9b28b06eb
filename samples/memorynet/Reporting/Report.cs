using System.Globalization;
using Spectre.Console;
using Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>Shows what a run found.</summary>
internal static class Report
{
    /// <summary>Shows tables, and a line for each message that was to reach all.</summary>
    public static void Show(IAnsiConsole console, Findings findings)
    {
        ShowNetwork(console, findings);
        ShowJoins(console, findings.Joins, findings.Nodes.Count - 1);
        ShowDiscoveries(console, findings.Discoveries);
        ShowPropagations(console, findings.Propagations);
        if (findings.Tasks is { } tasks)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"virtual time: {tasks.Run} steps, {tasks.Foreign} of them queued by another thread"));
        }

        foreach (PropagationFinding propagation in findings.Propagations)
        {
            console.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{propagation.Name}: reached {propagation.Receipts.Count} of {propagation.Expected}"));
        }
    }

    private static void ShowNetwork(IAnsiConsole console, Findings findings)
    {
        var degrees = new int[findings.Nodes.Count];
        foreach (ConnectionFinding connection in findings.Connections)
        {
            degrees[connection.From]++;
            degrees[connection.To]++;
        }

        Table table = NewTable("Network", "Nodes", "Seeds", "Connections", "per node: min", "median", "max", "Messages", "Seconds");
        (string min, string median, string max) = Cells(Spread.Of(degrees.Select(static degree => (double)degree)));
        table.AddRow(
            Whole(findings.Nodes.Count),
            Whole(findings.Nodes.Count(static node => node.IsSeed)),
            Whole(findings.Connections.Count),
            min,
            median,
            max,
            Whole(findings.Messages),
            findings.Elapsed.TotalSeconds.ToString("N1", CultureInfo.InvariantCulture));
        console.Write(table);
    }

    private static void ShowJoins(IAnsiConsole console, IReadOnlyList<JoinFinding> joins, int others)
    {
        Table table = NewTable("Joins", "Joins", "Sent", "Other nodes", "of them know the joined: min", "median", "max");
        (string min, string median, string max) = Cells(Spread.Of(joins.Select(static join => (double)join.KnownBy)));
        table.AddRow(Whole(joins.Count), Whole(joins.Count(static join => join.IsSent)), Whole(others), min, median, max);
        console.Write(table);
    }

    private static void ShowDiscoveries(IAnsiConsole console, IReadOnlyList<DiscoveryFinding> discoveries)
    {
        Table table = NewTable("Discoveries", "Discoveries", "Found", "Attempts", "Milliseconds: min", "median", "max");
        (string min, string median, string max) = Cells(Spread.Of(
            discoveries.Where(static discovery => discovery.IsFound).Select(static discovery => discovery.Latency.TotalMilliseconds)));
        table.AddRow(
            Whole(discoveries.Count),
            Whole(discoveries.Count(static discovery => discovery.IsFound)),
            Whole(discoveries.Sum(static discovery => discovery.Attempts)),
            min,
            median,
            max);
        console.Write(table);
    }

    private static void ShowPropagations(IAnsiConsole console, IReadOnlyList<PropagationFinding> propagations)
    {
        Table table = NewTable(
            "Propagation",
            "Message",
            "Reached",
            "of",
            "Unconnected",
            "Hops: min",
            "median",
            "max",
            "Duplicates",
            "Milliseconds: min",
            "median",
            "max");
        table.Columns[0].Alignment = Justify.Left;
        foreach (PropagationFinding propagation in propagations)
        {
            var hops = Cells(Spread.Of(propagation.Receipts.Select(static receipt => (double)receipt.Hops)));
            var delays = Cells(Spread.Of(propagation.Receipts.Select(static receipt => receipt.Delay.TotalMilliseconds)));
            table.AddRow(
                Markup.Escape(propagation.Name),
                Whole(propagation.Receipts.Count),
                Whole(propagation.Expected),
                Whole(propagation.Isolated),
                hops.Min,
                hops.Median,
                hops.Max,
                Whole(propagation.Duplicates),
                delays.Min,
                delays.Median,
                delays.Max);
        }

        console.Write(table);
    }

    private static Table NewTable(string title, params ReadOnlySpan<string> columns)
    {
        var table = new Table { Title = new TableTitle(title), Border = TableBorder.Rounded };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column) { Alignment = Justify.Right, NoWrap = true });
        }

        return table;
    }

    private static (string Min, string Median, string Max) Cells(Spread? spread) =>
        spread is { } values ? (Number(values.Min), Number(values.Median), Number(values.Max)) : ("-", "-", "-");

    private static string Whole(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Number(double value) => value.ToString("#,##0.#", CultureInfo.InvariantCulture);
}
