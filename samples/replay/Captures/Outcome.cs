namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>Where and how a message ends, in the words of the capture file.</summary>
/// <param name="Stage">The stage, or <c>passed</c>.</param>
/// <param name="Kind"><c>passed</c>, <c>filtered</c>, <c>dropped</c> or <c>error</c>.</param>
/// <param name="Error">The error's name, where it has one.</param>
internal sealed record Outcome(string Stage, string Kind, string? Error)
{
    private static readonly string[] s_stages =
        ["deserialize", "saf_filter", "expiry_filter", "decryption", "dedup", "rebroadcast_filter", "passed"];

    /// <summary>The stages in the order of the way through.</summary>
    public static IReadOnlyList<string> Stages => s_stages;

    /// <summary>The message came out at the other end.</summary>
    public static Outcome Passed { get; } = new("passed", "passed", null);

    /// <summary>The stage's place among <see cref="Stages"/>; -1 for one that the file has no word for.</summary>
    public int Position => Array.IndexOf(s_stages, Stage);

    /// <inheritdoc/>
    public override string ToString() => this == Passed ? "passed" : Error is null ? $"{Stage}: {Kind}" : $"{Stage}: {Kind}, {Error}";
}
