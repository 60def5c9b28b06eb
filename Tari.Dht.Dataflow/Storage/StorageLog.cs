using Microsoft.Extensions.Logging;

namespace Tari.Dht.Dataflow.Storage;

/// <summary>What the storage has to say.</summary>
internal static partial class StorageLog
{
    [LoggerMessage(StorageEventId.DedupCacheOpened, LogLevel.Information, "Duplicate cache open: {Entries} entries from {Path}")]
    public static partial void DedupCacheOpened(this ILogger logger, int entries, string path);

    [LoggerMessage(StorageEventId.DedupTrimmed, LogLevel.Debug, "Duplicate cache trimmed: {Removed} entries removed, {Entries} left")]
    public static partial void DedupTrimmed(this ILogger logger, int removed, int entries);

    [LoggerMessage(
        StorageEventId.DedupAboveCeiling,
        LogLevel.Warning,
        "Duplicate cache was above its ceiling of {Ceiling} entries: {Removed} were removed before they expired, "
        + "so their copies will pass")]
    public static partial void DedupAboveCeiling(this ILogger logger, int ceiling, int removed);

    [LoggerMessage(
        StorageEventId.DedupWriteFailed,
        LogLevel.Warning,
        "Duplicate cache cannot be written to {Path} ({Error}); every message is discarded as a duplicate until it can")]
    public static partial void DedupWriteFailed(this ILogger logger, Exception exception, string path, DhtStorageError error);

    [LoggerMessage(StorageEventId.DedupWriteRecovered, LogLevel.Information, "Duplicate cache is written to {Path} again")]
    public static partial void DedupWriteRecovered(this ILogger logger, string path);

    [LoggerMessage(StorageEventId.DedupLostOnClose, LogLevel.Error, "Duplicate cache closed with {Entries} changes not written to {Path}")]
    public static partial void DedupLostOnClose(this ILogger logger, Exception exception, int entries, string path);

    [LoggerMessage(StorageEventId.DedupTrimFailed, LogLevel.Error, "Trimming the duplicate cache failed")]
    public static partial void DedupTrimFailed(this ILogger logger, Exception exception);

    [LoggerMessage(StorageEventId.PeerStoreOpened, LogLevel.Information, "Peer store open: {Peers} peers from {Path}")]
    public static partial void PeerStoreOpened(this ILogger logger, int peers, string path);

    [LoggerMessage(
        StorageEventId.PeerRowsSkipped, LogLevel.Warning, "Peer store: {Rows} rows of {Path} make no sense and were left out")]
    public static partial void PeerRowsSkipped(this ILogger logger, int rows, string path);

    [LoggerMessage(
        StorageEventId.PeerAddressesSkipped,
        LogLevel.Warning,
        "Peer store: {Addresses} addresses so far were not taken, because they were empty or their text does not read back")]
    public static partial void PeerAddressesSkipped(this ILogger logger, long addresses);

    [LoggerMessage(
        StorageEventId.PeerWriteFailed,
        LogLevel.Warning,
        "Peer store cannot be written to {Path} ({Error}); {Changes} changes stay in memory until it can")]
    public static partial void PeerWriteFailed(this ILogger logger, Exception exception, string path, DhtStorageError error, int changes);

    [LoggerMessage(StorageEventId.PeerWriteRecovered, LogLevel.Information, "Peer store is written to {Path} again")]
    public static partial void PeerWriteRecovered(this ILogger logger, string path);

    [LoggerMessage(StorageEventId.PeersLostOnClose, LogLevel.Error, "Peer store closed with {Changes} changes not written to {Path}")]
    public static partial void PeersLostOnClose(this ILogger logger, Exception exception, int changes, string path);

    [LoggerMessage(
        StorageEventId.PeersCollected,
        LogLevel.Debug,
        "Peer store collected: {NeverSeen} never seen, {Banned} banned, {AddressLess} without address, {SoftDeleted} deleted")]
    public static partial void PeersCollected(this ILogger logger, int neverSeen, int banned, int addressLess, int softDeleted);

    [LoggerMessage(StorageEventId.PeerHealthCallbackFailed, LogLevel.Error, "Who is told of the peer store's health has failed")]
    public static partial void PeerHealthCallbackFailed(this ILogger logger, Exception exception);

    [LoggerMessage(
        StorageEventId.PeerStoreOwnerReplaced,
        LogLevel.Warning,
        "Peer store {Path} was the one of node {Other}; from now on it is the one of node {NodeId}")]
    public static partial void PeerStoreOwnerReplaced(this ILogger logger, string path, string other, string nodeId);

    [LoggerMessage(
        StorageEventId.MetadataWriteFailed,
        LogLevel.Warning,
        "Metadata cannot be written to {Path} ({Error}); it stays in memory until it can")]
    public static partial void MetadataWriteFailed(this ILogger logger, Exception exception, string path, DhtStorageError error);

    [LoggerMessage(StorageEventId.MetadataWriteRecovered, LogLevel.Information, "Metadata is written to {Path} again")]
    public static partial void MetadataWriteRecovered(this ILogger logger, string path);

    [LoggerMessage(StorageEventId.MetadataLostOnClose, LogLevel.Error, "Metadata closed with {Changes} changes not written to {Path}")]
    public static partial void MetadataLostOnClose(this ILogger logger, Exception exception, int changes, string path);
}
