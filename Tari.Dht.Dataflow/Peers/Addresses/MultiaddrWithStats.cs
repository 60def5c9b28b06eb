using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>An address of a peer and what dialling it brought.</summary>
/// <remarks>Immutable: what changes an entry answers another one. Equality and hash are those of the address. Thread safe.</remarks>
public sealed record MultiaddrWithStats
{
    /// <summary>An address that was never tried.</summary>
    /// <param name="address">The address.</param>
    /// <param name="source">Where it came from.</param>
    public MultiaddrWithStats(Multiaddr address, PeerAddressSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        Address = address;
        Source = source;
    }

    /// <summary>The address; the entry's identity.</summary>
    public Multiaddr Address { get; }

    /// <summary>Where it came from.</summary>
    public PeerAddressSource Source { get; init; }

    /// <summary>The last success.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>The last dial, whatever came of it.</summary>
    public DateTimeOffset? LastAttempted { get; init; }

    /// <summary>Failures since the last success.</summary>
    public uint ConnectionAttempts { get; init; }

    /// <summary>Why the last dial failed; null when it did not.</summary>
    public string? LastFailedReason { get; init; }

    /// <summary>The mean time of a dial.</summary>
    public RunningMean InitialDialTime { get; init; }

    /// <summary>The mean latency.</summary>
    public RunningMean Latency { get; init; }

    /// <summary>The score as of the last change; null when the address was never tried.</summary>
    public int? QualityScore { get; init; }

    /// <inheritdoc/>
    public bool Equals(MultiaddrWithStats? other) => other is not null && Address == other.Address;

    /// <inheritdoc/>
    public override int GetHashCode() => Address.GetHashCode();
}
