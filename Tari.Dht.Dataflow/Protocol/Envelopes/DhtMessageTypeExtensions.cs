namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Questions to a message type.</summary>
public static class DhtMessageTypeExtensions
{
    /// <summary>Has a number that the protocol knows.</summary>
    /// <param name="type">Any number.</param>
    public static bool IsKnown(this DhtMessageType type) =>
        type is (>= DhtMessageType.None and <= DhtMessageType.DiscoveryResponse)
            or DhtMessageType.SafRequestMessages
            or DhtMessageType.SafStoredMessages;

    /// <summary>Is for the application.</summary>
    /// <param name="type">Any number.</param>
    public static bool IsDomainMessage(this DhtMessageType type) => type == DhtMessageType.None;

    /// <summary>Is for the DHT itself: join, discovery or its response.</summary>
    /// <param name="type">Any number.</param>
    public static bool IsDhtMessage(this DhtMessageType type) =>
        type is DhtMessageType.Join or DhtMessageType.Discovery or DhtMessageType.DiscoveryResponse;

    /// <summary>May be sent on to other nodes.</summary>
    /// <param name="type">Any number.</param>
    public static bool IsForwardable(this DhtMessageType type) =>
        type is DhtMessageType.None or DhtMessageType.Join or DhtMessageType.Discovery;

    /// <summary>Is a join.</summary>
    /// <param name="type">Any number.</param>
    public static bool IsDhtJoin(this DhtMessageType type) => type == DhtMessageType.Join;

    /// <summary>Is a discovery.</summary>
    /// <param name="type">Any number.</param>
    public static bool IsDhtDiscovery(this DhtMessageType type) => type == DhtMessageType.Discovery;

    /// <summary>Is the response to a discovery.</summary>
    /// <param name="type">Any number.</param>
    public static bool IsDhtDiscoveryResponse(this DhtMessageType type) => type == DhtMessageType.DiscoveryResponse;
}
