namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>Something that happens at a time unless it has become needless.</summary>
internal interface IDeadline
{
    /// <summary>Whether nothing is to happen any more.</summary>
    bool IsObsolete { get; }

    /// <summary>The time has come. With no lock held; must neither wait nor throw.</summary>
    void OnDue();
}
