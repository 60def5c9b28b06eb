namespace Tari.Dht.Dataflow.Samples.Replay.Judging;

/// <summary>Something about a message that is not as expected.</summary>
/// <param name="What">The field of the case.</param>
/// <param name="Expected">What the case says.</param>
/// <param name="Actual">What came.</param>
internal sealed record Difference(string What, string Expected, string Actual);
