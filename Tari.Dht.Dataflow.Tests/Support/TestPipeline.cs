using System.Threading.Tasks.Dataflow;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Options of a graph that a test builds.</summary>
internal sealed record TestPipelineOptions : PipelineOptions;

/// <summary>A graph that a test builds of its own stages.</summary>
internal sealed class TestPipeline : PipelineBlock<TestMessage, TestMessage>
{
    public TestPipeline(
        TestPipelineOptions options, Func<PipelineGraph, (ITargetBlock<TestMessage> Head, ISourceBlock<TestMessage?> Tail)> build)
        : base("test", options, new Settlement(NullLogger.Instance, new DhtMetrics(), options.DiscardObserver), build)
    {
    }
}

/// <summary>A stage from a delegate.</summary>
internal sealed class DelegateStage(Func<TestMessage, StageResult<TestMessage>> process, StageName name = StageName.Metrics)
    : IStage<TestMessage, TestMessage>
{
    public StageName Name => name;

    public StageResult<TestMessage> Process(TestMessage message) => process(message);
}

/// <summary>An asynchronous stage from a delegate.</summary>
internal sealed class AsyncDelegateStage(Func<TestMessage, CancellationToken, ValueTask<StageResult<TestMessage>>> process)
    : IAsyncStage<TestMessage, TestMessage>
{
    public StageName Name => StageName.Broadcast;

    public ValueTask<StageResult<TestMessage>> ProcessAsync(TestMessage message, CancellationToken stopping) => process(message, stopping);
}

/// <summary>A batch stage from a delegate, which remembers how large its batches were.</summary>
internal sealed class DelegateBatchStage(DelegateBatchStage.Work work) : IBatchStage<TestMessage, TestMessage>
{
    private readonly Lock _lock = new();
    private readonly List<int> _sizes = [];

    internal delegate void Work(ReadOnlySpan<TestMessage> batch, Span<StageResult<TestMessage>> results);

    public StageName Name => StageName.Decryption;

    public IReadOnlyList<int> BatchSizes
    {
        get
        {
            lock (_lock)
            {
                return [.. _sizes];
            }
        }
    }

    public static void PassAll(ReadOnlySpan<TestMessage> batch, Span<StageResult<TestMessage>> results)
    {
        for (int i = 0; i < batch.Length; i++)
        {
            results[i] = batch[i];
        }
    }

    public void Process(ReadOnlySpan<TestMessage> batch, Span<StageResult<TestMessage>> results)
    {
        lock (_lock)
        {
            _sizes.Add(batch.Length);
        }

        work(batch, results);
    }
}

/// <summary>A filter from a delegate.</summary>
internal sealed class DelegateFilter(Func<TestMessage, bool> accepts, DropReason reason = DropReason.Expired) : ILinkFilter<TestMessage>
{
    public StageName Name => StageName.ExpiryFilter;

    public DropReason Reason => reason;

    public bool Accepts(TestMessage message) => accepts(message);
}
