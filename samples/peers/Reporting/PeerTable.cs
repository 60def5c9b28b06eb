using Spectre.Console;
using Spectre.Console.Rendering;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Samples.Peers.Reporting;

/// <summary>Peers as a table: a row for each address, of which the first names the peer.</summary>
internal sealed class PeerTable
{
    private readonly DateTimeOffset _now;
    private readonly Table _table = Tables.New(
        "Id", "Key", "Role", "Flags", "Address", "Score", "Last seen (UTC)", "Failures", "Ban (UTC)");

    /// <param name="now">The time at which bans are looked at.</param>
    public PeerTable(DateTimeOffset now) => _now = now;

    /// <summary>The role of a peer as a word.</summary>
    public static string Role(PeerFeatures features) => features.IsClient() ? "wallet" : features.ToRoleText();

    /// <summary>A ban that has not ended, with its reason; empty for none.</summary>
    public static string Ban(Peer peer, DateTimeOffset now) =>
        peer.BannedUntilIfActive(now) is not { } until ? ""
        : peer.BannedReason.Length == 0 ? SafeText.BanEnd(until)
        : $"{SafeText.BanEnd(until)}: {peer.BannedReason}";

    public void Add(Peer peer)
    {
        bool isFirst = true;
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            if (!entry.Address.IsEmpty)
            {
                AddRow(peer, entry, isFirst);
                isFirst = false;
            }
        }

        if (isFirst)
        {
            AddRow(peer, null, isFirst);
        }
    }

    public void Show(IAnsiConsole console) => console.Write(_table);

    private void AddRow(Peer peer, MultiaddrWithStats? entry, bool isFirst)
    {
        string flags = peer.IsDeleted ? $"{peer.Flags.ToText()} deleted".Trim() : peer.Flags.ToText();
        _table.AddRow(
            OfPeer(peer.NodeId.ToShortString()),
            OfPeer(peer.PublicKey.ToString()),
            OfPeer(Role(peer.Features)),
            OfPeer(flags),
            SafeText.Cell(entry?.Address.ToString() ?? "-"),
            SafeText.Cell(entry?.QualityScore is { } score ? Tables.Number(score) : "-"),
            SafeText.Cell(SafeText.Time(entry?.LastSeen)),
            SafeText.Cell(entry is null ? "-" : Tables.Number(entry.ConnectionAttempts)),
            OfPeer(Ban(peer, _now)));

        IRenderable OfPeer(string text) => SafeText.Cell(isFirst ? text : "");
    }
}
