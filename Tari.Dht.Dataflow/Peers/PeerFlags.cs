namespace Tari.Dht.Dataflow.Peers;

/// <summary>What this node notes about a peer.</summary>
[Flags]
public enum PeerFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A seed: a peer known from the configuration, asked for others.</summary>
    Seed = 1,
}
