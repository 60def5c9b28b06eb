namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A time span; whole seconds where it is given as text.</summary>
internal sealed class DurationType : SettingType<TimeSpan>
{
    private readonly TimeSpan _minimum;
    private readonly TimeSpan _maximum;

    private DurationType(TimeSpan minimum, TimeSpan maximum)
    {
        _minimum = minimum;
        _maximum = maximum;
    }

    /// <summary>Something waits this long: at most 49 days, which is what timers hold.</summary>
    public static DurationType Wait { get; } = new(TimeSpan.Zero, TimerLimit.Longest);

    /// <summary>Something is done again and again after this time: from 1 second to 49 days.</summary>
    public static DurationType Interval { get; } = new(TimeSpan.FromSeconds(1), TimerLimit.Longest);

    /// <summary>Times are compared by it, or it is added to a time: at most 100 years, so that the sum is a time.</summary>
    public static DurationType Span { get; } = new(TimeSpan.Zero, TimeSpan.FromDays(36_500));

    /// <summary>It is clamped before it is used.</summary>
    public static DurationType Clamped { get; } = new(TimeSpan.Zero, TimeSpan.MaxValue);

    public override TimeSpan Read(SettingNode node, SettingSource source)
    {
        string expected = _minimum > TimeSpan.Zero ? "a whole number of seconds from 1 on" : "a whole number of seconds from 0 on";
        if (WholeNumber.Read(node, source.IsLenient) is not { } seconds)
        {
            throw node.Kind is SettingKind.Number ? node.OutOfRange(expected) : node.WrongKind(expected);
        }

        ulong most = (ulong)(_maximum.Ticks / TimeSpan.TicksPerSecond);
        TimeSpan value = seconds > most ? _maximum : TimeSpan.FromTicks((long)seconds * TimeSpan.TicksPerSecond);
        return value < _minimum ? throw node.OutOfRange(expected) : value;
    }

    public override void Validate(TimeSpan value, string property)
    {
        if (value < _minimum || value > _maximum)
        {
            throw new ArgumentOutOfRangeException(property, value, $"{property} has to be from {_minimum} to {_maximum}, not {value}.");
        }
    }
}
