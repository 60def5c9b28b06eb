using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Connectivity of which one member does not answer until it is told to, and heeds no token.</summary>
/// <param name="inner">Answers everything else.</param>
/// <param name="stuck">The member's name.</param>
internal sealed class StuckConnectivity(IConnectivity inner, string stuck) : IConnectivity
{
    private readonly TaskCompletionSource _released = new();

    /// <summary>How often the member was called.</summary>
    public int Calls { get; private set; }

    public ConnectivityStatus Status => inner.Status;

    /// <summary>Lets the member answer.</summary>
    public void Release() => _released.SetResult();

    /// <summary>Lets the member fail.</summary>
    public void Fail(Exception error) => _released.SetException(error);

    public ValueTask<PeerConnectionHandle> DialPeerAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) =>
        inner.DialPeerAsync(peer, strength, cancellationToken);

    public void RequestManyDials(ReadOnlySpan<NodeId> peers) => inner.RequestManyDials(peers);

    public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(ConnectivitySelection selection, CancellationToken cancellationToken = default) =>
        Ask(() => inner.SelectNodesAsync(selection, cancellationToken), nameof(SelectNodesAsync));

    public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) =>
        Ask(() => inner.GetConnectionAsync(peer, strength, cancellationToken), nameof(GetConnectionAsync));

    public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default) =>
        Ask(() => inner.GetActiveConnectionsAsync(cancellationToken), nameof(GetActiveConnectionsAsync));

    public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default) =>
        Ask(() => inner.BanPeerUntilAsync(peer, duration, reason, cancellationToken), nameof(BanPeerUntilAsync));

    public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
        Ask(() => inner.AddPeerToAllowListAsync(peer, cancellationToken), nameof(AddPeerToAllowListAsync));

    public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
        Ask(() => inner.RemovePeerFromAllowListAsync(peer, cancellationToken), nameof(RemovePeerFromAllowListAsync));

    public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
        Ask(() => inner.IsOnAllowListAsync(peer, cancellationToken), nameof(IsOnAllowListAsync));

    public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default) =>
        Ask(() => inner.GetAllowListAsync(cancellationToken), nameof(GetAllowListAsync));

    public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Ask(() => inner.WaitForConnectivityAsync(timeout, cancellationToken), nameof(WaitForConnectivityAsync));

    public EventSubscription<ConnectivityEvent> Subscribe() => inner.Subscribe();

    private bool IsStuck(string member)
    {
        Calls += member == stuck ? 1 : 0;
        return member == stuck;
    }

    private async ValueTask<T> Ask<T>(Func<ValueTask<T>> ask, string member)
    {
        if (IsStuck(member))
        {
            await _released.Task;
        }

        return await ask();
    }

    private async ValueTask Ask(Func<ValueTask> ask, string member)
    {
        if (IsStuck(member))
        {
            await _released.Task;
        }

        await ask();
    }
}
