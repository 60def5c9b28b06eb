namespace Tari.Dht.Dataflow.Hosting;

/// <summary>Ids of the log messages of the assembled node; 8000 to 8999 belong to it.</summary>
internal static class HostingEventId
{
    public const int SettingClamped = 8000;
    public const int PartEnded = 8001;
    public const int PartNotEnded = 8002;
    public const int NodeStarted = 8003;
    public const int NodeStopped = 8004;
}
