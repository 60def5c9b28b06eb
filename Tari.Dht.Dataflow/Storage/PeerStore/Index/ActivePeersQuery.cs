using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

/// <summary>What peers to draw for discovery.</summary>
/// <param name="Count">How many at most, already cut to the ceiling.</param>
/// <param name="Excluded">Whom not to draw; null for nobody.</param>
/// <param name="Features">Clients, or peers that share a bit; null for any.</param>
/// <param name="ExternalOnly">Only by, and with, addresses that can be reached from anywhere.</param>
internal readonly record struct ActivePeersQuery(int Count, IReadOnlySet<NodeId>? Excluded, PeerFeatures? Features, bool ExternalOnly);
