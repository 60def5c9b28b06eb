namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>What <see cref="PeerQueryWork"/> asks.</summary>
internal enum PeerQuery
{
    /// <summary>A peer by its node id; another one each time.</summary>
    Find,

    /// <summary>20 peers at random.</summary>
    Random,

    /// <summary>20 peers for discovery.</summary>
    Syncing,

    /// <summary>20 peers to dial, at most 4 of a network group.</summary>
    Candidates,
}
