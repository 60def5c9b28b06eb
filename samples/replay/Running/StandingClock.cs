namespace Tari.Dht.Dataflow.Samples.Replay.Running;

/// <summary>A clock that stands still at the time of the capture. Its timers are the system's.</summary>
internal sealed class StandingClock(DateTimeOffset now) : TimeProvider
{
    public override DateTimeOffset GetUtcNow() => now;
}
