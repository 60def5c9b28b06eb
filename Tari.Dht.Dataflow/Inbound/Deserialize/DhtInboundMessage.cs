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
    private readonly DhtMessageHeader _header;
    private readonly int _bodyOffset;
    private readonly int _bodyLength;

    /// <summary>Takes over <paramref name="received"/>.</summary>
    /// <param name="received">The received message.</param>
    /// <param name="sourcePeer">The stored record of its source.</param>
    /// <param name="header">The header, a view of the received bytes.</param>
    /// <param name="bodyOffset">Where the body starts in the received bytes.</param>
    /// <param name="bodyLength">The body's length in bytes.</param>
    public DhtInboundMessage(InboundMessage received, Peer sourcePeer, in DhtMessageHeader header, int bodyOffset, int bodyLength)
    {
        _received = received;
        SourcePeer = sourcePeer;
        _header = header;
        _bodyOffset = bodyOffset;
        _bodyLength = bodyLength;
    }

    public ulong Tag => _received.Tag;

    public NodeId Peer => _received.Peer;

    public Peer SourcePeer { get; }

    public ref readonly DhtMessageHeader Header => ref _header;

    /// <summary>The body as received; decryption overwrites it in place.</summary>
    public Memory<byte> Body => _received.MutableBody.Slice(_bodyOffset, _bodyLength);

    public int BodyLength => _bodyLength;

    public byte LinkVerdict { get; set; }

    public void Dispose() => _received.Dispose();
}
