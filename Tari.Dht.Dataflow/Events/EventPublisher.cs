namespace Tari.Dht.Dataflow.Events;

/// <summary>Sends events to whoever is subscribed. Never waits for a reader.</summary>
/// <typeparam name="T">The events.</typeparam>
/// <remarks>Thread safe. Subscribers share the event objects, and get those published after they subscribed.</remarks>
public sealed class EventPublisher<T>
    where T : class
{
    private readonly int _capacity;
    private readonly List<EventSubscription<T>> _subscriptions = [];
    private bool _ended;

    /// <param name="capacity">Events that a slow reader may fall behind, at least 1.</param>
    public EventPublisher(int capacity)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(capacity, 1);
        _capacity = capacity;
    }

    internal Lock Gate { get; } = new();

    /// <summary>The events from now on.</summary>
    public EventSubscription<T> Subscribe()
    {
        var subscription = new EventSubscription<T>(this);
        lock (Gate)
        {
            if (_ended)
            {
                subscription.End();
            }
            else
            {
                _subscriptions.Add(subscription);
            }
        }

        return subscription;
    }

    /// <summary>Sends an event; lost without a subscriber, and after <see cref="Complete"/>.</summary>
    /// <param name="published">The event.</param>
    public void Publish(T published)
    {
        ArgumentNullException.ThrowIfNull(published);
        List<TaskCompletionSource>? waiting = null;
        lock (Gate)
        {
            foreach (EventSubscription<T> subscription in _subscriptions)
            {
                if (subscription.Offer(published, _capacity) is { } waiter)
                {
                    (waiting ??= []).Add(waiter);
                }
            }
        }

        Wake(waiting);
    }

    /// <summary>Ends all subscriptions once what they hold is read.</summary>
    public void Complete()
    {
        List<TaskCompletionSource>? waiting = null;
        lock (Gate)
        {
            _ended = true;
            foreach (EventSubscription<T> subscription in _subscriptions)
            {
                if (subscription.End() is { } waiter)
                {
                    (waiting ??= []).Add(waiter);
                }
            }

            _subscriptions.Clear();
        }

        Wake(waiting);
    }

    internal void Unsubscribe(EventSubscription<T> subscription)
    {
        TaskCompletionSource? waiter;
        lock (Gate)
        {
            _subscriptions.Remove(subscription);
            waiter = subscription.End();
        }

        waiter?.TrySetResult();
    }

    private static void Wake(List<TaskCompletionSource>? waiting)
    {
        foreach (TaskCompletionSource waiter in waiting ?? [])
        {
            waiter.TrySetResult();
        }
    }
}
