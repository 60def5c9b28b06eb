namespace Tari.Dht.Dataflow.Actor;

/// <summary>Ids of the log messages of the actor; 6000 to 6999 belong to it.</summary>
internal static class ActorEventId
{
    public const int LastOffline = 6000;
    public const int OfflineTimestampFailed = 6001;
    public const int BanFailed = 6002;
    public const int BansDropped = 6003;
    public const int BanIgnored = 6004;
    public const int DialFailed = 6005;
    public const int BanRequested = 6006;
}
