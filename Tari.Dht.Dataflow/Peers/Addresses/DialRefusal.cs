namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Why a connection is not to be made.</summary>
public enum DialRefusal
{
    /// <summary>It may be made.</summary>
    None,

    /// <summary>The address cannot be reached from anywhere, and such addresses are not allowed.</summary>
    NotExternal,

    /// <summary>The address is in an excluded range.</summary>
    Excluded,
}
