namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>
/// When a node that knows too few peers, and has nobody new to ask, asks again: soon at first, then ever later until something new comes.
/// </summary>
/// <remarks>
/// Immutable. A node that starts together with its network asks its seeds before they know anyone; it must not be alone until the next
/// regular round. A node of a small network has seen everybody there is, and must not ask for ever at that rate.
/// </remarks>
internal sealed record ColdStartBackoff
{
    /// <summary>By how much a pause is shorter or longer than planned, so that nodes which started together spread.</summary>
    public const double Jitter = 0.25;

    private ColdStartBackoff(TimeSpan first, TimeSpan longest)
    {
        First = first;
        Longest = longest;
        Next = first;
    }

    /// <summary>The first pause.</summary>
    public TimeSpan First { get; }

    /// <summary>The longest one.</summary>
    public TimeSpan Longest { get; }

    /// <summary>The pause to come, without its jitter.</summary>
    public TimeSpan Next { get; private init; }

    /// <summary>When the pause that was taken ends; null when none was.</summary>
    public TimeSpan? Until { get; private init; }

    /// <summary>A back-off at its beginning.</summary>
    /// <param name="first">The first pause, above zero.</param>
    /// <param name="longest">The longest one; the first if it is shorter.</param>
    public static ColdStartBackoff Create(TimeSpan first, TimeSpan longest)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(first, TimeSpan.Zero);
        return new ColdStartBackoff(first, longest < first ? first : longest);
    }

    /// <summary>A pause with its jitter.</summary>
    /// <param name="pause">The pause as planned.</param>
    /// <param name="jitter">From 0 to 1; 0.5 changes nothing.</param>
    public static TimeSpan Spread(TimeSpan pause, double jitter) => pause * (1 - Jitter + (2 * Jitter * jitter));

    /// <summary>Whether a pause was taken and is over.</summary>
    /// <param name="now">The time.</param>
    public bool IsOver(TimeSpan now) => Until <= now;

    /// <summary>Takes a pause, and doubles the next one; one that lasts goes on as it is.</summary>
    /// <param name="now">The time.</param>
    /// <param name="jitter">From 0 to 1.</param>
    public ColdStartBackoff Pause(TimeSpan now, double jitter) => Until > now
        ? this
        : this with { Until = now + Spread(Next, jitter), Next = Doubled(Next, Longest) };

    /// <summary>The pause was used.</summary>
    public ColdStartBackoff Used() => this with { Until = null };

    /// <summary>Something new came: the next pause is the first again.</summary>
    public ColdStartBackoff Reset() => this with { Until = null, Next = First };

    /// <summary>Twice a pause, within a limit.</summary>
    /// <param name="pause">The pause.</param>
    /// <param name="longest">The limit.</param>
    public static TimeSpan Doubled(TimeSpan pause, TimeSpan longest) => pause >= longest / 2 ? longest : pause * 2;
}
