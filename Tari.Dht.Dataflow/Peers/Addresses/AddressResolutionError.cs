namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Why an address leads to no end point of TCP.</summary>
public enum AddressResolutionError
{
    /// <summary>It leads to one.</summary>
    None,

    /// <summary>Not an address of IP or a name of kind <c>dns</c> or <c>dns4</c>, then a TCP port, then nothing.</summary>
    NotASocketAddress,

    /// <summary>The name stands for no address.</summary>
    NameNotFound,
}
