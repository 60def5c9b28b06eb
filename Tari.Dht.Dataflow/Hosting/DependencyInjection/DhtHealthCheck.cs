using System.Globalization;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Connectivity;

namespace Tari.Dht.Dataflow.Hosting.DependencyInjection;

/// <summary>
/// Unhealthy when the node does not run or a store does not do what it is for, degraded when the node is connected to nobody or its pool of
/// connections starves, healthy otherwise.
/// </summary>
internal sealed class DhtHealthCheck : IHealthCheck
{
    private readonly DhtHost _host;

    /// <param name="host">Who runs the node.</param>
    public DhtHealthCheck(DhtHost host) => _host = host;

    /// <inheritdoc/>
    public Task<HealthCheckResult> CheckHealthAsync(HealthCheckContext context, CancellationToken cancellationToken = default) =>
        Task.FromResult(_host.TryGetDht(out Dht? dht) ? Judge(dht.GetStatus()) : HealthCheckResult.Unhealthy("The node does not run."));

    /// <summary>What a status means.</summary>
    /// <param name="status">The status.</param>
    public static HealthCheckResult Judge(DhtStatus status)
    {
        var data = new Dictionary<string, object>
        {
            ["connectivity"] = status.Connectivity.State.ToString(),
            ["nodes"] = status.Connectivity.Nodes,
            ["poolWanted"] = status.Pool.Size,
            ["poolOutbound"] = status.Pool.ConnectedOutbound,
            ["poolInbound"] = status.Pool.ConnectedInbound,
            ["networkDiscovery"] = status.NetworkDiscovery.State.ToString(),
            ["peers"] = status.Peers,
            ["peerStore"] = status.PeerStore.ToString(),
            ["dedupEntries"] = status.DedupEntries,
            ["discoveries"] = status.DiscoveriesInFlight,
        };
        return (status.IsRunning, status.AreStoresHealthy, status.Connectivity.State) switch
        {
            (false, _, _) => HealthCheckResult.Unhealthy("The node has ended.", data: data),
            (_, false, _) => HealthCheckResult.Unhealthy(Store(status), data: data),
            (_, _, ConnectivityState.Offline) => HealthCheckResult.Degraded("The node is connected to nobody.", data: data),
            _ when status.Pool.IsStarving => HealthCheckResult.Degraded(Starved(status.Pool), data: data),
            _ => HealthCheckResult.Healthy(data: data),
        };
    }

    private static string Starved(PoolStatus pool) => string.Create(
        CultureInfo.InvariantCulture,
        $"The pool of connections starves: {pool.ConnectedOutbound} of {pool.Size} peers that this node dialled are connected.");

    private static string Store(DhtStatus status) =>
        !status.IsDedupAvailable ? "The duplicate cache cannot be written, so no message passes."
        : !status.IsMetadataAvailable ? "The metadata of the node cannot be written."
        : "The peer store cannot be written.";
}
