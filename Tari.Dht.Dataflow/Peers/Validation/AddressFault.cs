namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>Why the form of an address cannot stand in a claim.</summary>
public enum AddressFault
{
    /// <summary>It can, or the address is not what is wrong.</summary>
    None,

    /// <summary>It has no component.</summary>
    Empty,

    /// <summary>It starts with a component that no peer is reached by.</summary>
    UnsupportedType,

    /// <summary>It ends where a TCP port has to follow.</summary>
    MissingTcpPort,

    /// <summary>Something else stands where a TCP port has to follow.</summary>
    NotTcp,

    /// <summary>The TCP port is 0.</summary>
    ZeroTcpPort,

    /// <summary>The port of an onion address is 0.</summary>
    ZeroOnionPort,

    /// <summary>The number of a memory address is 0.</summary>
    ZeroMemoryPort,

    /// <summary>A component follows where the address has to end.</summary>
    TrailingComponent,

    /// <summary>Its text reads back as other bytes: the DNS name holds what looks like components.</summary>
    TextDoesNotReadBack,

    /// <summary>It cannot be reached from anywhere.</summary>
    NotExternal,

    /// <summary>It leads to this process, which only tests want.</summary>
    MemoryNotAllowed,

    /// <summary>The version of the onion address is not 3.</summary>
    OnionVersion,

    /// <summary>The checksum of the onion address is wrong.</summary>
    OnionChecksum,
}
