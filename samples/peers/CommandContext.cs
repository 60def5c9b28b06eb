using Spectre.Console;
using Tari.Dht.Dataflow.Samples.Peers.Reporting;

namespace Tari.Dht.Dataflow.Samples.Peers;

/// <summary>Where a command writes, and its clock.</summary>
internal sealed class CommandContext
{
    // Lines to a file are for programs such as grep: none is broken in two.
    private const int PlainWidth = 4000;

    private readonly TextWriter _error;
    private IAnsiConsole? _console;

    public CommandContext(TextWriter output, TextWriter error, TimeProvider time)
    {
        Output = output;
        _error = error;
        Time = time;
    }

    /// <summary>Takes what a command is asked for, as it is.</summary>
    public TextWriter Output { get; }

    /// <summary>Takes the same as tables and lines that fit a terminal.</summary>
    public IAnsiConsole Console => _console ??= Consoles.Create(Output, PlainWidth);

    public TimeProvider Time { get; }

    /// <summary>Writes a line about something that went wrong.</summary>
    public Task ComplainAsync(string message) => _error.WriteLineAsync("peers: " + SafeText.OneLine(message));
}
