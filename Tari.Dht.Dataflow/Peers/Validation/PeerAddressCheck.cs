using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>Which addresses may stand in a claim.</summary>
/// <remarks>Pure; what an address has first decides which rules there are, and the first rule broken is the answer.</remarks>
internal static class PeerAddressCheck
{
    /// <summary>Checks the form of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="allowLocal">Whether it may be one that cannot be reached from outside.</param>
    public static PeerValidatorError Check(in Multiaddr address, bool allowLocal)
    {
        MultiaddrEnumerator components = address.GetEnumerator();
        if (!components.MoveNext())
        {
            return PeerValidatorError.InvalidMultiaddr(AddressFault.Empty);
        }

        switch (components.Current.Protocol)
        {
            case MultiaddrProtocol.Ip4:
            case MultiaddrProtocol.Ip6:
                return CheckHost(address, ref components, isName: false, allowLocal);
            case MultiaddrProtocol.Dns4:
            case MultiaddrProtocol.Dns6:
            case MultiaddrProtocol.DnsAddr:
                return CheckHost(address, ref components, isName: true, allowLocal);
            case MultiaddrProtocol.Onion3:
                return CheckOnion3(ref components);
            case MultiaddrProtocol.Memory:
                return CheckMemory(ref components, allowLocal);
            case MultiaddrProtocol.Onion:
                return components.Current.Port == 0
                    ? PeerValidatorError.InvalidMultiaddr(AddressFault.ZeroOnionPort)
                    : PeerValidatorError.OnionV2();
            default:
                return PeerValidatorError.InvalidMultiaddr(AddressFault.UnsupportedType, components.Current.Name);
        }
    }

    /// <summary>Checks the form of an address, wherever it leads, and its DNS name.</summary>
    /// <param name="address">The address.</param>
    public static PeerValidatorError CheckShape(in Multiaddr address)
    {
        PeerValidatorError error = Check(address, allowLocal: true);
        return error.IsNone ? CheckName(address) : error;
    }

    /// <summary>Checks the DNS name of an address; there is nothing to check of an address without one.</summary>
    /// <param name="address">The address.</param>
    public static PeerValidatorError CheckName(in Multiaddr address)
    {
        MultiaddrEnumerator components = address.GetEnumerator();
        if (!components.MoveNext()
            || components.Current.Protocol is not (MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6 or MultiaddrProtocol.DnsAddr))
        {
            return default;
        }

        DnsNameFault fault = DnsNameCheck.Check(components.Current.Value);
        return fault == DnsNameFault.None ? default : PeerValidatorError.UnusableDnsName(fault);
    }

    /// <summary>Whether an address that <see cref="Check"/> takes when local ones are allowed is taken when they are not.</summary>
    /// <param name="address">An address of a form that was checked.</param>
    public static bool IsTakenWithoutLocal(in Multiaddr address)
    {
        MultiaddrEnumerator components = address.GetEnumerator();
        return components.MoveNext() && components.Current.Protocol != MultiaddrProtocol.Memory && address.IsExternal();
    }

    private static PeerValidatorError CheckHost(in Multiaddr address, ref MultiaddrEnumerator components, bool isName, bool allowLocal)
    {
        if (!components.MoveNext())
        {
            return PeerValidatorError.InvalidMultiaddr(AddressFault.MissingTcpPort);
        }

        if (components.Current.Protocol != MultiaddrProtocol.Tcp)
        {
            return PeerValidatorError.InvalidMultiaddr(AddressFault.NotTcp, components.Current.Name);
        }

        if (components.Current.Port == 0)
        {
            return PeerValidatorError.InvalidMultiaddr(AddressFault.ZeroTcpPort);
        }

        PeerValidatorError error = CheckEnd(ref components);
        if (!error.IsNone)
        {
            return error;
        }

        // A name with a slash would be passed on, and stored, as the text of quite another address.
        if (isName && !address.TextReadsBack)
        {
            return PeerValidatorError.InvalidMultiaddr(AddressFault.TextDoesNotReadBack);
        }

        return allowLocal || address.IsExternal() ? default : PeerValidatorError.InvalidMultiaddr(AddressFault.NotExternal);
    }

    private static PeerValidatorError CheckMemory(ref MultiaddrEnumerator components, bool allowLocal)
    {
        if (components.Current.MemoryPort == 0)
        {
            return PeerValidatorError.InvalidMultiaddr(AddressFault.ZeroMemoryPort);
        }

        return allowLocal ? CheckEnd(ref components) : PeerValidatorError.InvalidMultiaddr(AddressFault.MemoryNotAllowed);
    }

    private static PeerValidatorError CheckOnion3(ref MultiaddrEnumerator components)
    {
        MultiaddrComponent onion = components.Current;
        if (onion.Port == 0)
        {
            return PeerValidatorError.InvalidMultiaddr(AddressFault.ZeroOnionPort);
        }

        PeerValidatorError error = CheckEnd(ref components);
        if (!error.IsNone)
        {
            return error;
        }

        // key 32 | checksum 2 | version 1 | port 2
        if (onion.Value[34] != 3)
        {
            return PeerValidatorError.InvalidMultiaddr(AddressFault.OnionVersion);
        }

        return OnionAddress.IsValid(onion.Value) ? default : PeerValidatorError.InvalidMultiaddr(AddressFault.OnionChecksum);
    }

    private static PeerValidatorError CheckEnd(ref MultiaddrEnumerator components) =>
        components.MoveNext()
            ? PeerValidatorError.InvalidMultiaddr(AddressFault.TrailingComponent, components.Current.Name)
            : default;
}
