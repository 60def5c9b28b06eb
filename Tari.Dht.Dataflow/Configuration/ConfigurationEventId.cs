namespace Tari.Dht.Dataflow.Configuration;

/// <summary>Ids of the log messages of the configuration; 9000 to 9999 belong to it.</summary>
internal static class ConfigurationEventId
{
    public const int SettingIgnored = 9000;
}
