namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>Chooses which of too many connections to close.</summary>
internal static class Reaper
{
    // A node in use has a stream of messages in each direction.
    private const int IdleSubstreams = 3;

    private static readonly TimeSpan s_stalled = TimeSpan.FromSeconds(30);
    private static readonly Comparer<PoolEntry> s_byAge = Comparer<PoolEntry>.Create(CompareAges);

    /// <summary>
    /// Leaves those to close at the front of a list, the first ones first: write-stalled before idle, older before younger.
    /// </summary>
    /// <param name="entries">Entries with live connections of one direction; the rest of them is cut off.</param>
    /// <param name="excess">How many there are too many.</param>
    /// <param name="now">The wall clock.</param>
    /// <param name="inactiveAge">The age from which an unused connection counts as idle.</param>
    public static void KeepThoseToClose(List<PoolEntry> entries, int excess, DateTimeOffset now, TimeSpan inactiveAge)
    {
        if (excess <= 0)
        {
            entries.Clear();
            return;
        }

        // A connection may stall or go on while this runs, so each is looked at once.
        int kept = 0, stalled = 0;
        for (int i = 0; i < entries.Count; i++)
        {
            PoolEntry entry = entries[i];
            if (IsReapable(entry.Connection!, now, inactiveAge, out bool isStalled))
            {
                entries[kept++] = entry;
                if (isStalled)
                {
                    (entries[stalled], entries[kept - 1]) = (entry, entries[stalled]);
                    stalled++;
                }
            }
        }

        entries.RemoveRange(kept, entries.Count - kept);
        entries.Sort(0, stalled, s_byAge);
        entries.Sort(stalled, kept - stalled, s_byAge);
        if (kept > excess)
        {
            entries.RemoveRange(excess, kept - excess);
        }
    }

    /// <summary>Whether a connection may be closed because there are too many.</summary>
    public static bool IsReapable(IPeerConnection connection, DateTimeOffset now, TimeSpan inactiveAge, out bool isStalled)
    {
        isStalled = connection.WriteStalledFor >= s_stalled;
        return !connection.IsStronglyHeld && (isStalled || IsIdle(connection, now, inactiveAge));
    }

    // The pool's own handle is one.
    private static bool IsIdle(IPeerConnection connection, DateTimeOffset now, TimeSpan inactiveAge) =>
        now - connection.ConnectedAt > inactiveAge && connection.HandleCount <= 1 && connection.SubstreamCount < IdleSubstreams;

    private static int CompareAges(PoolEntry left, PoolEntry right)
    {
        int order = left.Connection!.ConnectedAt.CompareTo(right.Connection!.ConnectedAt);
        return order != 0 ? order : left.Connection.Id.CompareTo(right.Connection.Id);
    }
}
