namespace Tari.Dht.Dataflow.Comms.Connectivity.Management;

/// <summary>A task that waits for a connection.</summary>
internal sealed class DialReply(TaskScheduler scheduler) : IDialObserver, IDeadline
{
    public TaskCompletionSource<PeerConnectionHandle> Source { get; } = new();

    public bool IsObsolete => Source.Task.IsCompleted;

    public void OnConnected(PeerConnectionHandle handle) => DeferredResult.Complete(scheduler, Source, handle);

    public void OnFailed(ConnectivityException error) => DeferredResult.Fail(scheduler, Source, error);

    public void OnDue() =>
        DeferredResult.Fail(scheduler, Source, new ConnectivityException(ConnectivityError.DialTimedOut, "The dial took too long."));

    /// <summary>Waits, on the scheduler of whoever waits.</summary>
    public ValueTask<PeerConnectionHandle> WaitAsync(CancellationToken cancellationToken) =>
        cancellationToken.CanBeCanceled ? WaitUnlessCancelledAsync(cancellationToken) : new ValueTask<PeerConnectionHandle>(Source.Task);

    private async ValueTask<PeerConnectionHandle> WaitUnlessCancelledAsync(CancellationToken cancellationToken)
    {
        // The source is cancelled itself, so that a handle which comes too late is disposed and not lost.
        using (cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<PeerConnectionHandle>)state!).TrySetCanceled(token), Source))
        {
            return await Source.Task;
        }
    }
}
