using System.Globalization;

namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>A mean duration over at most 100 samples, in whole nanoseconds; the sample after these weighs 1/101.</summary>
/// <remarks>The reference's durations reach beyond <see cref="TimeSpan"/>, in both directions. A value of 16 bytes.</remarks>
public readonly struct RunningMean : IEquatable<RunningMean>
{
    /// <summary>The number of samples is not counted any further.</summary>
    public const int MaxSamples = 100;

    private const uint NanosecondsPerSecond = 1_000_000_000;
    private const uint NanosecondsPerTick = 100;

    // Below these, mean * samples + sample stays within 64 bits, where a division is several times cheaper.
    private const ulong ShortSeconds = 1_000_000;
    private const uint FewSamples = 10_000;

    private readonly ulong _seconds;

    // One more than the nanoseconds, so that the default has no mean.
    private readonly uint _nanosecondsPlusOne;

    /// <param name="nanoseconds">The mean, cut to <see cref="MaxNanoseconds"/>; null for none.</param>
    /// <param name="samples">Samples so far; more than <see cref="MaxSamples"/> are kept, as a store may have them.</param>
    public RunningMean(UInt128? nanoseconds, uint samples)
    {
        Samples = samples;
        if (nanoseconds is { } value)
        {
            (_seconds, uint rest) = Split(value);
            _nanosecondsPlusOne = rest + 1;
        }
    }

    /// <summary>The longest duration of the reference, and the longest mean: a nanosecond less than 2^64 seconds.</summary>
    public static UInt128 MaxNanoseconds => ((UInt128)ulong.MaxValue * NanosecondsPerSecond) + (NanosecondsPerSecond - 1);

    /// <summary>The mean in nanoseconds; null when there is none.</summary>
    public UInt128? Nanoseconds => HasMean ? ((UInt128)_seconds * NanosecondsPerSecond) + (_nanosecondsPlusOne - 1) : null;

    /// <summary>The mean, cut to whole ticks and to the longest span; null when there is none.</summary>
    public TimeSpan? Mean =>
        Nanoseconds is { } value ? new TimeSpan((long)UInt128.Min(value / NanosecondsPerTick, long.MaxValue)) : null;

    /// <summary>Samples so far.</summary>
    public uint Samples { get; }

    /// <summary>Whether there is a mean. One can be there without samples, and the other way round, in what a store holds.</summary>
    public bool HasMean => _nanosecondsPlusOne != 0;

    /// <summary>The mean in tenths of a second, cut, and at most <see cref="int.MaxValue"/>; 0 without a mean.</summary>
    internal int TenthsOfSecond =>
        !HasMean ? 0
        : _seconds >= int.MaxValue / 10 ? int.MaxValue
        : ((int)_seconds * 10) + (int)((_nanosecondsPlusOne - 1) / (NanosecondsPerSecond / 10));

    /// <summary>The mean with one more sample.</summary>
    /// <param name="sample">The sample, not negative.</param>
    /// <exception cref="ArgumentOutOfRangeException">The sample is negative.</exception>
    public RunningMean Add(TimeSpan sample) => Add(ToNanoseconds(sample));

    /// <summary>The mean with one more sample; cut to whole nanoseconds.</summary>
    /// <param name="nanoseconds">The sample, cut to <see cref="MaxNanoseconds"/>.</param>
    public RunningMean Add(UInt128 nanoseconds)
    {
        // A missing mean counts as 0, also where a store has samples without one.
        uint samples = Samples < MaxSamples ? Samples + 1 : Samples;
        if (_seconds < ShortSeconds && Samples < FewSamples && nanoseconds < (UInt128)ShortSeconds * NanosecondsPerSecond)
        {
            ulong mean = HasMean ? (_seconds * NanosecondsPerSecond) + (_nanosecondsPlusOne - 1) : 0;
            return new RunningMean((((mean * Samples) + (ulong)nanoseconds) / (Samples + 1)), samples);
        }

        // Less than 2^94 times less than 2^32: no overflow.
        UInt128 sum = ((Nanoseconds ?? 0) * Samples) + UInt128.Min(nanoseconds, MaxNanoseconds);
        return new RunningMean(sum / (Samples + 1UL), samples);
    }

    /// <summary>Whichever has more samples; this one when they are equal.</summary>
    /// <param name="other">The mean that was measured elsewhere.</param>
    public RunningMean Merge(in RunningMean other) => other.Samples > Samples ? other : this;

    /// <inheritdoc/>
    public bool Equals(RunningMean other) =>
        _seconds == other._seconds && _nanosecondsPlusOne == other._nanosecondsPlusOne && Samples == other.Samples;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RunningMean other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_seconds, _nanosecondsPlusOne, Samples);

    /// <summary>Milliseconds and samples, such as <c>130 ms (4)</c>; without a mean <c>- (0)</c>.</summary>
    public override string ToString() => Nanoseconds is { } value
        ? string.Create(CultureInfo.InvariantCulture, $"{value / 1_000_000} ms ({Samples})")
        : string.Create(CultureInfo.InvariantCulture, $"- ({Samples})");

    /// <summary>Equality of mean and samples.</summary>
    public static bool operator ==(RunningMean left, RunningMean right) => left.Equals(right);

    /// <summary>Inequality of mean or samples.</summary>
    public static bool operator !=(RunningMean left, RunningMean right) => !left.Equals(right);

    /// <summary>A span in nanoseconds.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The span is negative.</exception>
    internal static UInt128 ToNanoseconds(TimeSpan duration)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        return (UInt128)duration.Ticks * NanosecondsPerTick;
    }

    private static (ulong Seconds, uint Nanoseconds) Split(UInt128 nanoseconds)
    {
        if (nanoseconds <= ulong.MaxValue)
        {
            (ulong seconds, ulong rest) = Math.DivRem((ulong)nanoseconds, NanosecondsPerSecond);
            return (seconds, (uint)rest);
        }

        if (nanoseconds >= MaxNanoseconds)
        {
            return (ulong.MaxValue, NanosecondsPerSecond - 1);
        }

        (UInt128 quotient, UInt128 remainder) = UInt128.DivRem(nanoseconds, NanosecondsPerSecond);
        return ((ulong)quotient, (uint)remainder);
    }
}
