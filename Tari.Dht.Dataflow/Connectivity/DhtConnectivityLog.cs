using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>What the pool of connections has to say.</summary>
internal static partial class DhtConnectivityLog
{
    [LoggerMessage(
        DhtConnectivityEventId.PoolRefreshed,
        LogLevel.Debug,
        "The pool was refreshed: {Connected} of {Size} connected, {Pending} being dialled, {Dialled} new ones, {Released} released, "
        + "churn {Churn}")]
    public static partial void PoolRefreshed(
        this ILogger logger, int connected, int size, int pending, int dialled, int released, bool churn);

    [LoggerMessage(
        DhtConnectivityEventId.RefreshFailed, LogLevel.Warning, "The pool of connections could not be refreshed; nobody new is in it")]
    public static partial void RefreshFailed(this ILogger logger, Exception exception);

    [LoggerMessage(DhtConnectivityEventId.TurnFailed, LogLevel.Warning, "The pool of connections could not deal with {What}")]
    public static partial void TurnFailed(this ILogger logger, Exception exception, string what);

    [LoggerMessage(DhtConnectivityEventId.DisconnectFailed, LogLevel.Debug, "The connection to {Peer} could not be closed")]
    public static partial void DisconnectFailed(this ILogger logger, Exception exception, NodeId peer);

    [LoggerMessage(
        DhtConnectivityEventId.PoolStarved,
        LogLevel.Warning,
        "The pool of connections starves: {Outbound} of {Size} peers that this node dialled are connected, for {Ticks} looks in a row")]
    public static partial void PoolStarved(this ILogger logger, int outbound, int size, int ticks);

    [LoggerMessage(
        DhtConnectivityEventId.LearnedPeersStored,
        LogLevel.Debug,
        "{Count} of {All} peers that a rebootstrap brought are to be dialled first")]
    public static partial void LearnedPeersStored(this ILogger logger, int count, int all);

    [LoggerMessage(
        DhtConnectivityEventId.LearnedPeersNotStored, LogLevel.Warning, "The peers that a rebootstrap brought could not be looked at")]
    public static partial void LearnedPeersNotStored(this ILogger logger, Exception exception);

    [LoggerMessage(DhtConnectivityEventId.ConnectionRefused, LogLevel.Debug, "The pool has no place for {Peer} ({Reason})")]
    public static partial void ConnectionRefused(this ILogger logger, NodeId peer, string reason);

    [LoggerMessage(
        DhtConnectivityEventId.JoinFailed, LogLevel.Warning, "The join that was due when the node came online could not be sent")]
    public static partial void JoinFailed(this ILogger logger, Exception exception);

    [LoggerMessage(
        DhtConnectivityEventId.FewTcpv4Nodes,
        LogLevel.Warning,
        "Only {Count} of {Connected} connections of the pool are TCP over IPv4, which is below the ratio of {Ratio}")]
    public static partial void FewTcpv4Nodes(this ILogger logger, int count, int connected, float ratio);

    [LoggerMessage(
        DhtConnectivityEventId.EnoughTcpv4Nodes,
        LogLevel.Information,
        "{Count} of {Connected} connections of the pool are TCP over IPv4, which is enough")]
    public static partial void EnoughTcpv4Nodes(this ILogger logger, int count, int connected);

    [LoggerMessage(
        DhtConnectivityEventId.PoolState,
        LogLevel.Debug,
        "Pool of {Size}: {Outbound} outbound, {Inbound} inbound, {Pending} being dialled, {BackedOff} have to wait, {Learned} learned")]
    public static partial void PoolState(
        this ILogger logger, int size, int outbound, int inbound, int pending, int backedOff, int learned);

    [LoggerMessage(DhtConnectivityEventId.EventsMissed, LogLevel.Warning, "{Count} events of connectivity were missed")]
    public static partial void EventsMissed(this ILogger logger, long count);

    [LoggerMessage(DhtConnectivityEventId.MemberReplaced, LogLevel.Debug, "{Peer} has left the pool; {Count} others are dialled for it")]
    public static partial void MemberReplaced(this ILogger logger, NodeId peer, int count);

    [LoggerMessage(DhtConnectivityEventId.LoopFailed, LogLevel.Error, "The pool of connections has ended and the node goes on without it")]
    public static partial void LoopFailed(this ILogger logger, Exception exception);
}
