using System.Collections;
using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>The addresses of a peer, the best first once sorted, at most <see cref="MaxAddresses"/> then.</summary>
/// <remarks>
/// <para>
/// Immutable: what changes a list answers another one, and what changes nothing, neither an entry nor the order, this very one. Equality is
/// that of the addresses, in order. Thread safe.
/// </para>
/// <para>
/// Sorted means: by falling score, where none counts as 0; of one score, claimed addresses before configured ones, which are therefore cut
/// first; among these the order stays as it was. A list read from a store is in the order of its rows until the first change. Where an
/// address occurs twice, operations on an address mean the first one.
/// </para>
/// </remarks>
public sealed class MultiaddressesWithStats : IEquatable<MultiaddressesWithStats>, IReadOnlyList<MultiaddrWithStats>
{
    /// <summary>Addresses that a sorted list keeps.</summary>
    public const int MaxAddresses = 10;

    private MultiaddressesWithStats(ImmutableArray<MultiaddrWithStats> entries) => Entries = entries;

    /// <summary>No addresses.</summary>
    public static MultiaddressesWithStats Empty { get; } = new([]);

    /// <summary>The entries.</summary>
    public ImmutableArray<MultiaddrWithStats> Entries { get; }

    /// <summary>Entries.</summary>
    public int Count => Entries.Length;

    /// <summary>Whether there is no entry.</summary>
    public bool IsEmpty => Entries.IsEmpty;

    /// <summary>The first entry, which is the best one of a sorted list; null when there is none.</summary>
    public MultiaddrWithStats? Best => Entries.IsEmpty ? null : Entries[0];

    /// <summary>The last success of all; null when there was none.</summary>
    public DateTimeOffset? LastSeen => LastSeenCompact.Value;

    /// <summary>The last dial of all; null when there was none.</summary>
    public DateTimeOffset? LastAttempted
    {
        get
        {
            CompactTime latest = default;
            foreach (MultiaddrWithStats entry in Entries)
            {
                latest = CompactTime.Latest(latest, entry.LastAttemptedCompact);
            }

            return latest.Value;
        }
    }

    /// <summary>
    /// The earliest <see cref="MultiaddrWithStats.OfflineAt"/>, if all entries have one; null otherwise, and when there is no entry.
    /// </summary>
    public DateTimeOffset? OfflineAt
    {
        get
        {
            if (Entries.IsEmpty)
            {
                return null;
            }

            CompactTime earliest = Entries[0].OfflineAtCompact;
            foreach (MultiaddrWithStats entry in Entries)
            {
                earliest = CompactTime.EarliestOrNone(earliest, entry.OfflineAtCompact);
            }

            return earliest.Value;
        }
    }

    /// <summary>Whether the last dial of every entry failed; true when there is no entry.</summary>
    public bool AllFailed
    {
        get
        {
            foreach (MultiaddrWithStats entry in Entries)
            {
                if (!entry.HasFailed)
                {
                    return false;
                }
            }

            return true;
        }
    }

    /// <summary>
    /// The newest claim that an entry came with, the last one of those with the same date; null when all are configured, or there are none.
    /// </summary>
    public PeerIdentityClaim? NewestClaim
    {
        get
        {
            PeerIdentityClaim? newest = null;
            foreach (MultiaddrWithStats entry in Entries)
            {
                if (entry.Source.Claim is { } claim
                    && (newest is null || IdentitySignature.CompareDates(claim.Signature, newest.Signature) >= 0))
                {
                    newest = claim;
                }
            }

            return newest;
        }
    }

    internal CompactTime LastSeenCompact
    {
        get
        {
            CompactTime latest = default;
            foreach (MultiaddrWithStats entry in Entries)
            {
                latest = CompactTime.Latest(latest, entry.LastSeenCompact);
            }

            return latest;
        }
    }

