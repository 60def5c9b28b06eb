namespace Tari.Dht.Dataflow.Discovery;

/// <summary>Ids of the log messages of discovery; 5000 to 5999 belong to it.</summary>
internal static class DiscoveryEventId
{
    public const int UnknownResponse = 5000;
    public const int ResponseFromAnotherPeer = 5001;
    public const int ResponseRefused = 5002;
    public const int PeerDiscovered = 5003;
    public const int PeerNotStored = 5004;
}
