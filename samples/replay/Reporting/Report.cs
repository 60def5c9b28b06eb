using System.Globalization;
using Spectre.Console;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Samples.Replay.Captures;
using Tari.Dht.Dataflow.Samples.Replay.Judging;
using Tari.Dht.Dataflow.Samples.Replay.Running;

namespace Tari.Dht.Dataflow.Samples.Replay.Reporting;

/// <summary>What the program shows: progress while it runs, then tables.</summary>
internal sealed class Report
{
    private readonly IAnsiConsole _console;
    private readonly CaptureFile _file;
    private readonly Judge _judge;

    /// <param name="output">Where to; a terminal is recognised.</param>
    /// <param name="file">What is replayed.</param>
    /// <param name="judge">Knows how it goes.</param>
    public Report(TextWriter output, CaptureFile file, Judge judge)
    {
        _console = Consoles.Create(output);
        _file = file;
        _judge = judge;
    }

    /// <summary>Shows how a run goes on until it ends.</summary>
    public async Task<RunFigures> ShowProgressAsync(Task<RunFigures> run)
    {
        _console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture, $"{_file.Captures.Count} cases of {Path.GetFileName(_file.Path)}, {_judge.Total:N0} messages");
        IProgressDisplay display = _console.Profile.Out.IsTerminal ? new ProgressBar(_console) : new ProgressLines(_console);
        await display.ShowAsync(run, _judge);
        return await run;
    }

    /// <summary>Shows the results.</summary>
    public void ShowTables(RunFigures figures)
    {
        ShowOutcomes();
        ShowThroughput(figures);
        ShowQueues(figures.Queues);
        ShowMemory(figures);
        ShowVerdict();
    }

    private static Table NewTable(string title, params ReadOnlySpan<string> columns)
    {
        var table = new Table { Title = new TableTitle(title), Border = TableBorder.Rounded };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(column) { Alignment = Justify.Right, NoWrap = true });
        }

        table.Columns[0].Alignment = Justify.Left;
        return table;
    }

    private static string Whole(double value) => value.ToString("N0", CultureInfo.InvariantCulture);

    private static string Tenths(double value) => value.ToString("N1", CultureInfo.InvariantCulture);

    private void ShowOutcomes()
    {
        Table table = NewTable("Outcomes", "Stage", "Outcome", "Reason", "Messages", "Expected", "");
        table.Columns[1].Alignment = Justify.Left;
        table.Columns[2].Alignment = Justify.Left;
        foreach ((Outcome outcome, long actual, long expected) in _judge.Tally)
        {
            table.AddRow(
                Markup.Escape(outcome.Stage),
                Markup.Escape(outcome.Kind),
                Markup.Escape(outcome.Error ?? ""),
                Whole(actual),
                Whole(expected),
                actual == expected ? "[green]ok[/]" : "[red]differs[/]");
        }

        _console.Write(table);
    }

    private void ShowThroughput(RunFigures figures)
    {
        double seconds = figures.Wall.TotalSeconds;
        Table table = NewTable("Throughput", "Messages", "Workers", "Seconds", "Messages/s", "µs/message", "Processor µs/message", "MB/s");
        table.Columns[0].Alignment = Justify.Right;
        table.AddRow(
            Whole(figures.Messages),
            Whole(figures.Workers),
            seconds.ToString("N2", CultureInfo.InvariantCulture),
            Whole(figures.Messages / seconds),
            Tenths(figures.Wall.TotalMicroseconds / figures.Messages),
            Tenths(figures.Processor.TotalMicroseconds / figures.Messages),
            Tenths(figures.Bytes / 1e6 / seconds));
        _console.Write(table);
    }

    private void ShowQueues(QueueDepths queues)
    {
        Table table = NewTable("Messages held", "Stage", "Most", "Mean", "Samples");
        foreach ((StageName stage, int most, double mean, int samples) in queues.Stages)
        {
            table.AddRow(stage.ToString(), Whole(most), Tenths(mean), Whole(samples));
        }

        _console.Write(table);
    }

    private void ShowMemory(RunFigures figures)
    {
        Table table = NewTable("Memory", "Bytes allocated/message", "Collections: gen 0", "gen 1", "gen 2");
        table.Columns[0].Alignment = Justify.Right;
        table.AddRow(
            Whole((double)figures.Allocated / figures.Messages),
            Whole(figures.Collections.Gen0),
            Whole(figures.Collections.Gen1),
            Whole(figures.Collections.Gen2));
        _console.Write(table);
    }

    private void ShowVerdict()
    {
        IReadOnlyList<(Capture Capture, Difference Difference)> differences = _judge.Differences;
        if (differences.Count == 0)
        {
            _console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"[green]All {_file.Captures.Count} cases ended as expected.[/]");
            return;
        }

        Table table = NewTable("Differences", "Case", "What", "Expected", "Actual");
        foreach (TableColumn column in table.Columns)
        {
            column.Alignment = Justify.Left;
            column.NoWrap = false;
        }

        foreach ((Capture capture, Difference difference) in differences)
        {
            table.AddRow(
                Markup.Escape(capture.Name),
                Markup.Escape(difference.What),
                Markup.Escape(difference.Expected),
                Markup.Escape(difference.Actual));
        }

        _console.Write(table);
        _console.MarkupLineInterpolated(
            CultureInfo.InvariantCulture, $"[red]{differences.Count} of {_file.Captures.Count} cases did not end as expected.[/]");
    }
}
