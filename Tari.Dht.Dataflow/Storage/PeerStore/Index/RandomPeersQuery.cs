using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>What peers to draw for a message.</summary>
/// <param name="Count">How many at most.</param>
/// <param name="Excluded">Whom not to draw; null for nobody.</param>
/// <param name="Flags">The exact flags; null for any.</param>
/// <param name="KnownGood">First those seen within the last hour; others only fill up.</param>
/// <param name="Transports">Kinds of which an address must be; none for any.</param>
internal readonly record struct RandomPeersQuery(
    int Count, IReadOnlySet<NodeId>? Excluded, PeerFlags? Flags, bool KnownGood, TransportKinds Transports);
