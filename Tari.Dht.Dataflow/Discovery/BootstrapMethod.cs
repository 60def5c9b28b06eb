namespace Tari.Dht.Dataflow.Discovery;

/// <summary>How a node gets its first peers.</summary>
public enum BootstrapMethod
{
    /// <summary>It asks the seeds.</summary>
    SeedStrap,

    /// <summary>It knows enough peers already.</summary>
    ExistingPeers,
}
