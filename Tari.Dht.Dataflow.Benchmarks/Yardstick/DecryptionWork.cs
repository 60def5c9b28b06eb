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
