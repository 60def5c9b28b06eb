using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>The decryption stage without blocks.</summary>
internal sealed class DecryptionWork(DecryptionRun run, int batchSize) : IWorkRun
{
    public void Prepare() => run.Prepare();

    public Task RunAsync()
    {
        run.Decrypt(batchSize);
        return Task.CompletedTask;
    }

    public void Finish() => run.Finish();

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}

/// <summary>The inbound graph.</summary>
internal sealed class InboundWork(InboundRun run, int messages) : IWorkRun
{
    public void Prepare()
    {
    }

    public Task RunAsync() => run.FeedAsync(messages);

    public void Finish()
    {
    }

    public ValueTask DisposeAsync() => run.DisposeAsync();
}

/// <summary>The outbound graph.</summary>
internal sealed class OutboundWork(OutboundRun run, int requests, int atOnce) : IWorkRun
{
    public void Prepare()
    {
    }

    public Task RunAsync() => run.SendAsync(requests, atOnce);

    public void Finish()
    {
    }

    public ValueTask DisposeAsync() => run.DisposeAsync();
}

/// <summary>One function, over and over.</summary>
internal sealed class KernelWork(Action kernel, int calls) : IWorkRun
{
    public void Prepare()
    {
    }

    public Task RunAsync()
    {
        for (int i = 0; i < calls; i++)
        {
            kernel();
        }

        return Task.CompletedTask;
    }

    public void Finish()
    {
    }

    public ValueTask DisposeAsync() => ValueTask.CompletedTask;
}
