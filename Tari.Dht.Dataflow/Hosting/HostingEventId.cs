namespace Tari.Dht.Dataflow.Hosting;

/// <summary>Ids of the log messages of the assembled node; 8000 to 8999 belong to it.</summary>
internal static class HostingEventId
{
    public const int SettingClamped = 8000;
}
