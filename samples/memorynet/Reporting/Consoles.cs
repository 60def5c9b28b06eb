using Spectre.Console;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>Makes consoles.</summary>
internal static class Consoles
{
    private const int PlainWidth = 200;

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
