using System.Globalization;
using Spectre.Console;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Samples.Peers.Reporting;

/// <summary>All that is known of one peer.</summary>
internal static class PeerReport
{
    public static void Show(IAnsiConsole console, Peer peer, DateTimeOffset now)
    {
        Grid grid = NewGrid();
        Add(grid, "Key", peer.PublicKey.ToString());
        Add(grid, "Node id", peer.NodeId.ToString());
        Add(grid, "Role", PeerTable.Role(peer.Features));
        Add(grid, "Features", Or(peer.Features.ToText(), "none"));
        Add(grid, "Flags", Or(peer.Flags.ToText(), "none"));
        Add(grid, "User agent", Or(peer.UserAgent, "-"));
        Add(grid, "Protocols", Or(string.Join(", ", peer.SupportedProtocols), "-"));
        Add(grid, "Ban (UTC)", Or(PeerTable.Ban(peer, now), "none"));
        Add(grid, "Added (UTC)", SafeText.Time(peer.AddedAt));
        Add(grid, "Deleted (UTC)", SafeText.Time(peer.DeletedAt));
        Add(grid, "Notes", peer.Metadata.Count.ToString(CultureInfo.InvariantCulture));
        console.Write(grid);

        Table table = Tables.New(
            "Address", "Source", "Claimed (UTC)", "Score", "Last seen (UTC)", "Last dial (UTC)", "Failures", "Latency", "Dial time",
            "Last failure");
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            if (!entry.Address.IsEmpty)
            {
                AddAddress(table, entry);
            }
        }

        if (table.Rows.Count > 0)
        {
            console.Write(table);
        }
    }

    public static Grid NewGrid() => new Grid().AddColumn(new GridColumn().NoWrap()).AddColumn();

    public static void Add(Grid grid, string name, string value) => grid.AddRow(new Text(name), SafeText.Cell(value));

    private static void AddAddress(Table table, MultiaddrWithStats entry) => table.AddRow(
        SafeText.Cell(entry.Address.ToString()),
        SafeText.Cell(entry.Source.ToString()),
        SafeText.Cell(Claimed(entry.Source)),
        SafeText.Cell(entry.QualityScore is { } score ? Tables.Number(score) : "-"),
        SafeText.Cell(SafeText.Time(entry.LastSeen)),
        SafeText.Cell(SafeText.Time(entry.LastAttempted)),
        SafeText.Cell(Tables.Number(entry.ConnectionAttempts)),
        SafeText.Cell(Mean(entry.Latency)),
        SafeText.Cell(Mean(entry.InitialDialTime)),
        SafeText.Cell(Or(entry.LastFailedReason ?? "", "-")));

    private static string Claimed(PeerAddressSource source)
    {
        if (source.Claim is not { } claim)
        {
            return "-";
        }

        // Dates of claims reach further than those of the framework.
        long seconds = claim.Signature.UpdatedAt;
        return seconds >= DateTimeOffset.MinValue.ToUnixTimeSeconds() && seconds <= DateTimeOffset.MaxValue.ToUnixTimeSeconds()
            ? SafeText.Time(DateTimeOffset.FromUnixTimeSeconds(seconds))
            : string.Create(CultureInfo.InvariantCulture, $"{seconds} s");
    }

    private static string Mean(in RunningMean mean) => mean.Mean is { } value
        ? string.Create(CultureInfo.InvariantCulture, $"{value.TotalMilliseconds:0} ms ({mean.Samples})")
        : "-";

    private static string Or(string text, string instead) => text.Length == 0 ? instead : text;
}
