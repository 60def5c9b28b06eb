using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>Calls for peers to a node that knows many. An operation is one peer that is passed on.</summary>
internal sealed class GetPeersServeWork(int known, int operations) : IWorkRun
{
    private readonly PeerServing _serving = PeerServing.Create(known);
    private readonly int _calls = Math.Max(1, operations / PeerServing.Served);

    public async Task RunAsync()
    {
        for (int i = 0; i < _calls; i++)
        {
            await _serving.ServeAsync();
        }
    }

    public ValueTask DisposeAsync() => _serving.DisposeAsync();
}
