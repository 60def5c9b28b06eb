namespace Tari.Dht.Dataflow.Peers;

/// <summary>What a peer offers to others. Bits above these are invalid.</summary>
[Flags]
public enum PeerFeatures : uint
{
    /// <summary>A client: offers nothing.</summary>
    CommunicationClient = 0,

    /// <summary>Passes messages on.</summary>
    MessagePropagation = 1,

    /// <summary>Forwards what is encrypted for others.</summary>
    DhtStoreForward = 2,

    /// <summary>A node: exactly both.</summary>
    CommunicationNode = MessagePropagation | DhtStoreForward,
}
