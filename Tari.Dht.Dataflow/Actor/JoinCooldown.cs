namespace Tari.Dht.Dataflow.Actor;

/// <summary>When a node that comes online may join again by itself. Knows no clock. Not thread safe.</summary>
internal sealed class JoinCooldown
{
    private readonly TimeSpan _interval;
    private TimeSpan? _last;

    /// <param name="interval">The last automatic join has to be longer ago than this.</param>
    public JoinCooldown(TimeSpan interval)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(interval, TimeSpan.Zero);
        _interval = interval;
    }

    /// <summary>Whether to join now; if so, the cooldown starts, whatever comes of the join.</summary>
    /// <param name="now">Time since some fixed moment, by a clock that nobody sets.</param>
    public bool TryStart(TimeSpan now)
    {
        if (_last is { } last && now - last <= _interval)
        {
            return false;
        }

        _last = now;
        return true;
    }
}
