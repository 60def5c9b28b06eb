using Microsoft.Extensions.ObjectPool;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Deserialize;

/// <summary>A message whose envelope was read and whose source is known; neither verified nor decrypted yet.</summary>
/// <remarks>
/// Owns the received message; header and body are views of its bytes. It lives between two stages only, so the objects are used again:
/// <see cref="Release"/> hands the received message on and takes this one back. Nobody may touch it after that.
/// </remarks>
internal sealed class DhtInboundMessage : IFilteredMessage
{
    // As many as a busy graph has between its stages; any beyond that are collected.
    private const int Kept = 1024;

    private static readonly DefaultObjectPool<DhtInboundMessage> s_pool = new(new Policy(), Kept);

    private InboundMessage _received = null!;
    private EnvelopeLayout _layout;

    private DhtInboundMessage()
    {
    }

    public ulong Tag => _received.Tag;

    public NodeId Peer => _received.Peer;

    public Peer SourcePeer { get; private set; } = null!;

    public DhtMessageHeader Header => new(_received.Body, _layout);

    public ref readonly EnvelopeLayout Layout => ref _layout;

    // The plain fields of the header, for those who need no more of it.
    public DhtMessageType MessageType => (DhtMessageType)_layout.MessageType;

    public DhtMessageFlags Flags => (DhtMessageFlags)_layout.Flags;

    public ulong? Expires => _layout.Expires == 0 ? null : _layout.Expires;

    public bool IsSigned => _layout.SignatureLength != 0;

    public int BodyLength => _layout.BodyLength;

    /// <summary>The body as received; decryption overwrites it in place.</summary>
    public Memory<byte> Body => _received.MutableBody.Slice(_layout.BodyOffset, _layout.BodyLength);

    public byte LinkVerdict { get; set; }

    /// <summary>A message that takes over <paramref name="received"/>.</summary>
    /// <param name="received">The received message.</param>
    /// <param name="sourcePeer">The stored record of its source.</param>
    /// <param name="header">The header, a view of the received bytes.</param>
    public static DhtInboundMessage Create(InboundMessage received, Peer sourcePeer, in DhtMessageHeader header)
    {
        DhtInboundMessage message = s_pool.Get();
        message._received = received;
        message.SourcePeer = sourcePeer;
        message._layout = header.Layout;
        return message;
    }

    /// <summary>Gives the received message to the caller; this object is gone.</summary>
    public InboundMessage Release()
    {
        InboundMessage received = _received;
        s_pool.Return(this);
        return received;
    }

    // Not returned to the pool: whoever disposes a message may do so twice.
    public void Dispose() => _received.Dispose();

    private sealed class Policy : PooledObjectPolicy<DhtInboundMessage>
    {
        public override DhtInboundMessage Create() => new();

        public override bool Return(DhtInboundMessage obj)
        {
            obj._received = null!;
            obj.SourcePeer = null!;
            obj.LinkVerdict = 0;
            return true;
        }
    }
}
