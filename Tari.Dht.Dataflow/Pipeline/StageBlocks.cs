using System.Diagnostics;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>The adapter that turns a stage for one message at a time into a block.</summary>
/// <remarks>
/// The delegates given to blocks never throw: that would fault the block and strand what it holds. A discarded message leaves its block as null,
/// which <see cref="PipelineGraph"/> lets go to nowhere.
/// </remarks>
internal static class StageBlocks
{
    public static TransformBlock<TIn, TOut?> ToBlock<TIn, TOut>(
        this IStage<TIn, TOut> stage, ExecutionDataflowBlockOptions options, Settlement settlement)
        where TIn : class, IDhtMessage
        where TOut : class, IDhtMessage =>
        new(message => Run(stage, message, settlement), options);

    public static TransformBlock<TIn, TOut?> ToBlock<TIn, TOut>(
        this IAsyncStage<TIn, TOut> stage, ExecutionDataflowBlockOptions options, Settlement settlement)
        where TIn : class, IDhtMessage
        where TOut : class, IDhtMessage =>
        new(message => RunAsync(stage, message, settlement), options);

    /// <summary>A stage whose result stands for several messages, which leave one by one.</summary>
    public static TransformManyBlock<TIn, TOut> ToFanOutBlock<TIn, TOut>(
        this IStage<TIn, FanOut<TOut>> stage, ExecutionDataflowBlockOptions options, Settlement settlement)
        where TIn : class, IDhtMessage
        where TOut : class, IDhtMessage =>
        new(message => Run(stage, message, settlement)?.Messages ?? [], options);

    private static TOut? Run<TIn, TOut>(IStage<TIn, TOut> stage, TIn message, Settlement settlement)
        where TIn : class, IDhtMessage
        where TOut : class
    {
        StageResult<TOut> result;
        long start = settlement.Metrics.StageDurationEnabled ? Stopwatch.GetTimestamp() : 0;
        try
        {
            result = settlement.Stopping ? DropReason.Stopping : stage.Process(message);
        }
        catch (Exception error)
        {
            result = settlement.Fault(stage.Name, error);
        }

        return Settle(stage.Name, message, result, start, settlement);
    }

    private static async Task<TOut?> RunAsync<TIn, TOut>(IAsyncStage<TIn, TOut> stage, TIn message, Settlement settlement)
        where TIn : class, IDhtMessage
        where TOut : class
    {
        StageResult<TOut> result;
        long start = settlement.Metrics.StageDurationEnabled ? Stopwatch.GetTimestamp() : 0;
        try
        {
            result = settlement.Stopping ? DropReason.Stopping : await stage.ProcessAsync(message, settlement.StoppingToken);
        }
        catch (OperationCanceledException) when (settlement.Stopping)
        {
            result = DropReason.Stopping;
        }
        catch (Exception error)
        {
            result = settlement.Fault(stage.Name, error);
        }

        return Settle(stage.Name, message, result, start, settlement);
    }

    private static TOut? Settle<TIn, TOut>(StageName stage, TIn message, StageResult<TOut> result, long start, Settlement settlement)
        where TIn : class, IDhtMessage
        where TOut : class
    {
        if (start != 0)
        {
            settlement.Metrics.StageWorked(stage.Name(), start, 1);
        }

        // A kept message may be gone by now, and is not this adapter's any more.
        if (result.IsDiscarded)
        {
            settlement.Discard(stage, message, result.Reason);
        }

        return result.Message;
    }
}
