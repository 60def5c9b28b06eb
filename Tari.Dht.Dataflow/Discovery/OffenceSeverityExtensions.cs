using Tari.Dht.Dataflow.Configuration;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>What a severity costs.</summary>
internal static class OffenceSeverityExtensions
{
    /// <summary>How long a peer is banned.</summary>
    /// <param name="severity">How bad it was.</param>
    /// <param name="config">Has the durations.</param>
    public static TimeSpan BanDuration(this OffenceSeverity severity, DhtConfig config) =>
        severity == OffenceSeverity.High ? config.BanDuration : config.BanDurationShort;
}
