using Microsoft.Extensions.Logging;

namespace Tari.Dht.Dataflow.Configuration;

/// <summary>What reading the configuration has to say.</summary>
internal static partial class ConfigurationLog
{
    [LoggerMessage(ConfigurationEventId.SettingIgnored, LogLevel.Warning, "The setting {Setting} does nothing any more and is ignored")]
    public static partial void SettingIgnored(this ILogger logger, string setting);
}
