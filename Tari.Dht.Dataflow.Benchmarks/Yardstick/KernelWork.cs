namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>One function, over and over.</summary>
internal sealed class KernelWork(Action kernel, int calls) : IWorkRun
{
    public Task RunAsync()
    {
        for (int i = 0; i < calls; i++)
        {
            kernel();
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
