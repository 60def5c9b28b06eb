using System.Globalization;
using System.Security;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Drawing;

/// <summary>Writes a picture of lines, dots and words as SVG. Coordinates are from the middle; dispose it to end the picture.</summary>
internal sealed class SvgWriter : IDisposable
{
    private readonly TextWriter _writer;

    /// <param name="writer">Takes the text; stays the caller's.</param>
    /// <param name="size">Width and height of the picture.</param>
    public SvgWriter(TextWriter writer, int size)
    {
        _writer = writer;
        Write($"""
            <svg xmlns="http://www.w3.org/2000/svg" width="{size}" height="{size}" viewBox="{-size / 2} {-size / 2} {size} {size}">
            <rect x="{-size / 2}" y="{-size / 2}" width="{size}" height="{size}" fill="white"/>

            """);
    }

    /// <summary>Draws lines that look the same.</summary>
    public void Lines(IEnumerable<(Point From, Point To)> lines, string colour, double width, double opacity)
    {
        Write($"<path fill=\"none\" stroke=\"{colour}\" stroke-width=\"{width:0.##}\" stroke-opacity=\"{opacity:0.##}\" d=\"");
        foreach ((Point from, Point to) in lines)
        {
            Write($"M{from.X:0.#} {from.Y:0.#}L{to.X:0.#} {to.Y:0.#}");
        }

        Write($"\"/>\n");
    }

    /// <summary>Draws a circle that is not filled.</summary>
    public void Ring(double radius, string colour) =>
        Write($"<circle r=\"{radius:0.#}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"0.5\"/>\n");

    /// <summary>Draws a dot, and names it for who points at it.</summary>
    public void Dot(Point at, double radius, string colour, string name)
    {
        Write($"<circle cx=\"{at.X:0.#}\" cy=\"{at.Y:0.#}\" r=\"{radius:0.#}\" fill=\"{colour}\">");
        Write($"<title>{SecurityElement.Escape(name)}</title></circle>\n");
    }

    /// <summary>Writes words, starting at a point.</summary>
    public void Words(Point at, string words)
    {
        Write($"<text x=\"{at.X:0.#}\" y=\"{at.Y:0.#}\" font-family=\"sans-serif\" font-size=\"14\">");
        Write($"{SecurityElement.Escape(words)}</text>\n");
    }

    public void Dispose() => _writer.Write("</svg>\n");

    private void Write(FormattableString text) => _writer.Write(text.ToString(CultureInfo.InvariantCulture));
}
