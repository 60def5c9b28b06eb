using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>The outbound graph.</summary>
internal sealed class OutboundWork(OutboundRun run, int requests, int atOnce) : IWorkRun
{
    public Task RunAsync() => run.SendAsync(requests, atOnce);

    public ValueTask DisposeAsync() => run.DisposeAsync();
}
