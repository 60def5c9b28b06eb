using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>The inbound graph.</summary>
internal sealed class InboundWork(InboundRun run, int messages) : IWorkRun
{
    public Task RunAsync() => run.FeedAsync(messages);

    public ValueTask DisposeAsync() => run.DisposeAsync();
}
