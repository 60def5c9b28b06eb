using System.Globalization;
using Spectre.Console;
using Spectre.Console.Rendering;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Samples.Peers.Reporting;

/// <summary>Text from peers and files, made fit for a terminal; and times.</summary>
internal static class SafeText
{
    // More of one text than this nobody reads in a table.
    private const int MaxBytes = 1024;

    /// <summary>A text in one line, without characters that move the cursor or reorder their neighbours.</summary>
    public static string OneLine(string text) => PeerText.Sanitize(text.ReplaceLineEndings(" ").Replace('\t', ' '), MaxBytes);

    /// <summary>A cell of a table; square brackets have no meaning in it.</summary>
    public static IRenderable Cell(string text) => new Text(OneLine(text));

    /// <summary>A time in UTC to the second; a dash for none.</summary>
    public static string Time(DateTimeOffset? time) =>
        time is { } value ? value.UtcDateTime.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture) : "-";

    /// <summary>The end of a ban that has not ended.</summary>
    public static string BanEnd(DateTimeOffset until) => PeerTimes.IsPermanent(until) ? "forever" : "until " + Time(until);
}
