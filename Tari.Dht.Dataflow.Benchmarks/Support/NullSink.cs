using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>
/// The end of a graph: looks at each message, disposes it and counts down. It has no queue, so it costs no hop of its own.
/// </summary>
/// <remarks>Register it as the graph's observer of discards too, so that a lost message fails the run instead of hanging it.</remarks>
/// <typeparam name="T">The graph's messages.</typeparam>
internal abstract class NullSink<T> : ITargetBlock<T>, IDiscardObserver
    where T : class, IDhtMessage
{
    private TaskCompletionSource _arrived = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int _left;

    public Task Completion { get; } = new TaskCompletionSource().Task;

    /// <summary>Starts to count. No message may be under way.</summary>
    /// <param name="count">Messages that will come.</param>
    /// <returns>Ends when so many have come; faulted if one of them was wrong or never will.</returns>
    public Task Expect(int count)
    {
        _arrived = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Volatile.Write(ref _left, count);
        return _arrived.Task;
    }

    public DataflowMessageStatus OfferMessage(
        DataflowMessageHeader messageHeader, T messageValue, ISourceBlock<T>? source, bool consumeToAccept)
    {
        T? message = messageValue;
        if (consumeToAccept)
        {
            message = source!.ConsumeMessage(messageHeader, this, out bool consumed);
            if (!consumed)
            {
                return DataflowMessageStatus.NotAvailable;
            }
        }

        string? fault = Take(message!);
        message!.Dispose();
        if (fault is not null)
        {
            _arrived.TrySetException(new InvalidOperationException(fault));
        }
        else if (Interlocked.Decrement(ref _left) == 0)
        {
            _arrived.TrySetResult();
        }

        return DataflowMessageStatus.Accepted;
    }

    public void OnDiscarded(StageName stage, DropReason reason, ulong tag, NodeId peer) =>
        _arrived.TrySetException(new InvalidOperationException($"Message {tag} was discarded at {stage}: {reason}."));

    public void Complete()
    {
    }

    public void Fault(Exception exception) => _arrived.TrySetException(exception);

    /// <summary>Looks at a message.</summary>
    /// <returns>What is wrong with it; null for nothing.</returns>
    protected abstract string? Take(T message);
}
