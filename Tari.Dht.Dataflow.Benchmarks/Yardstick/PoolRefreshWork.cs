using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>Refreshes of an empty pool of connections by a node that knows many peers.</summary>
internal sealed class PoolRefreshWork(int peers, int refreshes) : IWorkRun
{
    // The pool has 12 places; for each two are dialled at most.
    private const int Dialled = 24;

    private readonly PoolRefreshes _pool = new(peers);

    public Task RunAsync()
    {
        for (int i = 0; i < refreshes; i++)
        {
            int dials = _pool.Refresh();
            if (dials != Dialled)
            {
                throw new InvalidOperationException($"{dials} dials.");
            }
        }

        return Task.CompletedTask;
    }

    public ValueTask DisposeAsync() => _pool.DisposeAsync();
}
