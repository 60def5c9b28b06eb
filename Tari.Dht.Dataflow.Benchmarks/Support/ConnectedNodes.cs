using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>Connectivity with connections to some nodes that never change; only good to select from. Thread safe.</summary>
internal sealed class ConnectedNodes(NodeId[] nodes) : IConnectivity
{
    private readonly Lock _gate = new();
    private readonly NodeId[] _nodes = [.. nodes];
    private readonly Random _random = new(1);
    private readonly EventPublisher<ConnectivityEvent> _events = new(1);

    public ConnectivityStatus Status => new(ConnectivityState.Online, _nodes.Length);

    /// <summary>Shuffles as many nodes to the front as it takes.</summary>
    public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(ConnectivitySelection selection, CancellationToken cancellationToken = default)
    {
        var selected = new NodeId[Math.Min(selection.Count ?? _nodes.Length, _nodes.Length)];
        int count = 0;
        lock (_gate)
        {
            for (int i = 0; i < _nodes.Length && count < selected.Length; i++)
            {
                int choice = _random.Next(i, _nodes.Length);
                (_nodes[i], _nodes[choice]) = (_nodes[choice], _nodes[i]);
                if (!IsExcluded(selection.Excluded, _nodes[i]))
                {
                    selected[count++] = _nodes[i];
                }
            }
        }

        return new(count == selected.Length ? selected : selected[..count]);
    }

    public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) => new((PeerConnectionHandle?)null);

    public ValueTask<PeerConnectionHandle> DialPeerAsync(NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public void RequestManyDials(ReadOnlySpan<NodeId> peers) => throw new NotSupportedException();

    public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) => throw new NotSupportedException();

    public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) => ValueTask.FromResult(false);

    public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default) =>
        ValueTask.FromResult<IReadOnlyList<NodeId>>([]);

    public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default) => ValueTask.CompletedTask;

    public EventSubscription<ConnectivityEvent> Subscribe() => _events.Subscribe();

    private static bool IsExcluded(IReadOnlyList<NodeId> excluded, in NodeId node)
    {
        for (int i = 0; i < excluded.Count; i++)
        {
            if (excluded[i] == node)
            {
                return true;
            }
        }

        return false;
    }
}
