using System.Collections.Immutable;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>The addresses of a peer, the best first once sorted, at most <see cref="MaxAddresses"/> then.</summary>
/// <remarks>Immutable: what changes a list answers another one. Equality is that of the addresses, in order. Thread safe.</remarks>
public sealed class MultiaddressesWithStats : IEquatable<MultiaddressesWithStats>
{
    /// <summary>Addresses that a sorted list keeps.</summary>
    public const int MaxAddresses = 10;

    private MultiaddressesWithStats(ImmutableArray<MultiaddrWithStats> entries) => Entries = entries;

    /// <summary>No addresses.</summary>
    public static MultiaddressesWithStats Empty { get; } = new([]);

    /// <summary>The entries.</summary>
    public ImmutableArray<MultiaddrWithStats> Entries { get; }

    /// <summary>Takes ready entries as they are: neither sorted nor cut.</summary>
    /// <param name="entries">The entries.</param>
    public static MultiaddressesWithStats FromEntries(ImmutableArray<MultiaddrWithStats> entries) => new(entries.IsDefault ? [] : entries);

    /// <summary>A list of untried addresses of one source, sorted and cut; an address that occurs twice stays twice.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="source">Where all of them came from.</param>
    public static MultiaddressesWithStats FromAddresses(ReadOnlySpan<Multiaddr> addresses, PeerAddressSource source) =>
        throw new NotImplementedException();

    /// <summary>This list with another merged into it, sorted and cut.</summary>
    /// <param name="other">The incoming list.</param>
    /// <param name="now">The clock of this node; scores are as of now.</param>
    public MultiaddressesWithStats Merge(MultiaddressesWithStats other, DateTimeOffset now) => throw new NotImplementedException();

    /// <inheritdoc/>
    public bool Equals(MultiaddressesWithStats? other) => throw new NotImplementedException();

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MultiaddressesWithStats);

    /// <inheritdoc/>
    public override int GetHashCode() => Entries.Length;
}
