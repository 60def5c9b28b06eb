namespace Tari.Dht.Dataflow.Tests.Protocol;

/// <summary>Measures what a piece of code allocates on its thread.</summary>
internal static class AllocationProbe
{
    /// <summary>Bytes allocated by a thousand runs, after the code was run in.</summary>
    public static long BytesOf(Action action)
    {
        for (int i = 0; i < 100; i++)
        {
            action();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 1000; i++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
