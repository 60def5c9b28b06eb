namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>Chooses which of too many connections to close.</summary>
internal static class Reaper
{
    // A node in use has a stream of messages in each direction.
    private const int IdleSubstreams = 3;

    private static readonly TimeSpan s_stalled = TimeSpan.FromSeconds(30);

    /// <summary>Leaves those to close at the front of a list, the first ones first: write-stalled before idle, older before younger.</summary>
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

        int kept = 0;
        for (int i = 0; i < entries.Count; i++)
        {
            if (IsReapable(entries[i].Connection!, now, inactiveAge))
            {
                entries[kept++] = entries[i];
            }
        }

        entries.RemoveRange(kept, entries.Count - kept);
        if (kept > 1)
        {
            entries.Sort(static (left, right) => Compare(left.Connection!, right.Connection!));
        }

        if (kept > excess)
        {
            entries.RemoveRange(excess, kept - excess);
        }
    }

    /// <summary>Whether a connection may be closed because there are too many.</summary>
    public static bool IsReapable(IPeerConnection connection, DateTimeOffset now, TimeSpan inactiveAge) =>
        !connection.IsStronglyHeld && (IsStalled(connection) || IsIdle(connection, now, inactiveAge));

    private static bool IsStalled(IPeerConnection connection) => connection.WriteStalledFor >= s_stalled;

    // The pool's own handle is one.
    private static bool IsIdle(IPeerConnection connection, DateTimeOffset now, TimeSpan inactiveAge) =>
        now - connection.ConnectedAt > inactiveAge && connection.HandleCount <= 1 && connection.SubstreamCount < IdleSubstreams;

    private static int Compare(IPeerConnection left, IPeerConnection right)
    {
        int order = IsStalled(right).CompareTo(IsStalled(left));
        order = order != 0 ? order : left.ConnectedAt.CompareTo(right.ConnectedAt);
        return order != 0 ? order : left.Id.CompareTo(right.Id);
    }
}
