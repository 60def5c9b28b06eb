using System.Collections.Immutable;
using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>The form that the addresses of a peer have once they were written and read again.</summary>
/// <remarks>
/// An address is a row, and rows keep their order. Empty addresses and those whose text does not read back are no rows. Durations are whole
/// milliseconds. Without a row the empty address stands in the list, which is never written.
/// </remarks>
internal static class PeerRows
{
    private const long NanosecondsPerMillisecond = 1_000_000;

    /// <summary>The list of a record without any row.</summary>
    public static MultiaddressesWithStats Placeholder { get; } =
        MultiaddressesWithStats.FromEntries([new MultiaddrWithStats(Multiaddr.Empty, PeerAddressSource.Config)]);

    /// <summary>Whether a record in the form in which it is read has an address.</summary>
    public static bool HasRows(Peer peer)
    {
        foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
        {
            if (!entry.Address.IsEmpty)
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>The rows of a new peer: all that it has, in order, one that occurs twice included.</summary>
    /// <param name="addresses">As given.</param>
    /// <param name="skipped">Addresses that become no rows.</param>
    /// <exception cref="PeerManagerException">A count does not fit a row.</exception>
    public static MultiaddressesWithStats OfNew(MultiaddressesWithStats addresses, out int skipped)
    {
        ImmutableArray<MultiaddrWithStats> given = addresses.Entries;
        skipped = 0;
        int first = 0;
        while (first < given.Length && ReferenceEquals(RowOf(given[first], isKnown: false), given[first]))
        {
            first++;
        }

        if (first == given.Length)
        {
            return given.IsEmpty ? Placeholder : addresses;
        }

        var rows = new List<MultiaddrWithStats>(given.Length);
        foreach (MultiaddrWithStats entry in given)
        {
            if (RowOf(entry, isKnown: false) is { } row)
            {
                rows.Add(row);
            }
            else
            {
                skipped++;
            }
        }

        return ListOf(rows);
    }

    /// <summary>
    /// The rows of a known peer: those that are still in its list stay in their places, the others go, and what is new comes behind them in
    /// the order of the list.
    /// </summary>
    /// <param name="before">The rows so far.</param>
    /// <param name="merged">The list as it is now. Of an address that occurs twice the last entry counts, in every row that it has.</param>
    /// <param name="skipped">Addresses that become no rows; the empty address that stands for no address does not count.</param>
    /// <exception cref="PeerManagerException">A count does not fit a row.</exception>
    public static MultiaddressesWithStats OfKnown(MultiaddressesWithStats before, MultiaddressesWithStats merged, out int skipped)
    {
        ImmutableArray<MultiaddrWithStats> old = before.Entries, entries = merged.Entries;
        var rows = new List<MultiaddrWithStats>(old.Length + entries.Length);
        foreach (MultiaddrWithStats row in old)
        {
            if (!row.Address.IsEmpty && LastOf(entries, row.Address) is { } entry)
            {
                rows.Add(RowOf(entry, isKnown: true)!);
            }
        }

        skipped = 0;
        foreach (MultiaddrWithStats entry in entries)
        {
            Span<MultiaddrWithStats> soFar = CollectionsMarshal.AsSpan(rows);
            if (IndexOf(soFar, entry.Address) >= 0)
            {
                continue;
            }

            if (RowOf(LastOf(entries, entry.Address)!, isKnown: false) is { } row)
            {
                rows.Add(row);
            }
            else if (!entry.Address.IsEmpty)
            {
                skipped++;
            }
        }

        return ListOf(rows);
    }

    /// <summary>A record as it is read when the file has given its rows.</summary>
    public static Peer OfFile(Peer peer) => peer.Addresses.Entries.IsEmpty ? peer with { Addresses = Placeholder } : peer;

    private static MultiaddressesWithStats ListOf(List<MultiaddrWithStats> rows) =>
        rows.Count == 0 ? Placeholder : MultiaddressesWithStats.FromEntries([.. rows]);

    private static int IndexOf(ReadOnlySpan<MultiaddrWithStats> rows, Multiaddr address)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i].Address == address)
            {
                return i;
            }
        }

        return -1;
    }

    private static MultiaddrWithStats? LastOf(ImmutableArray<MultiaddrWithStats> entries, Multiaddr address)
    {
        for (int i = entries.Length - 1; i >= 0; i--)
        {
            if (entries[i].Address == address)
            {
                return entries[i];
            }
        }

        return null;
    }

    /// <summary>An entry as its row reads; null when it becomes none.</summary>
    private static MultiaddrWithStats? RowOf(MultiaddrWithStats entry, bool isKnown)
    {
        if (!isKnown && (entry.Address.IsEmpty || !entry.Address.TextReadsBack))
        {
            return null;
        }

        RunningMean dialTime = entry.InitialDialTime, latency = entry.Latency;
        if (entry.ConnectionAttempts > int.MaxValue || dialTime.Samples > int.MaxValue || latency.Samples > int.MaxValue)
        {
            throw new PeerManagerException(PeerManagerError.StorageError, "A count of an address exceeds 2147483647.");
        }

        RunningMean wholeDialTime = WholeMilliseconds(dialTime), wholeLatency = WholeMilliseconds(latency);
        return wholeDialTime == dialTime && wholeLatency == latency
            ? entry
            : entry with { InitialDialTime = wholeDialTime, Latency = wholeLatency };
    }

    private static RunningMean WholeMilliseconds(RunningMean mean)
    {
        if (mean.Nanoseconds is not { } nanoseconds)
        {
            return mean;
        }

        UInt128 milliseconds = UInt128.Min(nanoseconds / NanosecondsPerMillisecond, long.MaxValue);
        return new RunningMean(milliseconds * NanosecondsPerMillisecond, mean.Samples);
    }
}
