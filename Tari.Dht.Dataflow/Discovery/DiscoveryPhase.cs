namespace Tari.Dht.Dataflow.Discovery;

/// <summary>Whom a round of network discovery asks.</summary>
public enum DiscoveryPhase
{
    /// <summary>Any node.</summary>
    General,

    /// <summary>The seeds.</summary>
    SeedStrap,
}
