namespace Tari.Dht.Dataflow.Protocol;

/// <summary>The protocol's clock: whole seconds since 1970-01-01 in UTC, truncated; 0 before that.</summary>
internal static class EpochTime
{
    public static ulong GetEpochSeconds(this TimeProvider timeProvider) =>
        (ulong)Math.Max(0, timeProvider.GetUtcNow().ToUnixTimeSeconds());
}
