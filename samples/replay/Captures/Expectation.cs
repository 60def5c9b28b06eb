namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>What has to become of a captured message.</summary>
/// <param name="Outcome">Where and how it ends.</param>
/// <param name="Bans">A peer is banned on the way. Nothing in this graph does that.</param>
/// <param name="Delivery">What comes out; null unless it passes.</param>
internal sealed record Expectation(Outcome Outcome, bool Bans, ExpectedDelivery? Delivery);
