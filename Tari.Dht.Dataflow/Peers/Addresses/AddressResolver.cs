using System.Net;
using System.Net.Sockets;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Finds the end point of TCP that an address leads to.</summary>
/// <remarks>Only some shapes have one: <c>ip4</c>, <c>ip6</c>, <c>dns</c> or <c>dns4</c>, then <c>tcp</c>. Thread safe.</remarks>
public static class AddressResolver
{
    // A name with more has no form in DNS; the platform throws for it.
    private const int MaxNameLength = 255;

    /// <summary>Resolves an address; asks for a name only when the address has one. Of several answers the first counts.</summary>
    /// <param name="address">The address.</param>
    /// <param name="resolveName">
    /// Answers the addresses of a name; none, or a <see cref="SocketException"/>, for a name that cannot be resolved. Null for the
    /// system's resolver.
    /// </param>
    /// <param name="cancellationToken">Given to the resolver of names, which ends waiting.</param>
    /// <exception cref="OperationCanceledException">The wait for a name was cancelled.</exception>
    public static ValueTask<AddressResolution> ResolveAsync(
        Multiaddr address,
        Func<string, CancellationToken, ValueTask<IPAddress[]>>? resolveName = null,
        CancellationToken cancellationToken = default)
    {
        MultiaddrEnumerator components = address.GetEnumerator();
        if (!components.MoveNext())
        {
            return new(new AddressResolution(AddressResolutionError.NotASocketAddress, null));
        }

        MultiaddrComponent host = components.Current;
        if (!(host.IsIp || host.Protocol is MultiaddrProtocol.Dns or MultiaddrProtocol.Dns4) ||
            !components.MoveNext() || components.Current.Protocol != MultiaddrProtocol.Tcp)
        {
            return new(new AddressResolution(AddressResolutionError.NotASocketAddress, null));
        }

        ushort port = components.Current.Port;
        if (components.MoveNext())
        {
            return new(new AddressResolution(AddressResolutionError.NotASocketAddress, null));
        }

        return host.IsIp
            ? new(new AddressResolution(AddressResolutionError.None, new IPEndPoint(host.ToIPAddress(), port)))
            : ResolveNameAsync(host.ToText(), port, resolveName ?? AskSystemAsync, cancellationToken);
    }

    private static async ValueTask<AddressResolution> ResolveNameAsync(
        string name, ushort port, Func<string, CancellationToken, ValueTask<IPAddress[]>> resolveName, CancellationToken cancellationToken)
    {
        // The platform takes no name for its own, what follows a NUL for nothing, and brackets for IPv6 with a port that it ignores.
        if (name.Length is 0 or > MaxNameLength || name.Contains('\0') || name.Contains('['))
        {
            return new AddressResolution(AddressResolutionError.NameNotFound, null);
        }

        IPAddress[] found;
        try
        {
            found = await resolveName(name, cancellationToken).ConfigureAwait(false);
        }
        catch (SocketException)
        {
            // The name is not to blame for a wait that was given up.
            cancellationToken.ThrowIfCancellationRequested();
            return new AddressResolution(AddressResolutionError.NameNotFound, null);
        }

        return found is [IPAddress first, ..]
            ? new AddressResolution(AddressResolutionError.None, new IPEndPoint(first, port))
            : new AddressResolution(AddressResolutionError.NameNotFound, null);
    }

    private static async ValueTask<IPAddress[]> AskSystemAsync(string name, CancellationToken cancellationToken)
    {
        try
        {
            return await Dns.GetHostAddressesAsync(name, cancellationToken).ConfigureAwait(false);
        }
        catch (ArgumentException)
        {
            // What cannot be a name, such as a label that is too long, and the unspecified addresses.
            return [];
        }
    }
}
