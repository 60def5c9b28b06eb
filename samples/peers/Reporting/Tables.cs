using System.Globalization;
using Spectre.Console;

namespace Tari.Dht.Dataflow.Samples.Peers.Reporting;

/// <summary>Tables alike.</summary>
internal static class Tables
{
    /// <summary>A table with left-aligned columns; cells are <see cref="SafeText.Cell"/>.</summary>
    public static Table New(params ReadOnlySpan<string> columns)
    {
        var table = new Table { Border = TableBorder.Rounded };
        foreach (string column in columns)
        {
            table.AddColumn(new TableColumn(new Text(column)));
        }

        return table;
    }

    public static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
