namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Ids of the log messages of network discovery; 5300 to 5399 belong to it.</summary>
internal static class NetworkDiscoveryEventId
{
    public const int StateBegan = 5300;
    public const int RoundEnded = 5301;
    public const int DialFailed = 5302;
    public const int SyncFailed = 5303;
    public const int DisconnectFailed = 5304;
    public const int SeedProviderFailed = 5305;
    public const int ResolvedSeedNotStored = 5306;
    public const int Rebootstrapped = 5307;
    public const int RebootstrapTimedOut = 5308;
    public const int ConnectionsUnknown = 5309;
    public const int EventsMissed = 5310;
    public const int StateFailed = 5311;
    public const int OffenderUnknown = 5312;
    public const int PrimaryBootstrapComplete = 5313;
    public const int Disabled = 5314;
    public const int LoopFailed = 5315;
    public const int Ended = 5316;
    public const int CallFailed = 5317;
}