    /// <summary>An entry by its place.</summary>
    /// <param name="index">The place, from 0.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such place.</exception>
    public MultiaddrWithStats this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Entries.Length);
            return Entries[index];
        }
    }

    /// <summary>Takes ready entries as they are: neither sorted nor cut.</summary>
    /// <param name="entries">The entries.</param>
    /// <exception cref="ArgumentException">An entry is null.</exception>
    public static MultiaddressesWithStats FromEntries(ImmutableArray<MultiaddrWithStats> entries)
    {
        if (entries.IsDefaultOrEmpty)
        {
            return Empty;
        }

        foreach (MultiaddrWithStats entry in entries)
        {
            if (entry is null)
            {
                throw new ArgumentException("An entry is null.", nameof(entries));
            }
        }

        return new MultiaddressesWithStats(entries);
    }

    /// <summary>A list of untried addresses of one source, sorted and cut; an address that occurs twice stays twice.</summary>
    /// <param name="addresses">The addresses.</param>
    /// <param name="source">Where all of them came from.</param>
    public static MultiaddressesWithStats FromAddresses(ReadOnlySpan<Multiaddr> addresses, PeerAddressSource source)
    {
        ArgumentNullException.ThrowIfNull(source);
        if (addresses.IsEmpty)
        {
            return Empty;
        }

        // All alike, so that sorting leaves their order and cutting takes the first.
        var entries = new MultiaddrWithStats[Math.Min(addresses.Length, MaxAddresses)];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = new MultiaddrWithStats(addresses[i], source);
        }

        return new MultiaddressesWithStats(ImmutableCollectionsMarshal.AsImmutableArray(entries));
    }

    /// <summary>Whether the list has an address.</summary>
    /// <param name="address">The address.</param>
    public bool Contains(in Multiaddr address) => IndexOf(address) >= 0;

    /// <summary>The first entry of an address; null when there is none.</summary>
    /// <param name="address">The address.</param>
    public MultiaddrWithStats? Find(in Multiaddr address) => IndexOf(address) is var index and >= 0 ? Entries[index] : null;

    /// <summary>The place of the first entry of an address; -1 when there is none.</summary>
    /// <param name="address">The address.</param>
    public int IndexOf(in Multiaddr address) => IndexOf(Entries.AsSpan(), address);

    /// <summary>The place of the first entry of an address among some entries; -1 when there is none.</summary>
    internal static int IndexOf(ReadOnlySpan<MultiaddrWithStats> entries, in Multiaddr address)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].Address == address)
            {
                return i;
            }
        }

        return -1;
    }

    /// <summary>Marks an address as seen and attempted now.</summary>
    /// <param name="address">The address.</param>
    /// <param name="now">The clock of this node.</param>
    /// <param name="updated">The changed list, sorted and cut; this list when the address is not in it.</param>
    /// <returns>Whether the list has the address.</returns>
    public bool TryMarkSeen(in Multiaddr address, DateTimeOffset now, out MultiaddressesWithStats updated)
    {
        int index = IndexOf(address);
        updated = index < 0 ? this : With(index, Entries[index].MarkSeen(now).MarkAttempted(now));
        return index >= 0;
    }

    /// <summary>Marks an address as failed and attempted now.</summary>
    /// <param name="address">The address.</param>
    /// <param name="reason">Why it failed.</param>
    /// <param name="now">The clock of this node.</param>
    /// <param name="updated">The changed list, sorted and cut; this list when the address is not in it.</param>
    /// <returns>Whether the list has the address.</returns>
    public bool TryMarkFailed(in Multiaddr address, string reason, DateTimeOffset now, out MultiaddressesWithStats updated)
    {
        ArgumentNullException.ThrowIfNull(reason);
        int index = IndexOf(address);
        updated = index < 0 ? this : With(index, Entries[index].MarkFailed(reason, now).MarkAttempted(now));
        return index >= 0;
    }

    /// <summary>Adds a sample to the latency of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="latency">The sample, not negative.</param>
    /// <param name="now">The clock of this node.</param>
    /// <param name="updated">The changed list, sorted and cut; this list when the address is not in it.</param>
    /// <returns>Whether the list has the address.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The latency is negative.</exception>
    public bool TryUpdateLatency(in Multiaddr address, TimeSpan latency, DateTimeOffset now, out MultiaddressesWithStats updated) =>
        TryUpdateLatency(address, RunningMean.ToNanoseconds(latency), now, out updated);

    /// <summary>Adds a sample to the latency of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="nanoseconds">The sample in nanoseconds.</param>
    /// <param name="now">The clock of this node.</param>
    /// <param name="updated">The changed list, sorted and cut; this list when the address is not in it.</param>
    /// <returns>Whether the list has the address.</returns>
    public bool TryUpdateLatency(in Multiaddr address, UInt128 nanoseconds, DateTimeOffset now, out MultiaddressesWithStats updated)
    {
        int index = IndexOf(address);
        updated = index < 0 ? this : With(index, Entries[index].UpdateLatency(nanoseconds, now));
        return index >= 0;
    }

    /// <summary>Adds a sample to the dial time of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="dialTime">The sample, not negative.</param>
    /// <param name="now">The clock of this node.</param>
    /// <param name="updated">The changed list, sorted and cut; this list when the address is not in it.</param>
    /// <returns>Whether the list has the address.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The time is negative.</exception>
    public bool TryUpdateInitialDialTime(in Multiaddr address, TimeSpan dialTime, DateTimeOffset now, out MultiaddressesWithStats updated)
    {
        UInt128 nanoseconds = RunningMean.ToNanoseconds(dialTime);
        int index = IndexOf(address);
        updated = index < 0 ? this : With(index, Entries[index].UpdateInitialDialTime(nanoseconds, now));
        return index >= 0;
    }

    /// <summary>Changes the entry of an address in any way.</summary>
    /// <param name="address">The address.</param>
    /// <param name="change">Answers the changed entry, of the same address.</param>
    /// <param name="updated">The changed list, sorted and cut; this list when the address is not in it.</param>
    /// <returns>Whether the list has the address.</returns>
    /// <exception cref="ArgumentException">The change answered nothing, or an entry of another address.</exception>
    public bool TryUpdate(
        in Multiaddr address, Func<MultiaddrWithStats, MultiaddrWithStats> change, out MultiaddressesWithStats updated)
    {
        ArgumentNullException.ThrowIfNull(change);
        int index = IndexOf(address);
        if (index < 0)
        {
            updated = this;
            return false;
        }

        MultiaddrWithStats changed = change(Entries[index]);
        if (changed is null || changed.Address != address)
        {
            throw new ArgumentException("A change answers an entry of the same address.", nameof(change));
        }

        updated = With(index, changed);
        return true;
    }

    /// <summary>Marks several addresses as seen and attempted now, and adds a sample to the latency of each.</summary>
    /// <param name="addresses">The addresses; those that the list has not are passed over.</param>
    /// <param name="latency">The sample, not negative.</param>
    /// <param name="now">The clock of this node.</param>
    /// <param name="updated">The changed list, sorted and cut also when it has none of them.</param>
    /// <returns>Whether the list has all of them.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The latency is negative.</exception>
    public bool MarkAllSeen(ReadOnlySpan<Multiaddr> addresses, TimeSpan latency, DateTimeOffset now, out MultiaddressesWithStats updated) =>
        MarkAllSeen(addresses, RunningMean.ToNanoseconds(latency), now, out updated);

    /// <summary>Marks several addresses as seen and attempted now, and adds a sample to the latency of each.</summary>
    /// <param name="addresses">The addresses; those that the list has not are passed over.</param>
    /// <param name="nanoseconds">The sample in nanoseconds.</param>
    /// <param name="now">The clock of this node.</param>
    /// <param name="updated">The changed list, sorted and cut also when it has none of them.</param>
    /// <returns>Whether the list has all of them.</returns>
    public bool MarkAllSeen(
        ReadOnlySpan<Multiaddr> addresses, UInt128 nanoseconds, DateTimeOffset now, out MultiaddressesWithStats updated)
    {
        MultiaddrWithStats[] entries = Entries.AsSpan().ToArray();
        bool all = true;
        foreach (ref readonly Multiaddr address in addresses)
        {
            int index = IndexOf(entries, address);
            if (index < 0)
            {
                all = false;
                continue;
            }

            entries[index] = entries[index].MarkSeen(now).MarkAttempted(now).UpdateLatency(nanoseconds, now);
        }

        updated = Sorted(entries, entries.Length);
        return all;
    }

    /// <summary>The list without attempts and failures, sorted and cut. Scores stay until an entry's next change.</summary>
    public MultiaddressesWithStats ResetConnectionAttempts()
    {
        var entries = new MultiaddrWithStats[Entries.Length];
        for (int i = 0; i < entries.Length; i++)
        {
            entries[i] = Entries[i].ResetConnectionAttempts();
        }

        return Sorted(entries, entries.Length);
    }

    /// <summary>This list with untried addresses of one source merged into it, as <see cref="Merge"/> has it.</summary>
    /// <param name="addresses">The addresses, of which the first 10 take part.</param>
    /// <param name="source">Where all of them came from.</param>
    /// <param name="now">The clock of this node.</param>
    public MultiaddressesWithStats AddOrUpdate(ReadOnlySpan<Multiaddr> addresses, PeerAddressSource source, DateTimeOffset now) =>
        Merge(FromAddresses(addresses, source), now);

    /// <summary>This list with another merged into it, sorted and cut.</summary>
    /// <param name="other">The incoming list.</param>
    /// <param name="now">The clock of this node; scores of merged entries are as of now.</param>
    /// <remarks>
    /// <para>
    /// When both lists hold claims and the newest incoming one is newer, to the fraction of the second, the incoming list takes the place
    /// of this one: of this list stay the configured entries (the last one where an address occurs twice) and the statistics of addresses
    /// that come in. Before sorting, configured entries stand first and the incoming ones follow, each in their order; the reference leaves
    /// that order to chance. When the newest incoming claim is older, what is known of an address is merged and no address is added, not
    /// even a configured one. Otherwise addresses add up.
    /// </para>
    /// <para>Nothing is verified here: whoever merges claims has checked them.</para>
    /// </remarks>
    public MultiaddressesWithStats Merge(MultiaddressesWithStats other, DateTimeOffset now)
    {
        ArgumentNullException.ThrowIfNull(other);
        var entries = new MultiaddrWithStats[Entries.Length + other.Entries.Length];
        int count = AddressListMerge.Merge(this, other, now, entries);
        return Sorted(entries, count);
    }

    /// <summary>Whether no entry's score would be another one now or at any later time.</summary>
    internal bool IsSettled(DateTimeOffset now)
    {
        foreach (MultiaddrWithStats entry in Entries)
        {
            if (!entry.IsSettled(now))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The list with all scores as of now, in the order it has; this one when none changes.</summary>
    internal MultiaddressesWithStats Rescore(DateTimeOffset now)
    {
        MultiaddrWithStats[]? entries = null;
        for (int i = 0; i < Entries.Length; i++)
        {
            MultiaddrWithStats entry = Entries[i].Rescore(now);
            if (!ReferenceEquals(entry, Entries[i]))
            {
                entries ??= [.. Entries];
                entries[i] = entry;
            }
        }

        return entries is null ? this : new MultiaddressesWithStats(ImmutableCollectionsMarshal.AsImmutableArray(entries));
    }

    /// <summary>Whether no address occurs twice, and none would be cut: a merge into itself changes scores and order at most.</summary>
    internal bool IsTidy()
    {
        for (int i = 1; i < Entries.Length; i++)
        {
            if (IndexOf(Entries.AsSpan()[..i], Entries[i].Address) >= 0)
            {
                return false;
            }
        }

        return Entries.Length <= MaxAddresses;
    }

    /// <summary>Whether an entry came with a claim that is equal to this one.</summary>
    internal bool HasClaim(PeerIdentityClaim claim)
    {
        foreach (MultiaddrWithStats entry in Entries)
        {
            if (entry.Source.Claim is { } known && known.Equals(claim))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether <see cref="AddOrUpdate"/> would answer a list that has other scores, or another order, at most.</summary>
    /// <remarks>Allocates nothing. May say false where nothing would change, never true where something would.</remarks>
    /// <param name="addresses">The addresses, of which the first 10 take part.</param>
    /// <param name="claim">The claim that they came with.</param>
    internal bool HasAll(ReadOnlySpan<Multiaddr> addresses, PeerIdentityClaim claim)
    {
        int age = NewestClaim is { } newest ? IdentitySignature.CompareDates(claim.Signature, newest.Signature) : 0;
        if (age > 0 || !IsTidy())
        {
            return false;
        }

        foreach (ref readonly Multiaddr address in addresses[..Math.Min(addresses.Length, MaxAddresses)])
        {
            // Of a claim that is not the newest no address is added.
            int index = IndexOf(address);
            if (index < 0
                ? age == 0
                : Entries[index].Source.Claim is { } own && IdentitySignature.CompareDates(claim.Signature, own.Signature) > 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The entries, one after the other.</summary>
    public ImmutableArray<MultiaddrWithStats>.Enumerator GetEnumerator() => Entries.GetEnumerator();

    IEnumerator<MultiaddrWithStats> IEnumerable<MultiaddrWithStats>.GetEnumerator() =>
        ((IEnumerable<MultiaddrWithStats>)Entries).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => ((IEnumerable)Entries).GetEnumerator();

    /// <inheritdoc/>
    public bool Equals(MultiaddressesWithStats? other) => other is not null && Entries.AsSpan().SequenceEqual(other.Entries.AsSpan());

    /// <inheritdoc/>
    public override bool Equals(object? obj) => Equals(obj as MultiaddressesWithStats);

    /// <inheritdoc/>
    public override int GetHashCode() => Entries.IsEmpty ? 0 : HashCode.Combine(Entries.Length, Entries[0]);

    /// <summary>The texts of the addresses, joined by a comma and a space.</summary>
    public override string ToString() => string.Join(", ", Entries);

    private MultiaddressesWithStats With(int index, MultiaddrWithStats entry)
    {
        MultiaddrWithStats[] entries = Entries.AsSpan().ToArray();
        entries[index] = entry;
        return Sorted(entries, entries.Length);
    }

    // Takes the array. A stable insertion sort that never keeps more than the limit: linear in `count`, however long the list.
    private MultiaddressesWithStats Sorted(MultiaddrWithStats[] entries, int count)
    {
        int kept = 0;
        for (int next = 0; next < count; next++)
        {
            MultiaddrWithStats entry = entries[next];
            int place = kept;
            while (place > 0 && IsBetter(entry, entries[place - 1]))
            {
                place--;
            }

            if (place == MaxAddresses)
            {
                continue;
            }

            kept = Math.Min(kept + 1, MaxAddresses);
            Array.Copy(entries, place, entries, place + 1, kept - 1 - place);
            entries[place] = entry;
        }

        if (IsThis(entries.AsSpan(0, kept)))
        {
            return this;
        }

        if (kept < entries.Length)
        {
            entries = entries.AsSpan(0, kept).ToArray();
        }

        return new MultiaddressesWithStats(ImmutableCollectionsMarshal.AsImmutableArray(entries));
    }

    private bool IsThis(ReadOnlySpan<MultiaddrWithStats> entries)
    {
        if (entries.Length != Entries.Length)
        {
            return false;
        }

        for (int i = 0; i < entries.Length; i++)
        {
            if (!ReferenceEquals(entries[i], Entries[i]))
            {
                return false;
            }
        }

        return true;
    }

    private static bool IsBetter(MultiaddrWithStats left, MultiaddrWithStats right)
    {
        int leftScore = left.QualityScore ?? 0;
        int rightScore = right.QualityScore ?? 0;
        return leftScore != rightScore ? leftScore > rightScore : !left.Source.IsConfig && right.Source.IsConfig;
    }
}
