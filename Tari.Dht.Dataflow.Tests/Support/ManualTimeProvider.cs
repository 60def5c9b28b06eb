using Tari.Dht.Dataflow.Comms.Memory;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>A clock that stands still until it is told to go on, with timers that fire only then.</summary>
/// <remarks>
/// <para>
/// <see cref="Advance"/> fires every timer that falls due on the way, as <see cref="VirtualTime"/> has it, on the calling thread. A timer
/// armed with a due time of zero fires in the next <see cref="Advance"/>, even one of <see cref="TimeSpan.Zero"/>. Callbacks may create,
/// change and dispose of timers, but not advance the clock.
/// </para>
/// <para>Thread safe; one thread at a time may advance.</para>
/// </remarks>
internal sealed class ManualTimeProvider : TimeProvider
{
    private const int FiringLimit = 1_000_000;

    private readonly VirtualTime _time;
    private long _shiftTicks;
    private int _advancing;

    /// <param name="start">The wall clock at the start; 2030-01-01 UTC if not given.</param>
    public ManualTimeProvider(DateTimeOffset? start = null) => _time = new VirtualTime(start);

    public override long TimestampFrequency => _time.TimestampFrequency;

    public override TimeZoneInfo LocalTimeZone => TimeZoneInfo.Utc;

    /// <summary>Timers that are armed; 0 when nothing is left behind.</summary>
    public int ArmedTimers => _time.ArmedTimers;

    public override DateTimeOffset GetUtcNow() => _time.GetUtcNow().AddTicks(Interlocked.Read(ref _shiftTicks));

    public override long GetTimestamp() => _time.GetTimestamp();

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period) =>
        _time.CreateTimer(callback, state, dueTime, period);

    /// <summary>Lets time pass and fires the timers that fall due.</summary>
    /// <param name="by">Zero or more.</param>
    public void Advance(TimeSpan by)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(by, TimeSpan.Zero);
        if (Interlocked.Exchange(ref _advancing, 1) != 0)
        {
            throw new InvalidOperationException("The clock is being advanced already.");
        }

        try
        {
            TimeSpan target = _time.Elapsed + by;
            for (int fired = 0; _time.FireNext(target); fired++)
            {
                if (fired == FiringLimit)
                {
                    throw new InvalidOperationException(
                        $"{FiringLimit} timers fired and no end: one re-arms itself without letting time pass.");
                }
            }

            _time.MoveTo(target);
        }
        finally
        {
            Volatile.Write(ref _advancing, 0);
        }
    }

    /// <summary>Sets the wall clock forward or back, as an operator would: no time passes and no timer fires.</summary>
    public void ShiftWallClock(TimeSpan by) => Interlocked.Add(ref _shiftTicks, by.Ticks);
}
