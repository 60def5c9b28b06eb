namespace Tari.Dht.Dataflow.Connectivity;

/// <summary>Ids of the log messages of the pool of connections; 7000 to 7999 belong to it.</summary>
internal static class DhtConnectivityEventId
{
    public const int PoolRefreshed = 7000;
    public const int RefreshFailed = 7001;
    public const int TurnFailed = 7002;
    public const int DisconnectFailed = 7003;
    public const int PoolStarved = 7004;
    public const int LearnedPeersStored = 7005;
    public const int LearnedPeersNotStored = 7006;
    public const int ConnectionRefused = 7007;
    public const int JoinFailed = 7008;
    public const int FewTcpv4Nodes = 7009;
    public const int EnoughTcpv4Nodes = 7010;
    public const int PoolState = 7011;
    public const int EventsMissed = 7012;
    public const int MemberReplaced = 7013;
    public const int LoopFailed = 7014;
}
