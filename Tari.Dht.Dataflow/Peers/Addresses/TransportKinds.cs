namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Kinds of transport; a set of them filters peers.</summary>
[Flags]
public enum TransportKinds
{
    /// <summary>None; as a filter: no filter.</summary>
    None = 0,

    /// <summary>Addresses that start with <c>/ip4</c>.</summary>
    Ipv4 = 1,

    /// <summary>Addresses that start with <c>/ip6</c>.</summary>
    Ipv6 = 2,

    /// <summary>Addresses that start with <c>/onion</c>, of either version.</summary>
    Onion = 4,

    /// <summary>Addresses that start with <c>/memory</c>.</summary>
    Memory = 8,

    /// <summary>All of them; addresses by name belong to none.</summary>
    All = Ipv4 | Ipv6 | Onion | Memory,
}
