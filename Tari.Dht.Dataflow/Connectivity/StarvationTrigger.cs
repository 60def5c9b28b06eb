namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>Decides when a pool has starved for long enough to ask for new peers, and not too often.</summary>
/// <remarks>
/// It fires at a number of starved ticks in a row, and then again while the pool starves, each time after twice the pause. A pool that is
/// well for the shortest pause halves the pause, and clears the record once it is the shortest. Knows no clock: times are since some fixed
/// moment. Not thread safe.
/// </remarks>
internal sealed class StarvationTrigger
{
    private readonly int _ticksNeeded;
    private readonly TimeSpan _shortest;
    private readonly TimeSpan _longest;
    private readonly Random? _jitter;
    private (TimeSpan At, TimeSpan Cooldown, TimeSpan Wait)? _fired;
    private TimeSpan? _healthySince;
    private int _extraTick;

    /// <param name="ticksNeeded">Starved ticks in a row until it fires, at least 1.</param>
    /// <param name="shortest">The pause after the first time; the longest one if that is shorter.</param>
    /// <param name="longest">The longest pause.</param>
    /// <param name="jitter">
    /// Spreads nodes that starve at the same time: up to one tick more at first, and a quarter of each pause more or less. Null for none.
    /// </param>
    public StarvationTrigger(int ticksNeeded, TimeSpan shortest, TimeSpan longest, Random? jitter)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(ticksNeeded, 1);
        ArgumentOutOfRangeException.ThrowIfLessThan(shortest, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfLessThan(longest, TimeSpan.Zero);
        _ticksNeeded = ticksNeeded;
        _shortest = shortest < longest ? shortest : longest;
        _longest = longest;
        _jitter = jitter;
    }

    /// <summary>Starved ticks in a row.</summary>
    public int StarvedTicks { get; private set; }

    /// <summary>The pause after the last time it fired, before jitter; null when nothing is on record.</summary>
    public TimeSpan? Cooldown => _fired?.Cooldown;

    /// <summary>How much of the pause is left; zero when it is over or there is none.</summary>
    /// <param name="now">The time.</param>
    public TimeSpan RemainingWait(TimeSpan now) =>
        _fired is { } fired && fired.Wait > now - fired.At ? fired.Wait - (now - fired.At) : TimeSpan.Zero;

    /// <summary>A tick.</summary>
    /// <param name="isStarved">Whether the pool has too few members.</param>
    /// <param name="now">The time; not before that of an earlier tick.</param>
    /// <returns>Whether to ask for new peers now.</returns>
    public bool OnTick(bool isStarved, TimeSpan now)
    {
        if (!isStarved)
        {
            OnHealthy(now);
            return false;
        }

        _healthySince = null;
        if (StarvedTicks == 0)
        {
            _extraTick = _jitter?.Next(2) ?? 0;
        }

        StarvedTicks = StarvedTicks < int.MaxValue ? StarvedTicks + 1 : int.MaxValue;
        long needed = (long)_ticksNeeded + (_fired is null ? _extraTick : 0);
        if (StarvedTicks < needed || RemainingWait(now) > TimeSpan.Zero)
        {
            return false;
        }

        TimeSpan cooldown = _fired is not { } last ? _shortest
            : last.Cooldown > _longest / 2 ? _longest
            : last.Cooldown * 2;
        _fired = (now, cooldown, WaitOf(cooldown));
        return true;
    }

    private void OnHealthy(TimeSpan now)
    {
        StarvedTicks = 0;
        _healthySince ??= now;
        if (now - _healthySince < _shortest)
        {
            return;
        }

        _healthySince = now;
        if (_fired is { } fired && fired.Cooldown > _shortest)
        {
            TimeSpan cooldown = fired.Cooldown / 2 > _shortest ? fired.Cooldown / 2 : _shortest;
            _fired = (fired.At, cooldown, WaitOf(cooldown));
        }
        else
        {
            _fired = null;
        }
    }

    private TimeSpan WaitOf(TimeSpan cooldown)
    {
        if (_jitter is null)
        {
            return cooldown;
        }

        double ticks = cooldown.Ticks * (0.75 + (0.5 * _jitter.NextDouble()));
        return ticks < TimeSpan.MaxValue.Ticks ? new TimeSpan((long)ticks) : cooldown;
    }
}
