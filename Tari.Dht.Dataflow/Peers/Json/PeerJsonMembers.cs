namespace Tari.Dht.Dataflow.Peers.Json;

/// <summary>Members that the JSON of a peer may leave out, and which then say nothing about the peer.</summary>
[Flags]
internal enum PeerJsonMembers
{
    None = 0,
    Features = 1,
    Flags = 2,
    Metadata = 4,
}
