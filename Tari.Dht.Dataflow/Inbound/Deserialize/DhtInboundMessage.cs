using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Deserialize;

/// <summary>A message whose envelope was read and whose source is known; neither verified nor decrypted yet.</summary>
/// <remarks>Owns the received message; header and body are views of its bytes.</remarks>
internal sealed class DhtInboundMessage : IFilteredMessage
{
    private readonly InboundMessage _received;
    private readonly EnvelopeLayout _layout;

    /// <summary>Takes over <paramref name="received"/>.</summary>
    /// <param name="received">The received message.</param>
    /// <param name="sourcePeer">The stored record of its source.</param>
    /// <param name="header">The header, a view of the received bytes.</param>
    public DhtInboundMessage(InboundMessage received, Peer sourcePeer, in DhtMessageHeader header)
    {
        _received = received;
        SourcePeer = sourcePeer;
        _layout = header.Layout;
    }

    public ulong Tag => _received.Tag;

    public NodeId Peer => _received.Peer;

    public Peer SourcePeer { get; }

    public DhtMessageHeader Header => new(_received.Body, _layout);

    // The plain fields of the header, for those who need no more of it.
    public DhtMessageType MessageType => (DhtMessageType)_layout.MessageType;

    public DhtMessageFlags Flags => (DhtMessageFlags)_layout.Flags;

    public ulong? Expires => _layout.Expires == 0 ? null : _layout.Expires;

    public bool IsSigned => _layout.SignatureLength != 0;

    public int BodyOffset => _layout.BodyOffset;

    public int BodyLength => _layout.BodyLength;

    /// <summary>The body as received; decryption overwrites it in place.</summary>
    public Memory<byte> Body => _received.MutableBody.Slice(_layout.BodyOffset, _layout.BodyLength);

    public byte LinkVerdict { get; set; }

    public void Dispose() => _received.Dispose();
}
