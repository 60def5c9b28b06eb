using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>Which entries stand when a list of addresses is merged into another; sorting and cutting come after that.</summary>
internal static class AddressListMerge
{
    /// <summary>Merges by the rules that <see cref="MultiaddressesWithStats.Merge"/> describes.</summary>
    /// <param name="stored">The list that is there.</param>
    /// <param name="incoming">The list that comes in.</param>
    /// <param name="now">The clock; scores of merged entries are as of now.</param>
    /// <param name="entries">Takes the entries, unsorted; room for both lists.</param>
    /// <returns>How many entries there are.</returns>
    public static int Merge(
        MultiaddressesWithStats stored, MultiaddressesWithStats incoming, DateTimeOffset now, Span<MultiaddrWithStats> entries)
    {
        int age = stored.NewestClaim is { } own && incoming.NewestClaim is { } other
            ? IdentitySignature.CompareDates(other.Signature, own.Signature)
            : 0;
        return age > 0 ? Replace(stored, incoming, now, entries) : Combine(stored, incoming, now, entries, addUnknown: age == 0);
    }

    // What stands when the incoming claim is newer.
    private static int Replace(
        MultiaddressesWithStats stored, MultiaddressesWithStats incoming, DateTimeOffset now, Span<MultiaddrWithStats> entries)
    {
        int count = 0;
        foreach (MultiaddrWithStats entry in stored)
        {
            if (entry.Source.IsConfig)
            {
                int index = MultiaddressesWithStats.IndexOf(entries[..count], entry.Address);
                entries[index < 0 ? count++ : index] = entry;
            }
        }

        foreach (MultiaddrWithStats entry in incoming)
        {
            int index = MultiaddressesWithStats.IndexOf(entries[..count], entry.Address);
            if (index >= 0)
            {
                entries[index] = entries[index].Merge(entry, now);
            }
            else
            {
                // Stored and not kept so far, so it is claimed.
                entries[count++] = stored.Find(entry.Address)?.Merge(entry, now) ?? entry;
            }
        }

        return count;
    }

    // What stands otherwise: all that is stored, and what comes in merged into it one by one.
    private static int Combine(
        MultiaddressesWithStats stored,
        MultiaddressesWithStats incoming,
        DateTimeOffset now,
        Span<MultiaddrWithStats> entries,
        bool addUnknown)
    {
        stored.Entries.CopyTo(entries);
        int count = stored.Count;
        foreach (MultiaddrWithStats entry in incoming)
        {
            int index = MultiaddressesWithStats.IndexOf(entries[..count], entry.Address);
            if (index >= 0)
            {
                entries[index] = entries[index].Merge(entry, now);
            }
            else if (addUnknown)
            {
                entries[count++] = entry;
            }
        }

        return count;
    }
}
