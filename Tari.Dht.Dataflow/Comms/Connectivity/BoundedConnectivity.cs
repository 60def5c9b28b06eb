using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Events;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>
/// Holds a transport to what <see cref="IConnectivity"/> promises: a question is over after 10 s, and at once when its token fires. A node whose
/// transport hangs so goes on, and can be stopped.
/// </summary>
/// <remarks>
/// What the transport answers synchronously, as it nearly always does, passes through. An answer that comes too late is dropped, and its
/// handles are disposed. Dials pass through, as who dials says for how long. Thread safe.
/// </remarks>
internal sealed class BoundedConnectivity : IConnectivity
{
    /// <summary>How long an answer may take.</summary>
    public static readonly TimeSpan Limit = TimeSpan.FromSeconds(10);

    private readonly IConnectivity _inner;
    private readonly TimeProvider _timeProvider;

    /// <param name="inner">The transport's.</param>
    /// <param name="timeProvider">Measures how long it takes.</param>
    public BoundedConnectivity(IConnectivity inner, TimeProvider timeProvider)
    {
        ArgumentNullException.ThrowIfNull(inner);
        ArgumentNullException.ThrowIfNull(timeProvider);
        _inner = inner;
        _timeProvider = timeProvider;
    }

    /// <inheritdoc/>
    public ConnectivityStatus Status => _inner.Status;

    /// <inheritdoc/>
    public ValueTask<PeerConnectionHandle> DialPeerAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) =>
        _inner.DialPeerAsync(peer, strength, cancellationToken);

    /// <inheritdoc/>
    public void RequestManyDials(ReadOnlySpan<NodeId> peers) => _inner.RequestManyDials(peers);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeId>> SelectNodesAsync(ConnectivitySelection selection, CancellationToken cancellationToken = default) =>
        Bound(_inner.SelectNodesAsync(selection, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<PeerConnectionHandle?> GetConnectionAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default) =>
        Bound(_inner.GetConnectionAsync(peer, strength, cancellationToken), cancellationToken, static handle => handle?.Dispose());

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<PeerConnectionHandle>> GetActiveConnectionsAsync(CancellationToken cancellationToken = default) =>
        Bound(_inner.GetActiveConnectionsAsync(cancellationToken), cancellationToken, static handles =>
        {
            foreach (PeerConnectionHandle handle in handles)
            {
                handle.Dispose();
            }
        });

    /// <inheritdoc/>
    public ValueTask BanPeerUntilAsync(NodeId peer, TimeSpan duration, string reason, CancellationToken cancellationToken = default) =>
        Bound(_inner.BanPeerUntilAsync(peer, duration, reason, cancellationToken), Limit, cancellationToken);

    /// <inheritdoc/>
    public ValueTask AddPeerToAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
        Bound(_inner.AddPeerToAllowListAsync(peer, cancellationToken), Limit, cancellationToken);

    /// <inheritdoc/>
    public ValueTask RemovePeerFromAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
        Bound(_inner.RemovePeerFromAllowListAsync(peer, cancellationToken), Limit, cancellationToken);

    /// <inheritdoc/>
    public ValueTask<bool> IsOnAllowListAsync(NodeId peer, CancellationToken cancellationToken = default) =>
        Bound(_inner.IsOnAllowListAsync(peer, cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask<IReadOnlyList<NodeId>> GetAllowListAsync(CancellationToken cancellationToken = default) =>
        Bound(_inner.GetAllowListAsync(cancellationToken), cancellationToken);

    /// <inheritdoc/>
    public ValueTask WaitForConnectivityAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
        Bound(
            _inner.WaitForConnectivityAsync(timeout, cancellationToken),
            timeout == Timeout.InfiniteTimeSpan ? timeout : TimerLimit.AtMost(TimerLimit.AtMost(timeout) + Limit),
            cancellationToken);

    /// <inheritdoc/>
    public EventSubscription<ConnectivityEvent> Subscribe() => _inner.Subscribe();

    private static ConnectivityException TooLate() => new(ConnectivityError.RequestTimedOut, "The transport does not answer.");

    private ValueTask Bound(ValueTask asked, TimeSpan limit, CancellationToken cancellationToken) =>
        asked.IsCompletedSuccessfully ? asked : new ValueTask(WaitAsync(asked.AsTask(), limit, cancellationToken));

    private ValueTask<T> Bound<T>(ValueTask<T> asked, CancellationToken cancellationToken, Action<T>? release = null) =>
        asked.IsCompletedSuccessfully ? asked : new ValueTask<T>(WaitAsync(asked.AsTask(), release, cancellationToken));

    private async Task WaitAsync(Task asked, TimeSpan limit, CancellationToken cancellationToken)
    {
        try
        {
            await asked.WaitHereAsync(limit, _timeProvider, cancellationToken);
        }
        catch (TimeoutException) when (!asked.IsFaulted)
        {
            throw TooLate();
        }
    }

    private async Task<T> WaitAsync<T>(Task<T> asked, Action<T>? release, CancellationToken cancellationToken)
    {
        try
        {
            await WaitAsync(asked, Limit, cancellationToken);
        }
        catch when (!asked.IsFaulted && release is not null)
        {
            asked.ReleaseWhenItComes(release);
            throw;
        }

        return await asked;
    }
}
