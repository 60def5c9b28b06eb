using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Hosting;

/// <summary>What the assembled node has to say.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(
        HostingEventId.SettingClamped,
        LogLevel.Warning,
        "The setting {Setting} is out of its range; the nearest value in it is used")]
    public static partial void SettingClamped(this ILogger logger, string setting);

    [LoggerMessage(HostingEventId.PartEnded, LogLevel.Warning, "The node stops, because its {Part} has ended")]
    public static partial void PartEnded(this ILogger logger, Exception? exception, string part);

    [LoggerMessage(
        HostingEventId.PartNotEnded,
        LogLevel.Error,
        "The {Part} failed while the node stopped; the other parts are stopped all the same")]
    public static partial void PartNotEnded(this ILogger logger, Exception exception, string part);

    [LoggerMessage(HostingEventId.NodeStarted, LogLevel.Information, "The node {Node} has started")]
    public static partial void NodeStarted(this ILogger logger, NodeId node);

    [LoggerMessage(HostingEventId.NodeStopped, LogLevel.Information, "The node {Node} has stopped; {Discarded} messages were discarded")]
    public static partial void NodeStopped(this ILogger logger, NodeId node, long discarded);
}
