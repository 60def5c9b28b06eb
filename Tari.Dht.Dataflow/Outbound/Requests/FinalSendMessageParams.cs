using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>The finished parameters of a message to send, as <see cref="SendMessageParams"/> describes them.</summary>
/// <remarks>Immutable.</remarks>
public sealed class FinalSendMessageParams
{
    internal FinalSendMessageParams(
        BroadcastStrategy strategy,
        NodeDestination destination,
        OutboundEncryption encryption,
        DhtMessageType messageType,
        DhtMessageFlags flags,
        bool forceOrigin,
        bool allowsDiscovery,
        byte[]? customHeader,
        ulong tag)
    {
        Strategy = strategy;
        Destination = destination;
        Encryption = encryption;
        MessageType = messageType;
        Flags = flags;
        ForceOrigin = forceOrigin;
        AllowsDiscovery = allowsDiscovery;
        CustomHeader = customHeader;
        Tag = tag;
    }

    /// <summary>Which peers it goes to.</summary>
    public BroadcastStrategy Strategy { get; }

    /// <summary>The header's destination.</summary>
    public NodeDestination Destination { get; }

    /// <summary>Clear text or encrypted.</summary>
    public OutboundEncryption Encryption { get; }

    /// <summary>The header's message type.</summary>
    public DhtMessageType MessageType { get; }

    /// <summary>Flags besides those of the encryption.</summary>
    public DhtMessageFlags Flags { get; }

    /// <summary>Signs clear text.</summary>
    public bool ForceOrigin { get; }

    /// <summary>Discovers a peer that is named by key and not known.</summary>
    public bool AllowsDiscovery { get; }

    /// <summary>The tag of all resulting messages.</summary>
    public ulong Tag { get; }

    /// <summary>True when the header is given rather than built.</summary>
    public bool HasCustomHeader => CustomHeader is not null;

    // The envelope's header field as it goes onto the wire: tag, length, header.
    internal byte[]? CustomHeader { get; }
}
