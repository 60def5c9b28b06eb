using System.Collections.Immutable;
using System.Net;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Whether a connection to where an address led may be made; asked just before connecting, with the resolved address.</summary>
/// <remarks>
/// Guards against names that lead into the own network, and against IPv6 addresses that a translator (NAT64) turns into IPv4. A literal
/// address of IP was judged with the address itself and is not looked at again. Not for connections through a proxy that resolves
/// names. Immutable, thread safe; allocates nothing. Policies are equal when they allow the same and exclude the same ranges in order.
/// </remarks>
public sealed record DialPolicy
{
    private const int Ip6Length = 16;
    private const int TranslatedIp4 = 12;

    private readonly ImmutableArray<DialAddressRange> _excludedRanges = [];

    /// <summary>
    /// Whether addresses that cannot be reached from anywhere are allowed. Default: no, since peers choose what is dialled.
    /// </summary>
    public bool AllowInternal { get; init; }

    /// <summary>Addresses never to connect to. Default: none.</summary>
    /// <exception cref="ArgumentException">A range is null.</exception>
    public ImmutableArray<DialAddressRange> ExcludedRanges
    {
        get => _excludedRanges;
        init
        {
            _excludedRanges = value.IsDefault ? [] : value;
            if (_excludedRanges.AsSpan().Contains(null!))
            {
                throw new ArgumentException("A range is null.", nameof(value));
            }
        }
    }

    // 64:ff9b::/96: IPv4 in the last four bytes, for every translator.
    private static ReadOnlySpan<byte> TranslatedPrefix => [0x00, 0x64, 0xFF, 0x9B, 0, 0, 0, 0, 0, 0, 0, 0];

    // 64:ff9b:1::/48: IPv4 somewhere, as the own network's translator has it.
    private static ReadOnlySpan<byte> LocallyTranslatedPrefix => [0x00, 0x64, 0xFF, 0x9B, 0x00, 0x01];

    /// <summary>The policy for an address by where it came from: what the operator configured may be internal.</summary>
    /// <param name="source">The source.</param>
    /// <exception cref="ArgumentNullException">The source is null.</exception>
    public DialPolicy For(PeerAddressSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        return AllowInternal || !source.IsConfig ? this : this with { AllowInternal = true };
    }

    /// <summary>Judges a connection.</summary>
    /// <param name="dialled">The address as dialled.</param>
    /// <param name="resolved">Where it led.</param>
    /// <exception cref="ArgumentNullException">The end point is null.</exception>
    public DialRefusal Check(in Multiaddr dialled, IPEndPoint resolved)
    {
        ArgumentNullException.ThrowIfNull(resolved);
        Span<byte> buffer = stackalloc byte[Ip6Length];
        resolved.Address.TryWriteBytes(buffer, out int length);
        ReadOnlySpan<byte> ip = buffer[..length];
        bool isTranslated = length == Ip6Length && ip.StartsWith(TranslatedPrefix);
        bool isLocallyTranslated = length == Ip6Length && ip.StartsWith(LocallyTranslatedPrefix);
        bool isName = dialled.TryGetFirst(out MultiaddrComponent first) && first.IsName;
        if (!isName && !isTranslated && !isLocallyTranslated)
        {
            return DialRefusal.None;
        }

        ReadOnlySpan<byte> ip4 = isTranslated ? ip[TranslatedIp4..] : default;
        if (!AllowInternal
            && (isLocallyTranslated || (isName && !AddressRules.IsExternal(ip)) || (isTranslated && !AddressRules.IsExternal(ip4))))
        {
            return DialRefusal.NotExternal;
        }

        return (isName && IsExcluded(ip, (ushort)resolved.Port)) || (isTranslated && IsExcluded(ip4, (ushort)resolved.Port))
            ? DialRefusal.Excluded
            : DialRefusal.None;
    }

    /// <summary>Whether an address is in one of the excluded ranges.</summary>
    /// <param name="address">The address.</param>
    public bool IsExcluded(in Multiaddr address) => IsExcluded(address.Bytes);

    /// <inheritdoc/>
    public bool Equals(DialPolicy? other) =>
        other is not null
        && AllowInternal == other.AllowInternal
        && _excludedRanges.AsSpan().SequenceEqual(other._excludedRanges.AsSpan());

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.Add(AllowInternal);
        foreach (DialAddressRange range in _excludedRanges)
        {
            hash.Add(range);
        }

        return hash.ToHashCode();
    }

    private bool IsExcluded(ReadOnlySpan<byte> ip, ushort port)
    {
        Span<byte> address = stackalloc byte[Multiaddr.MaxIpLength];
        return IsExcluded(address[..Multiaddr.WriteIp(ip, port, address)]);
    }

    private bool IsExcluded(ReadOnlySpan<byte> address)
    {
        foreach (DialAddressRange range in _excludedRanges.AsSpan())
        {
            if (range.Contains(address))
            {
                return true;
            }
        }

        return false;
    }
}
