using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Takes the answer to a request for peers as a whole, as far as it comes.</summary>
internal static class PeerStreamCollector
{
    /// <summary>Reads an answer until it ends, has given what is wanted, or makes a pause that is too long.</summary>
    /// <param name="stream">The answer; stays the caller's.</param>
    /// <param name="maxPeers">
    /// Peers wanted; below 1 it counts as 1. With twice as many responses, empty ones included, it is over too.
    /// </param>
    /// <param name="itemTimeout">How long each response may take.</param>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>
    /// What came. A pause and a session that broke end the answer without spoiling it. A status, or a response that cannot be read, spoils
    /// all of it.
    /// </returns>
    /// <exception cref="OperationCanceledException">The token fired.</exception>
    public static async Task<PeerStreamResult> CollectAsync(
        IGetPeersStream stream, int maxPeers, TimeSpan itemTimeout, CancellationToken cancellationToken)
    {
        ArgumentNullException.ThrowIfNull(stream);
        int wanted = Math.Max(maxPeers, 1);
        var peers = new List<UnvalidatedPeerInfo>();
        int unconvertible = 0;
        for (long responses = 0; responses < 2L * wanted && peers.Count + unconvertible < wanted; responses++)
        {
            GetPeersItem item = await stream.ReadAsync(itemTimeout, cancellationToken);
            switch (item.Kind)
            {
                case GetPeersItemKind.Peer:
                    peers.Add(item.Peer!);
                    break;
                case GetPeersItemKind.Unconvertible:
                    unconvertible++;
                    break;
                case GetPeersItemKind.NoPeer:
                    break;
                case GetPeersItemKind.Status:
                case GetPeersItemKind.DecodeError:
                case GetPeersItemKind.BudgetExceeded:
                    return new PeerStreamResult([], 0, NetworkDiscoveryFailure.OfItem(item, default, itemTimeout));
                default:
                    return new PeerStreamResult(peers, unconvertible);
            }
        }

        return new PeerStreamResult(peers, unconvertible);
    }
}
