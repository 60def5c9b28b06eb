using System.Diagnostics;

namespace Tari.Dht.Dataflow.Diagnostics;

/// <summary>Tells of a failure of what tells of failures: once per place, to the process's trace.</summary>
internal static class LastResort
{
    /// <summary>Reports the first failure of a place.</summary>
    /// <param name="reported">The place's mark, 0 at first.</param>
    /// <param name="what">What failed.</param>
    /// <param name="error">How.</param>
    public static void Report(ref int reported, string what, Exception error)
    {
        if (Interlocked.Exchange(ref reported, 1) == 0)
        {
            Trace.TraceError($"Tari.Dht.Dataflow: {what} failed; messages go on without it. {error}");
        }
    }
}
