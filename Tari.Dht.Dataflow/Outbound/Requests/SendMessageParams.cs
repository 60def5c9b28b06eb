using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>Builds the parameters of a message to send.</summary>
/// <remarks>
/// Defaults: to all connected nodes (<c>Flood</c>), destination unknown, clear text, not signed, domain message, a random tag drawn
/// when the builder is made, no discovery. The last strategy counts. Not thread safe; used up by <see cref="Finish"/>.
/// </remarks>
public sealed class SendMessageParams
{
    private BroadcastStrategy _strategy = new BroadcastStrategy.Flood([]);
    private NodeDestination _destination;
    private OutboundEncryption _encryption;
    private DhtMessageType _messageType;
    private DhtMessageFlags _flags;
    private bool _forceOrigin;
    private bool _discovery;
    private byte[]? _customHeader;
    private ulong _tag;
    private bool _finished;

    /// <summary>Starts with the defaults.</summary>
    /// <param name="random">Where the tag comes from; null for the shared source.</param>
    public SendMessageParams(System.Random? random = null) => _tag = NextUInt64(random ?? System.Random.Shared);

    /// <summary>To one known peer, by key.</summary>
    /// <param name="publicKey">The peer's key.</param>
    public SendMessageParams DirectPublicKey(CommsPublicKey publicKey) => WithStrategy(new BroadcastStrategy.ToPublicKey(publicKey));

    /// <summary>To one known peer, by node id.</summary>
    /// <param name="nodeId">The peer.</param>
    public SendMessageParams DirectNodeId(NodeId nodeId) => WithStrategy(new BroadcastStrategy.ToNodeId(nodeId));

    /// <summary>To exactly these peers.</summary>
    /// <param name="peers">The peers, in order.</param>
    public SendMessageParams SelectedPeers(IReadOnlyList<NodeId> peers) => WithStrategy(new BroadcastStrategy.SelectedPeers(peers));

    /// <summary>To a random sample of connected nodes.</summary>
    /// <param name="excluded">Whom to leave out.</param>
    public SendMessageParams Broadcast(IReadOnlyList<NodeId> excluded) => WithStrategy(new BroadcastStrategy.ToConnected(excluded));

    /// <summary>Towards a destination. Does not set the header's destination.</summary>
    /// <param name="destination">Whom the message is for.</param>
    /// <param name="excluded">Whom to leave out.</param>
    public SendMessageParams Propagate(NodeDestination destination, IReadOnlyList<NodeId> excluded) =>
        WithStrategy(new BroadcastStrategy.Propagate(destination, excluded));

    /// <summary>To all connected nodes.</summary>
    /// <param name="excluded">Whom to leave out.</param>
    public SendMessageParams Flood(IReadOnlyList<NodeId> excluded) => WithStrategy(new BroadcastStrategy.Flood(excluded));

    /// <summary>To random known peers.</summary>
    /// <param name="count">How many, 0 or more.</param>
    public SendMessageParams Random(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(count);
        return WithStrategy(new BroadcastStrategy.Random(count, []));
    }

    /// <summary>The strategy as a value.</summary>
    /// <param name="strategy">The strategy.</param>
    public SendMessageParams WithStrategy(BroadcastStrategy strategy)
    {
        ArgumentNullException.ThrowIfNull(strategy);
        Open()._strategy = strategy;
        return this;
    }

    /// <summary>The destination in the header.</summary>
    /// <param name="destination">Whom the message is for.</param>
    public SendMessageParams WithDestination(NodeDestination destination)
    {
        Open()._destination = destination;
        return this;
    }

    /// <summary>Clear text or encrypted.</summary>
    /// <param name="encryption">The encryption. Encrypted with an unknown destination is sent, but every receiver rejects it.</param>
    public SendMessageParams WithEncryption(OutboundEncryption encryption)
    {
        Open()._encryption = encryption;
        return this;
    }

    /// <summary>Whether a peer that is named by key and not known is discovered first; nothing else is ever discovered.</summary>
    /// <param name="allow">True to discover. The default is false.</param>
    public SendMessageParams WithDiscovery(bool allow)
    {
        Open()._discovery = allow;
        return this;
    }

    /// <summary>The message type in the header.</summary>
    /// <param name="messageType">The type.</param>
    public SendMessageParams WithDhtMessageType(DhtMessageType messageType)
    {
        Open()._messageType = messageType;
        return this;
    }

    /// <summary>Adds header flags to those of the encryption.</summary>
    /// <param name="flags">The flags.</param>
    public SendMessageParams AddMessageFlag(DhtMessageFlags flags)
    {
        Open()._flags |= flags;
        return this;
    }

    /// <summary>Signs a clear text message with the own key; an encrypted one is always signed.</summary>
    public SendMessageParams ForceOrigin()
    {
        Open()._forceOrigin = true;
        return this;
    }

    /// <summary>Sends this header instead of building one; the body then has to be the bytes that its signature covers.</summary>
    /// <param name="header">The header; copied.</param>
    public SendMessageParams WithDhtHeader(in DhtMessageHeader header)
    {
        DhtHeaderView view = header.View;
        byte[] encoded = new byte[EnvelopeWriter.GetPrefixLength(view, bodyLength: 0)];
        EnvelopeWriter.WritePrefix(view, bodyLength: 0, encoded);
        Open()._customHeader = encoded;
        return this;
    }

    /// <summary>The tag of all resulting messages.</summary>
    /// <param name="tag">The tag.</param>
    public SendMessageParams WithTag(ulong tag)
    {
        Open()._tag = tag;
        return this;
    }

    /// <summary>Hands out the parameters; the builder can't be used after that.</summary>
    /// <exception cref="InvalidOperationException">The builder was used up before.</exception>
    public FinalSendMessageParams Finish()
    {
        Open()._finished = true;
        return new FinalSendMessageParams(
            _strategy, _destination, _encryption, _messageType, _flags, _forceOrigin, _discovery, _customHeader, _tag);
    }

    internal static ulong NextUInt64(System.Random random)
    {
        ulong value = 0;
        random.NextBytes(System.Runtime.InteropServices.MemoryMarshal.AsBytes(new Span<ulong>(ref value)));
        return value;
    }

    private SendMessageParams Open() => _finished
        ? throw new InvalidOperationException("These send parameters were handed out; make a new builder for the next message.")
        : this;
}
