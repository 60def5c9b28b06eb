using Spectre.Console;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Samples.Peers.Reporting;

/// <summary>The public part of an own identity.</summary>
internal static class IdentityReport
{
    public static void Show(IAnsiConsole console, NodeIdentity identity)
    {
        Grid grid = PeerReport.NewGrid();
        PeerReport.Add(grid, "Key", identity.PublicKey.ToString());
        PeerReport.Add(grid, "Node id", identity.NodeId.ToString());
        PeerReport.Add(grid, "Role", PeerTable.Role(identity.Features));
        string name = "Addresses";
        foreach (Multiaddr address in identity.PublicAddresses)
        {
            PeerReport.Add(grid, name, address.ToString());
            name = "";
        }

        PeerReport.Add(grid, "Signed (UTC)", SafeText.Time(DateTimeOffset.FromUnixTimeSeconds(identity.Signature.UpdatedAt)));
        console.Write(grid);
    }
}
