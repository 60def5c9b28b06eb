namespace Tari.Dht.Dataflow.Actor;

/// <summary>What the DHT keeps from one run to the next. The names are those in the database.</summary>
public enum DhtMetadataKey
{
    /// <summary>When the node stopped last, a <see cref="DateTimeOffset"/>. Written at shutdown; the DHT itself only logs it.</summary>
    OfflineTimestamp,
}
