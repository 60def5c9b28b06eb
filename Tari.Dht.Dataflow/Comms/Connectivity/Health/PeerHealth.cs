namespace Tari.Dht.Dataflow.Comms.Connectivity.Health;

/// <summary>How the last dials to a peer went, and whether it is left alone because of them.</summary>
/// <remarks>
/// Times are those of one clock that never goes back. The breaker opens when enough dials in a row fail; after an interval one dial tries
/// the peer again, whose success closes it and whose failure opens it anew. Not thread safe.
/// </remarks>
internal sealed class PeerHealth
{
    /// <summary>Dials that count at most.</summary>
    public const int MaxAttempts = 100;

    // What every peer starts with, so to speak: one success in four dials.
    private const double PriorSuccesses = 1;
    private const double PriorAttempts = 4;
    private const double FailurePenalty = 0.1;

    // A ring of times in ticks, each doubled, with the lowest bit for a success.
    private long[] _attempts = new long[4];
    private int _first;
    private int _count;
    private int _successes;
    private TimeSpan _turnedAt;

    /// <summary>What the breaker does.</summary>
    public BreakerState Breaker { get; private set; }

    /// <summary>Failures since the last success.</summary>
    public int ConsecutiveFailures { get; private set; }

    /// <summary>When the last dial ended.</summary>
    public TimeSpan LastAttempt { get; private set; }

    /// <summary>The share of dials that succeeded, cautiously for the first few; a quarter without any.</summary>
    public double SuccessRate => (PriorSuccesses + _successes) / (PriorAttempts + _count);

    /// <summary>What the peer is worth among candidates, 0 to 1; 0 while it is left alone.</summary>
    public double Score => Breaker == BreakerState.Open ? 0 : Math.Clamp(SuccessRate - (FailurePenalty * ConsecutiveFailures), 0, 1);

    /// <summary>Whether a dial that nobody asked for may be made.</summary>
    /// <param name="now">The time.</param>
    /// <param name="retryInterval">How long a peer is left alone.</param>
    public bool MayDial(TimeSpan now, TimeSpan retryInterval) => Breaker == BreakerState.Closed || now - _turnedAt >= retryInterval;

    /// <summary>A dial begins. After the interval it is the one that tries the peer again.</summary>
    /// <param name="now">The time.</param>
    /// <param name="retryInterval">How long a peer is left alone.</param>
    public void OnDialStarted(TimeSpan now, TimeSpan retryInterval)
    {
        if (Breaker != BreakerState.Closed && MayDial(now, retryInterval))
        {
            Breaker = BreakerState.HalfOpen;
            _turnedAt = now;
        }
    }

    /// <summary>A dial succeeded.</summary>
    /// <param name="now">The time.</param>
    public void OnSuccess(TimeSpan now)
    {
        Add(now, isSuccess: true);
        ConsecutiveFailures = 0;
        Breaker = BreakerState.Closed;
    }

    /// <summary>A dial failed.</summary>
    /// <param name="now">The time.</param>
    /// <param name="threshold">Failures in a row that open the breaker.</param>
    public void OnFailure(TimeSpan now, int threshold)
    {
        Add(now, isSuccess: false);
        ConsecutiveFailures++;
        bool opens = Breaker == BreakerState.HalfOpen || (Breaker == BreakerState.Closed && ConsecutiveFailures >= threshold);
        if (opens)
        {
            Breaker = BreakerState.Open;
            _turnedAt = now;
        }
    }

    /// <summary>Forgets dials that ended before a time.</summary>
    /// <param name="since">The earliest time that counts.</param>
    public void Forget(TimeSpan since)
    {
        while (_count > 0 && _attempts[_first] >> 1 < since.Ticks)
        {
            DropFirst();
        }
    }

    private void Add(TimeSpan now, bool isSuccess)
    {
        if (_count == MaxAttempts)
        {
            DropFirst();
        }
        else if (_count == _attempts.Length)
        {
            long[] more = new long[Math.Min(2 * _count, MaxAttempts)];
            for (int i = 0; i < _count; i++)
            {
                more[i] = _attempts[(_first + i) % _count];
            }

            _attempts = more;
            _first = 0;
        }

        _attempts[(_first + _count) % _attempts.Length] = (now.Ticks << 1) | (isSuccess ? 1L : 0L);
        _count++;
        _successes += isSuccess ? 1 : 0;
        LastAttempt = now;
    }

    private void DropFirst()
    {
        _successes -= (int)(_attempts[_first] & 1);
        _first = (_first + 1) % _attempts.Length;
        _count--;
    }
}
