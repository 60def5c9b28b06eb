using System.Buffers;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

internal sealed partial class PeerIndex
{
    private const long KnownGoodWindow = TimeSpan.TicksPerHour;

    /// <summary>Draws peers for a message: all equally likely, none twice.</summary>
    /// <remarks>
    /// As many candidates are looked at as it takes to find enough that are suitable, so a filter that hardly any passes costs a look at
    /// all. Those that are known as good are drawn among the peers of the last hour, and come before those that fill up.
    /// </remarks>
    /// <param name="query">What to draw.</param>
    /// <param name="now">The time by which bans end and the last hour began.</param>
    /// <param name="random">Makes the choice.</param>
    /// <param name="results">Given the peers, with external addresses only; a peer without such an address has the empty one.</param>
    public void DrawRandom(in RandomPeersQuery query, DateTimeOffset now, Random random, List<Peer> results)
    {
        if (query.Count <= 0)
        {
            return;
        }

        if (!query.KnownGood)
        {
            DrawAny(query, query.Count, now.UtcTicks, random, results);
            return;
        }

        int[] drawn = [];
        int found = 0;
        try
        {
            drawn = CopySeenAfter(now.UtcTicks - KnownGoodWindow, out int length);
            DrawKnownGood(query, drawn.AsSpan(0, length), ref found, now.UtcTicks, random, results);
            DrawAny(query, query.Count - found, now.UtcTicks, random, results);
        }
        finally
        {
            foreach (int slot in drawn.AsSpan(0, found))
            {
                _slots[slot].IsDrawn = false;
            }
        }

        ArrayPool<int>.Shared.Return(drawn);
    }

    /// <summary>The slots last seen after a time, in a rented array.</summary>
    private int[] CopySeenAfter(long time, out int length)
    {
        int[] slots = ArrayPool<int>.Shared.Rent(16);
        length = 0;
        for (RecencyList.Cursor cursor = _seen.Latest(); cursor.IsValid && _slots[cursor.Slot].LastSeen > time; cursor.Advance(1))
        {
            if (length == slots.Length)
            {
                int[] longer = ArrayPool<int>.Shared.Rent(length * 2);
                slots.CopyTo(longer, 0);
                ArrayPool<int>.Shared.Return(slots);
                slots = longer;
            }

            slots[length++] = cursor.Slot;
        }

        return slots;
    }

    /// <summary>Shuffles slots until enough are found, which stand at the beginning then and are marked.</summary>
    private void DrawKnownGood(
        in RandomPeersQuery query, Span<int> slots, ref int found, long now, Random random, List<Peer> results)
    {
        for (int taken = 0; taken < slots.Length && found < query.Count; taken++)
        {
            int choice = random.Next(taken, slots.Length);
            (slots[taken], slots[choice]) = (slots[choice], slots[taken]);
            int slot = slots[taken];
            ref PeerSlot peer = ref _slots[slot];
            if (peer.IsCandidate && IsKnownGood(peer, query, now) && IsSuitable(slot, query, now))
            {
                peer.IsDrawn = true;
                (slots[found], slots[taken]) = (slots[taken], slots[found]);
                found++;
                results.Add(WithExternalAddresses(slot));
            }
        }
    }

    /// <summary>Shuffles the candidates until enough are found that are not marked.</summary>
    private void DrawAny(in RandomPeersQuery query, int count, long now, Random random, List<Peer> results)
    {
        int unflagged = query.Flags is null or PeerFlags.None ? _unflagged.Count : 0;
        int flagged = query.Flags is PeerFlags.None ? 0 : _flagged.Count;
        int takenUnflagged = 0;
        int takenFlagged = 0;
        while (count > 0 && unflagged + flagged > 0)
        {
            // A choice among the rest of both, as if they were one.
            int choice = random.Next(unflagged + flagged);
            int slot;
            if (choice < unflagged)
            {
                slot = _unflagged.Take(_slots, takenUnflagged++, choice);
                unflagged--;
            }
            else
            {
                slot = _flagged.Take(_slots, takenFlagged++, choice - unflagged);
                flagged--;
            }

            if (!_slots[slot].IsDrawn && IsSuitable(slot, query, now))
            {
                count--;
                results.Add(WithExternalAddresses(slot));
            }
        }
    }

    private bool IsSuitable(int slot, in RandomPeersQuery query, long now)
    {
        ref PeerSlot peer = ref _slots[slot];
        return !peer.IsBanned(now) && peer.IsOf(query.Transports) && (query.Flags is null || peer.Flags == query.Flags)
            && !IsExcluded(query.Excluded, _peers[slot]!);
    }

    /// <summary>Whether one row is both of the kinds asked for and of the last hour.</summary>
    private static bool IsKnownGood(in PeerSlot peer, in RandomPeersQuery query, long now)
    {
        foreach (ref AddressRow row in peer.Rows.AsSpan())
        {
            if (row.LastSeen > now - KnownGoodWindow && row.IsOf(query.Transports))
            {
                return true;
            }
        }

        return false;
    }
}
