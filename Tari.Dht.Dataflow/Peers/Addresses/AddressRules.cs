using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>What an address says about where it leads; decided by its first component.</summary>
public static class AddressRules
{
    /// <summary>Whether an address can be reached from anywhere.</summary>
    /// <param name="address">The address.</param>
    public static bool IsExternal(this in Multiaddr address) => throw new NotImplementedException();

    /// <summary>A text shared by addresses that may well have one owner; dial candidates are spread over these groups.</summary>
    /// <param name="address">The address.</param>
    public static string NetworkGroup(this in Multiaddr address) => throw new NotImplementedException();

    /// <summary>The kind that a dial uses: exactly one, and <see cref="TransportKinds.Ipv4"/> for all that has no other, names included.</summary>
    /// <param name="address">The address.</param>
    public static TransportKinds DialKind(this in Multiaddr address) => throw new NotImplementedException();

    /// <summary>The kind by which the store filters: by the start of the text, so that names have <see cref="TransportKinds.None"/>.</summary>
    /// <param name="address">The address.</param>
    public static TransportKinds FilterKind(this in Multiaddr address) => throw new NotImplementedException();
}
