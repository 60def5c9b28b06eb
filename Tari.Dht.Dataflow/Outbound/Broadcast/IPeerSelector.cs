using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>Turns a strategy into peers.</summary>
/// <remarks>Thread safe. Completes synchronously where it can.</remarks>
public interface IPeerSelector
{
    /// <summary>Selects the recipients of a message.</summary>
    /// <param name="strategy">How to select.</param>
    /// <param name="cancellationToken">Raised when the pipeline stops.</param>
    /// <returns>The peers, in the order to send; empty when there is nobody, which is no error.</returns>
    /// <exception cref="Exception">Selection as such is impossible; the request fails with the message of the exception.</exception>
    ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken);
}
