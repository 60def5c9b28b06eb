namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>The places where a message can be, in the order of its way.</summary>
public enum StageName
{
    /// <summary>Inbound: counts the message for its source.</summary>
    Metrics,

    /// <summary>Inbound: bytes to envelope, source to peer.</summary>
    Deserialize,

    /// <summary>Inbound: drops store-and-forward requests.</summary>
    StoreAndForwardFilter,

    /// <summary>Inbound: drops what has expired.</summary>
    ExpiryFilter,

    /// <summary>Inbound: verifies the signature, opens what is for this node.</summary>
    Decryption,

    /// <summary>Inbound: counts how often the message was seen.</summary>
    Dedup,

    /// <summary>Inbound: lets duplicates through only where they may be propagated again.</summary>
    RebroadcastFilter,

    /// <summary>Inbound: writes the message to the log.</summary>
    InboundLogging,

    /// <summary>Inbound: sends on what is encrypted for another node.</summary>
    Forward,

    /// <summary>Inbound: acts on joins, discoveries and their responses.</summary>
    DhtHandler,

    /// <summary>Inbound: the queue from which the application takes messages.</summary>
    Delivery,

    /// <summary>Outbound: writes the request to the log.</summary>
    RequestLogging,

    /// <summary>Outbound: request to peers; seals and signs once for all of them.</summary>
    Broadcast,

    /// <summary>Outbound: waits until the recipient is found; sealed and signed then.</summary>
    Discovery,

    /// <summary>Outbound: writes the messages to the log.</summary>
    OutboundLogging,

    /// <summary>Outbound: one envelope's bytes, shared by its peers.</summary>
    Serialize,
}
