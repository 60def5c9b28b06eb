using Spectre.Console;

namespace Tari.Dht.Dataflow.Samples;

/// <summary>Makes consoles.</summary>
internal static class Consoles
{
    /// <summary>A console that writes colours to a terminal, and plain lines to anything else.</summary>
    /// <param name="output">Where it writes.</param>
    /// <param name="plainWidth">Columns of a line that goes to anything else than a terminal.</param>
    public static IAnsiConsole Create(TextWriter output, int plainWidth = 200)
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
        console.Profile.Width = plainWidth;
        return console;
    }
}
