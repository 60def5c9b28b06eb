namespace Tari.Dht.Dataflow.Events;

/// <summary>A reader's place in a stream of events.</summary>
/// <typeparam name="T">The events.</typeparam>
/// <remarks>
/// Holds a bounded number of events; when a slow reader lets it fill up, the oldest ones are lost and their number is told with the next
/// one. For one reader at a time. Disposing it ends the subscription.
/// </remarks>
public sealed class EventSubscription<T> : IDisposable
    where T : class
{
    private readonly EventPublisher<T> _publisher;
    private readonly Queue<T> _events = new();
    private long _missed;
    private TaskCompletionSource? _waiting;
    private bool _ended;

    internal EventSubscription(EventPublisher<T> publisher) => _publisher = publisher;

    /// <summary>The next event.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    /// <returns>The event, with the number of events lost before it; null when there will be no more.</returns>
    public async ValueTask<ReceivedEvent<T>?> ReadAsync(CancellationToken cancellationToken = default)
    {
        while (true)
        {
            TaskCompletionSource waiting;
            lock (_publisher.Gate)
            {
                if (_events.TryDequeue(out T? next))
                {
                    long missed = _missed;
                    _missed = 0;
                    return new ReceivedEvent<T>(next, missed);
                }

                if (_ended)
                {
                    return null;
                }

                // The events come on the publisher's thread; what a reader does with them must not.
                if (_waiting is null || _waiting.Task.IsCompleted)
                {
                    _waiting = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
                }

                waiting = _waiting;
            }

            // Cancelled directly, as WaitAsync would resume on the thread pool and not where the reader runs.
            using (cancellationToken.UnsafeRegister(
                static (state, token) => ((TaskCompletionSource)state!).TrySetCanceled(token), waiting))
            {
                await waiting.Task;
            }
        }
    }

    /// <summary>The events as they come, until there are no more.</summary>
    /// <param name="cancellationToken">Ends the waiting.</param>
    public async IAsyncEnumerable<ReceivedEvent<T>> ReadAllAsync(
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        while (await ReadAsync(cancellationToken) is { } received)
        {
            yield return received;
        }
    }

    /// <summary>Ends the subscription; a reader that waits is told that there will be no more.</summary>
    public void Dispose() => _publisher.Unsubscribe(this);

    /// <summary>Takes an event. Called with the publisher's lock held.</summary>
    /// <returns>Who waits for it; to be completed outside the lock.</returns>
    internal TaskCompletionSource? Offer(T published, int capacity)
    {
        if (_events.Count == capacity)
        {
            _events.Dequeue();
            _missed++;
        }

        _events.Enqueue(published);
        return TakeWaiting();
    }

    /// <summary>There will be no more events. Called with the publisher's lock held.</summary>
    /// <returns>Who waits for one; to be completed outside the lock.</returns>
    internal TaskCompletionSource? End()
    {
        _ended = true;
        return TakeWaiting();
    }

    private TaskCompletionSource? TakeWaiting()
    {
        TaskCompletionSource? waiting = _waiting;
        _waiting = null;
        return waiting;
    }
}
