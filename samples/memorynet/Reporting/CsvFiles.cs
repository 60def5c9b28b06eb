using System.Globalization;
using Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

/// <summary>Writes what a run found as tables of comma-separated values. No value has a comma or a quote in it.</summary>
internal static class CsvFiles
{
    /// <summary>Writes all tables; replaces files of the same names.</summary>
    /// <exception cref="IOException">A file cannot be written.</exception>
    /// <exception cref="UnauthorizedAccessException">A file may not be written.</exception>
    public static void Write(string folder, Findings findings)
    {
        Write(folder, "nodes.csv", "node,id,address,seed,state,known_peers", findings.Nodes, static node => Row(
            $"{node.Index},{node.Id},{node.Address},{Truth(node.IsSeed)},{node.State},{node.KnownPeers}"));
        Write(folder, "connections.csv", "from,to", findings.Connections, static connection => Row($"{connection.From},{connection.To}"));
        Write(folder, "joins.csv", "node,at_ms,sent,known_by", findings.Joins, static join => Row(
            $"{join.Node},{join.At.TotalMilliseconds:F3},{Truth(join.IsSent)},{join.KnownBy}"));
        Write(folder, "discoveries.csv", "from,to,attempts,found,latency_ms", findings.Discoveries, static discovery => Row(
            $"{discovery.From},{discovery.To},{discovery.Attempts},{Truth(discovery.IsFound)},{discovery.Latency.TotalMilliseconds:F3}"));
        Write(
            folder,
            "propagation.csv",
            "message,node,from,hops,delay_ms",
            findings.Propagations.SelectMany(static message => message.Receipts, static (message, receipt) => (message.Name, receipt)),
            static row => Row(
                $"{row.Name},{row.receipt.Node},{row.receipt.From},{row.receipt.Hops},{row.receipt.Delay.TotalMilliseconds:F3}"));
    }

    private static void Write<T>(string folder, string name, string head, IEnumerable<T> rows, Func<T, string> toRow)
    {
        using var writer = new StreamWriter(Path.Combine(folder, name));
        writer.NewLine = "\n";
        writer.WriteLine(head);
        foreach (T row in rows)
        {
            writer.WriteLine(toRow(row));
        }
    }

    private static string Row(FormattableString row) => row.ToString(CultureInfo.InvariantCulture);

    private static string Truth(bool value) => value ? "yes" : "no";
}
