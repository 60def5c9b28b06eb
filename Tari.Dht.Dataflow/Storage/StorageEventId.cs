namespace Tari.Dht.Dataflow.Storage;

/// <summary>Ids of the log messages of the storage; 3000 to 3999 belong to it.</summary>
internal static class StorageEventId
{
    public const int DedupCacheOpened = 3000;
    public const int DedupTrimmed = 3001;
    public const int DedupAboveCeiling = 3002;
    public const int DedupWriteFailed = 3003;
    public const int DedupWriteRecovered = 3004;
    public const int DedupLostOnClose = 3005;
    public const int DedupTrimFailed = 3006;

    public const int PeerStoreOpened = 3030;
    public const int PeerRowsSkipped = 3031;
    public const int PeerAddressesSkipped = 3032;
    public const int PeerWriteFailed = 3033;
    public const int PeerWriteRecovered = 3034;
    public const int PeersLostOnClose = 3035;
    public const int PeersCollected = 3036;
    public const int PeerHealthCallbackFailed = 3037;
    public const int PeerStoreOwnerReplaced = 3190;

    public const int MetadataWriteFailed = 3060;
    public const int MetadataWriteRecovered = 3061;
    public const int MetadataLostOnClose = 3062;
}
