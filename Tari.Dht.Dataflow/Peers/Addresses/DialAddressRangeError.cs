namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Why a text is no range of addresses.</summary>
public enum DialAddressRangeError
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>There is no text.</summary>
    Empty,

    /// <summary>Neither a multiaddress nor of the form <c>/ip4/a.b.c.d/tcp/port</c>.</summary>
    NeitherAddressNorRange,

    /// <summary>The first octet is not a number, or another one is none of a number, <c>*</c> and <c>low:high</c>, or above 255.</summary>
    InvalidOctet,

    /// <summary>An octet's range ends before it starts.</summary>
    ReversedOctets,

    /// <summary>The port is none of a number, <c>*</c> and <c>low:high</c>, or above 65535.</summary>
    InvalidPort,

    /// <summary>The range of ports ends before it starts.</summary>
    ReversedPorts,
}
