using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Selects the peers that a test names and remembers the strategies it was asked for.</summary>
internal sealed class ScriptedPeerSelector(params NodeId[] peers) : IPeerSelector
{
    private readonly Lock _lock = new();
    private readonly List<BroadcastStrategy> _asked = [];

    /// <summary>Thrown instead of an answer.</summary>
    public Exception? Failure { get; set; }

    public IReadOnlyList<BroadcastStrategy> Asked
    {
        get
        {
            lock (_lock)
            {
                return [.. _asked];
            }
        }
    }

    public ValueTask<IReadOnlyList<NodeId>> SelectPeersAsync(BroadcastStrategy strategy, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _asked.Add(strategy);
        }

        return Failure is null
            ? ValueTask.FromResult<IReadOnlyList<NodeId>>(peers)
            : ValueTask.FromException<IReadOnlyList<NodeId>>(Failure);
    }
}
