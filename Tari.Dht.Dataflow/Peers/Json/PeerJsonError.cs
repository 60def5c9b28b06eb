namespace Tari.Dht.Dataflow.Peers.Json;

/// <summary>Why JSON is not a peer.</summary>
public enum PeerJsonError
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>A member that every peer has is not there.</summary>
    Missing,

    /// <summary>A value is of another kind than it has to be, or makes no sense.</summary>
    Invalid,

    /// <summary>The node id is not that of the key.</summary>
    NodeIdMismatch,
}
