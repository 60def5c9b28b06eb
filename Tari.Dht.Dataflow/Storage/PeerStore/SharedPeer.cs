using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>A peer to tell others of.</summary>
/// <param name="Peer">The record; with its external addresses alone if only these are told of.</param>
/// <param name="Response">The response that tells of it, not to be changed; empty when nothing is told, null if it has to be made.</param>
internal readonly record struct SharedPeer(Peer Peer, byte[]? Response);
