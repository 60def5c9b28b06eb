using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What network discovery has to say.</summary>
internal static partial class NetworkDiscoveryLog
{
    [LoggerMessage(NetworkDiscoveryEventId.StateBegan, LogLevel.Debug, "Network discovery: {State}")]
    public static partial void StateBegan(this ILogger logger, NetworkDiscoveryState state);

    [LoggerMessage(
        NetworkDiscoveryEventId.RoundEnded,
        LogLevel.Debug,
        "Network discovery: a round asked {Asked} peers, {Answered} answered, {New} new and {Known} known peers")]
    public static partial void RoundEnded(this ILogger logger, int asked, int answered, int @new, int known);

    [LoggerMessage(NetworkDiscoveryEventId.DialFailed, LogLevel.Debug, "Network discovery: {Peer} could not be dialled: {Reason}")]
    public static partial void DiscoveryDialFailed(this ILogger logger, NodeId peer, string reason);

    [LoggerMessage(NetworkDiscoveryEventId.SyncFailed, LogLevel.Debug, "Network discovery: {Peer} did not answer as it should: {Reason}")]
    public static partial void SyncFailed(this ILogger logger, NodeId peer, string reason);

    [LoggerMessage(
        NetworkDiscoveryEventId.CallFailed,
        LogLevel.Warning,
        "Network discovery: the transport failed while {Peer} was asked; the peer counts as one that did not answer")]
    public static partial void CallFailed(this ILogger logger, Exception exception, NodeId peer);

    [LoggerMessage(NetworkDiscoveryEventId.DisconnectFailed, LogLevel.Debug, "Network discovery: {Peer} could not be disconnected")]
    public static partial void DisconnectFailed(this ILogger logger, Exception exception, NodeId peer);

    [LoggerMessage(
        NetworkDiscoveryEventId.SeedProviderFailed,
        LogLevel.Warning,
        "The provider of seeds failed; those that are known are asked")]
    public static partial void SeedProviderFailed(this ILogger logger, Exception exception);

    [LoggerMessage(NetworkDiscoveryEventId.ResolvedSeedNotStored, LogLevel.Warning, "Seed {Peer} was passed over: {Reason}")]
    public static partial void ResolvedSeedNotStored(this ILogger logger, NodeId peer, string reason);

    [LoggerMessage(
        NetworkDiscoveryEventId.Rebootstrapped,
        LogLevel.Information,
        "The rebootstrap asked {Seeds} seeds and {Connected} connected peers that answered, and learned {Learned} peers")]
    public static partial void Rebootstrapped(this ILogger logger, int seeds, int connected, int learned);

    [LoggerMessage(
        NetworkDiscoveryEventId.RebootstrapTimedOut,
        LogLevel.Warning,
        "The rebootstrap took longer than {Limit}; what it has so far counts")]
    public static partial void RebootstrapTimedOut(this ILogger logger, TimeSpan limit);

    [LoggerMessage(
        NetworkDiscoveryEventId.ConnectionsUnknown,
        LogLevel.Warning,
        "Network discovery: connectivity does not tell who is connected")]
    public static partial void ConnectionsUnknown(this ILogger logger, Exception exception);

    [LoggerMessage(NetworkDiscoveryEventId.EventsMissed, LogLevel.Debug, "Network discovery missed {Count} events of connectivity")]
    public static partial void ConnectivityEventsMissed(this ILogger logger, long count);

    [LoggerMessage(NetworkDiscoveryEventId.StateFailed, LogLevel.Error, "Network discovery failed in {State}, and goes on after a pause")]
    public static partial void StateFailed(this ILogger logger, Exception exception, NetworkDiscoveryState state);

    [LoggerMessage(
        NetworkDiscoveryEventId.LoopFailed,
        LogLevel.Error,
        "Network discovery failed between states, after {State}, and goes on after a pause")]
    public static partial void LoopFailed(this ILogger logger, Exception exception, NetworkDiscoveryState state);

    [LoggerMessage(NetworkDiscoveryEventId.Ended, LogLevel.Critical, "Network discovery has failed and does not go on")]
    public static partial void DiscoveryEnded(this ILogger logger, Exception exception);

    [LoggerMessage(
        NetworkDiscoveryEventId.OffenderUnknown,
        LogLevel.Debug,
        "{Peer} is not in the peer store any more, and not banned: {Reason}")]
    public static partial void OffenderUnknown(this ILogger logger, NodeId peer, string reason);

    [LoggerMessage(NetworkDiscoveryEventId.PrimaryBootstrapComplete, LogLevel.Information, "The first bootstrap is done")]
    public static partial void PrimaryBootstrapDone(this ILogger logger);

    [LoggerMessage(NetworkDiscoveryEventId.Disabled, LogLevel.Information, "Network discovery is disabled")]
    public static partial void NetworkDiscoveryDisabled(this ILogger logger);
}
