namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>A mean duration over at most 100 samples, in whole nanoseconds; the sample after these weighs 1/101.</summary>
/// <remarks>The reference's durations reach beyond <see cref="TimeSpan"/>, in both directions, and so do its vectors. A value.</remarks>
public readonly struct RunningMean : IEquatable<RunningMean>
{
    /// <summary>The number of samples is not counted any further.</summary>
    public const int MaxSamples = 100;

    // One more than the mean, so that the default has none.
    private readonly UInt128 _nanosecondsPlusOne;

    /// <param name="nanoseconds">The mean; null for none.</param>
    /// <param name="samples">Samples so far.</param>
    public RunningMean(UInt128? nanoseconds, uint samples)
    {
        _nanosecondsPlusOne = nanoseconds is { } value ? value + 1 : 0;
        Samples = samples;
    }

    /// <summary>The mean in nanoseconds; null when there is none.</summary>
    public UInt128? Nanoseconds => _nanosecondsPlusOne == 0 ? null : _nanosecondsPlusOne - 1;

    /// <summary>Samples so far.</summary>
    public uint Samples { get; }

    /// <inheritdoc/>
    public bool Equals(RunningMean other) => _nanosecondsPlusOne == other._nanosecondsPlusOne && Samples == other.Samples;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is RunningMean other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_nanosecondsPlusOne, Samples);

    /// <summary>Equality of mean and samples.</summary>
    public static bool operator ==(RunningMean left, RunningMean right) => left.Equals(right);

    /// <summary>Inequality of mean or samples.</summary>
    public static bool operator !=(RunningMean left, RunningMean right) => !left.Equals(right);
}
