namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>What a message is to the DHT.</summary>
public enum DhtMessageType
{
    /// <summary>An application's message.</summary>
    None = 0,

    /// <summary>A node announces itself.</summary>
    Join = 1,

    /// <summary>A node looks for another one.</summary>
    Discovery = 2,

    /// <summary>The answer of the node looked for.</summary>
    DiscoveryResponse = 3,

    /// <summary>A request for stored messages, which nobody serves any more.</summary>
    SafRequestMessages = 20,

    /// <summary>Stored messages, which nobody sends any more; they reach the application like its own.</summary>
    SafStoredMessages = 21,
}
