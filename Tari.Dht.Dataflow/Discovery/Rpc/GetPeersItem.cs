using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>
/// One thing in the answer to a <see cref="GetPeersRequest"/>. What a peer does is told by a value and never by an exception.
/// </summary>
/// <param name="Kind">What it is.</param>
/// <param name="Peer">
/// The peer of a <see cref="GetPeersItemKind.Peer"/>, of which nothing is checked (see <see cref="DhtPeerValidator"/>); else null.
/// </param>
/// <param name="Status">The status of a <see cref="GetPeersItemKind.Status"/>.</param>
public readonly record struct GetPeersItem(GetPeersItemKind Kind, UnvalidatedPeerInfo? Peer = null, RpcStatus Status = default)
{
    /// <summary>The fingerprint of the response that a peer came with; zero when nobody asked for it.</summary>
    internal UInt128 Fingerprint { get; init; }
}
