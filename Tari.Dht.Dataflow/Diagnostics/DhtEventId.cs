namespace Tari.Dht.Dataflow.Diagnostics;

/// <summary>Ids of log events: a range of 1000 per folder. An id never changes its meaning.</summary>
internal static class DhtEventId
{
    // Pipeline: 1000-1999
    public const int MessageDiscarded = 1000;
    public const int StageFaulted = 1001;
    public const int PipelineStopping = 1002;
    public const int PipelineStopped = 1003;
    public const int ObserverFaulted = 1004;
    public const int StoppingCallbackFaulted = 1005;

    // Inbound: 2000-2999
    public const int InboundMessage = 2000;
    public const int PeerLookupFailed = 2001;
    public const int ClaimNotStored = 2002;
    public const int PeerFloods = 2003;
    public const int FloodWatchFailed = 2004;

    // Storage: 3000-3999 (StorageEventId)

    // Outbound: 4000-4999
    public const int OutboundRequest = 4000;
    public const int OutboundMessage = 4001;
    public const int OutboundRequestFailed = 4002;
    public const int PeerSelectionFailed = 4003;
    public const int DiscoveryFailed = 4004;
    public const int NobodyToDial = 4010;
    public const int ConnectedPeersUnknown = 4011;

    // Actor: 6000-6999 (ActorEventId)

    // Connectivity: 7000-7999 (DhtConnectivityEventId)

    // Comms: 10000-10999 (ConnectivityEventId)
}
