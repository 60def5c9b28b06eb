using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Tells who the network's seeds are now, for example from DNS. Asked when a node rebootstraps.</summary>
/// <remarks>Thread safe.</remarks>
public interface ISeedPeerProvider
{
    /// <summary>The seeds of now; an empty list when none could be found out.</summary>
    /// <param name="cancellationToken">Ends the asking.</param>
    /// <returns>Peers with their addresses. An exception counts as an empty list, and is logged.</returns>
    ValueTask<IReadOnlyList<Peer>> GetSeedPeersAsync(CancellationToken cancellationToken = default);
}
