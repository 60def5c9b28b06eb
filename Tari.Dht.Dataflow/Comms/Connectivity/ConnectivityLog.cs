using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Connectivity;

internal static partial class ConnectivityLog
{
    [LoggerMessage(ConnectivityEventId.StepFailed, LogLevel.Error, "A transport failed where it must not; connectivity goes on without it")]
    public static partial void ConnectivityStepFailed(this ILogger logger, Exception error);

    [LoggerMessage(ConnectivityEventId.RefreshFailed, LogLevel.Warning, "A refresh of the connections failed; the next one tries again")]
    public static partial void ConnectivityRefreshFailed(this ILogger logger, Exception error);

    [LoggerMessage(ConnectivityEventId.CollectionFailed, LogLevel.Warning, "The peer store was not cleared of what is too much")]
    public static partial void PeerCollectionFailed(this ILogger logger, Exception error);

    [LoggerMessage(ConnectivityEventId.StatusChanged, LogLevel.Information, "Connectivity: {State} with {Nodes} nodes")]
    public static partial void ConnectivityStatusChanged(this ILogger logger, ConnectivityState state, int nodes);

    [LoggerMessage(ConnectivityEventId.PeerBanned, LogLevel.Debug, "Banned {Peer} for {Duration}: {Reason}")]
    public static partial void PeerBanned(this ILogger logger, NodeId peer, TimeSpan duration, string reason);

    [LoggerMessage(ConnectivityEventId.BanNotStored, LogLevel.Warning, "The ban of {Peer} was not stored")]
    public static partial void BanNotStored(this ILogger logger, NodeId peer, Exception error);

    [LoggerMessage(ConnectivityEventId.ConnectionsClosed, LogLevel.Debug, "Closes {Count} connections: {Reason}")]
    public static partial void ConnectionsClosed(this ILogger logger, int count, string reason);

    [LoggerMessage(ConnectivityEventId.DialsBegun, LogLevel.Debug, "Dials {Count} peers, because only {Nodes} nodes are connected")]
    public static partial void ProactiveDialsBegun(this ILogger logger, int count, int nodes);
}
