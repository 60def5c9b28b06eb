using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>What kinds of address the pool's connections have.</summary>
internal static class AddressKinds
{
    /// <summary>Whether an address is TCP over IPv4.</summary>
    /// <param name="address">The address.</param>
    public static bool IsTcpOverIp4(Multiaddr address)
    {
        MultiaddrEnumerator components = address.GetEnumerator();
        return components.MoveNext() && components.Current.Protocol == MultiaddrProtocol.Ip4
            && components.MoveNext() && components.Current.Protocol == MultiaddrProtocol.Tcp;
    }
}
