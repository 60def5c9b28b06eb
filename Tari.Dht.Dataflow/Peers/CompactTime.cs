namespace Tari.Dht.Dataflow.Peers;

/// <summary>A point in time or none, in 8 bytes; the order of the values has none first.</summary>
/// <remarks>
/// A nullable <see cref="DateTimeOffset"/> takes 24, which counts with several for each of 100 000 peers. The offset from UTC is dropped.
/// </remarks>
internal readonly struct CompactTime : IEquatable<CompactTime>
{
    // One more than the ticks, so that the default is none and the lowest.
    private readonly long _ticksPlusOne;

    public CompactTime(DateTimeOffset? time) => _ticksPlusOne = time is { } value ? value.UtcTicks + 1 : 0;

    private CompactTime(long ticksPlusOne) => _ticksPlusOne = ticksPlusOne;

    public bool HasValue => _ticksPlusOne != 0;

    /// <summary>Ticks in UTC; only with a value.</summary>
    public long UtcTicks => _ticksPlusOne - 1;

    /// <summary>The time, in UTC.</summary>
    public DateTimeOffset? Value => HasValue ? new DateTimeOffset(_ticksPlusOne - 1, TimeSpan.Zero) : null;

    /// <summary>The later one; none is the earliest.</summary>
    public static CompactTime Latest(CompactTime left, CompactTime right) => new(Math.Max(left._ticksPlusOne, right._ticksPlusOne));

    /// <summary>The earlier one; none is the earliest.</summary>
    public static CompactTime EarliestOrNone(CompactTime left, CompactTime right) => new(Math.Min(left._ticksPlusOne, right._ticksPlusOne));

    /// <summary>The earlier one; the other if one is none.</summary>
    public static CompactTime Earliest(CompactTime left, CompactTime right) =>
        !left.HasValue ? right : !right.HasValue ? left : EarliestOrNone(left, right);

    public bool IsLaterThan(CompactTime other) => _ticksPlusOne > other._ticksPlusOne;

    public bool Equals(CompactTime other) => _ticksPlusOne == other._ticksPlusOne;

    public override bool Equals(object? obj) => obj is CompactTime other && Equals(other);

    public override int GetHashCode() => _ticksPlusOne.GetHashCode();
}
