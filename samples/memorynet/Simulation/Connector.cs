using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>Keeps nodes connected with some of the peers they know, which is not the DHT's own business.</summary>
internal static class Connector
{
    /// <summary>Connections that a node looks for.</summary>
    public const int Target = 8;

    /// <summary>Has a node with fewer connections dial random peers that it knows. One that others dial may end with more.</summary>
    public static async Task ConnectAsync(SimulatedNode node)
    {
        var tried = new HashSet<NodeId>(await node.GetConnectedAsync()) { node.Id };
        int missing = Target - (tried.Count - 1);
        while (missing > 0)
        {
            // A peer that does not answer makes room for another one.
            IReadOnlyList<Peer> peers = node.Peers.RandomPeers(missing, tried);
            if (peers.Count == 0)
            {
                return;
            }

            List<Task<bool>> dials = [];
            foreach (Peer peer in peers)
            {
                tried.Add(peer.NodeId);
                dials.Add(node.TryDialAsync(peer.NodeId));
            }

            foreach (bool isConnected in await Task.WhenAll(dials))
            {
                missing -= isConnected ? 1 : 0;
            }
        }
    }
}
