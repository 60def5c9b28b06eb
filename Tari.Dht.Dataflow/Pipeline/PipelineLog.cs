using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Diagnostics;

namespace Tari.Dht.Dataflow.Pipeline;

internal static partial class PipelineLog
{
    // A peer decides how often this happens, so it is Debug.
    [LoggerMessage(DhtEventId.MessageDiscarded, LogLevel.Debug, "Discarded message {Tag} at {Stage}: {Reason}")]
    public static partial void MessageDiscarded(this ILogger logger, ulong tag, StageName stage, DropReason reason);

    [LoggerMessage(DhtEventId.StageFaulted, LogLevel.Error, "Stage {Stage} failed on a message; the message is lost, the stage goes on")]
    public static partial void StageFaulted(this ILogger logger, StageName stage, Exception error);

    [LoggerMessage(DhtEventId.ObserverFaulted, LogLevel.Error, "The discard observer failed on message {Tag}")]
    public static partial void ObserverFaulted(this ILogger logger, ulong tag, Exception error);

    [LoggerMessage(
        DhtEventId.StoppingCallbackFaulted,
        LogLevel.Error,
        "A callback on the stopping token failed; the pipeline stops all the same")]
    public static partial void StoppingCallbackFaulted(this ILogger logger, Exception error);

    [LoggerMessage(
        DhtEventId.PipelineStopping,
        LogLevel.Warning,
        "Shutdown deadline passed: the {Pipeline} pipeline discards what is left")]
    public static partial void PipelineStopping(this ILogger logger, string pipeline);

    [LoggerMessage(
        DhtEventId.PipelineStopped,
        LogLevel.Debug,
        "The {Pipeline} pipeline stopped; {Discarded} messages discarded at the deadline")]
    public static partial void PipelineStopped(this ILogger logger, string pipeline, long discarded);
}
