using Spectre.Console;

namespace Tari.Dht.Dataflow.Samples.Peers.Reporting;

/// <summary>Makes consoles.</summary>
internal static class Consoles
{
    // Lines to a file are for programs such as grep: none is broken in two.
    private const int PlainWidth = 4000;

    /// <summary>A console that writes colours to a terminal, and plain lines to anything else.</summary>
    public static IAnsiConsole Create(TextWriter output)
    {
        var destination = new AnsiConsoleOutput(output);
        if (destination.IsTerminal)
        {
            return AnsiConsole.Create(new AnsiConsoleSettings { Out = destination });
        }

        // Said outright: what is detected takes some build servers for terminals.
        IAnsiConsole console = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Out = destination,
            Ansi = AnsiSupport.No,
            ColorSystem = ColorSystemSupport.NoColors,
            Interactive = InteractionSupport.No,
            Enrichment = new ProfileEnrichment { UseDefaultEnrichers = false },
        });
        console.Profile.Width = PlainWidth;
        return console;
    }
}
