namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Ends a stream of responses whose reader takes nothing for too long.</summary>
/// <remarks>
/// One timer for the whole stream, which looks whether anything moved since it looked last: a reader that stalls is left after once to
/// twice the limit.
/// </remarks>
internal sealed class StallGuard : IDisposable
{
    private readonly CancellationTokenSource _stop;
    private readonly ITimer _timer;
    private long _sent;
    private long _sentBefore;
    private volatile bool _isStalled;

    /// <param name="limit">How long a response may wait for the reader.</param>
    /// <param name="timeProvider">Measures that.</param>
    /// <param name="cancellationToken">Ends the stream too.</param>
    public StallGuard(TimeSpan limit, TimeProvider timeProvider, CancellationToken cancellationToken)
    {
        _stop = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _timer = timeProvider.CreateTimer(static state => ((StallGuard)state!).Look(), this, limit, limit);
    }

    /// <summary>Fires when the stream has to end.</summary>
    public CancellationToken Token => _stop.Token;

    /// <summary>Whether the reader stalled.</summary>
    public bool IsStalled => _isStalled;

    /// <summary>Notes that the reader took a response.</summary>
    public void NoteSent() => Volatile.Write(ref _sent, _sent + 1);

    /// <inheritdoc/>
    public void Dispose()
    {
        _timer.Dispose();
        _stop.Dispose();
    }

    private void Look()
    {
        long sent = Volatile.Read(ref _sent);
        if (sent != _sentBefore)
        {
            _sentBefore = sent;
            return;
        }

        _isStalled = true;
        try
        {
            _stop.Cancel();
        }
        catch (ObjectDisposedException)
        {
            // The stream ended while the timer fired.
            _isStalled = false;
        }
    }
}
