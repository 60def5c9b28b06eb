namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Ids of the log messages of connectivity; 10000 to 10999 belong to it.</summary>
internal static class ConnectivityEventId
{
    public const int StepFailed = 10000;
    public const int RefreshFailed = 10001;
    public const int CollectionFailed = 10002;
    public const int StatusChanged = 10003;
    public const int PeerBanned = 10004;
    public const int BanNotStored = 10005;
    public const int ConnectionsClosed = 10006;
    public const int DialsBegun = 10007;
}
