using Microsoft.Extensions.Logging;

namespace Tari.Dht.Dataflow.Hosting;

/// <summary>What the assembled node has to say.</summary>
internal static partial class HostingLog
{
    [LoggerMessage(HostingEventId.SettingClamped, LogLevel.Warning, "The setting {Setting} is out of its range; the nearest value in it is used")]
    public static partial void SettingClamped(this ILogger logger, string setting);
}
