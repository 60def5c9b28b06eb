using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound.Deserialize;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Decrypt;

/// <summary>A verified message: opened, or passed on undecrypted because it is for another node.</summary>
/// <remarks>
/// Owns the received buffer; header, parts and raw body are views of it and end when the message is disposed, which its last holder does.
/// Immutable but for the hit count, which the dedup stage sets once.
/// </remarks>
public sealed class DecryptedDhtMessage : IFilteredMessage
{
    private readonly InboundMessage _received;
    private readonly EnvelopeLayout _layout;
    private readonly BodyPlace _body;
    private readonly DedupKey _dedupHash;
    private readonly BufferLease? _ciphertext;

    // By reference, because most messages that come in masses have none.
    private readonly Origin? _origin;
    private readonly bool _succeeded;
    private byte _linkVerdict;

    private DecryptedDhtMessage(
        DhtInboundMessage inbound, in BodyPlace body, bool succeeded, BufferLease? ciphertext, in DedupKey dedupHash, Origin? origin)
    {
        SourcePeer = inbound.SourcePeer;
        _layout = inbound.Layout;
        _body = body;
        _succeeded = succeeded;
        _ciphertext = ciphertext;
        _dedupHash = dedupHash;
        _origin = origin;
        _received = inbound.Release();
    }

    /// <inheritdoc/>
    public ulong Tag => _received.Tag;

    /// <inheritdoc/>
    public NodeId Peer => _received.Peer;

    /// <summary>The stored record of the peer that delivered the message; it may be only a relay.</summary>
    public Peer SourcePeer { get; }

    /// <summary>The header as received; its signature and keys are views of the message's bytes.</summary>
    public DhtMessageHeader Header => new(_received.Body, _layout);

    /// <summary>
    /// Who signed the message: of a clear one the signer, of an opened one the unmasked sender; null when nobody is proven.
    /// </summary>
    public CommsPublicKey? AuthenticatedOrigin => _origin?.Key;

    /// <summary>True when the body is readable here; false when it is encrypted for another node.</summary>
    public bool DecryptionSucceeded => _succeeded;

    /// <summary>True when the body is encrypted for another node.</summary>
    public bool DecryptionFailed => !_succeeded;

    /// <summary>The message's parts.</summary>
    /// <exception cref="InvalidOperationException">The message is for another node.</exception>
    public EnvelopeBody Body => _succeeded
        ? _body.In(_received.Body)
        : throw new InvalidOperationException("The message is encrypted for another node; only its raw body is known.");

    /// <summary>
    /// The body as received, where it may have to be sent on: of a Join, and of what is for another node. Empty otherwise.
    /// </summary>
    public ReadOnlyMemory<byte> RawBody
    {
        get
        {
            if (_ciphertext is not null)
            {
                return _ciphertext.Memory;
            }

            return !_succeeded || MessageType.IsDhtJoin() ? _received.Body.Slice(_layout.BodyOffset, _layout.BodyLength) : default;
        }
    }

    /// <summary>Bytes of all parts together, or of the raw body when it is for another node.</summary>
    public int BodyLength => _succeeded ? _body.TotalLength : _layout.BodyLength;

    /// <summary>The key under which the duplicate cache counts the message.</summary>
    public DedupKey DedupHash => _dedupHash;

    /// <summary>How often the message was received, this time included; 0 before the dedup stage.</summary>
    public uint DedupHitCount { get; internal set; }

    /// <summary>Received before.</summary>
    public bool IsDuplicate => DedupHitCount > 1;

    /// <summary>The header's flag.</summary>
    public bool IsEncrypted => (_layout.Flags & (uint)DhtMessageFlags.Encrypted) != 0;

    /// <summary>The header carries a signature.</summary>
    public bool HasMessageSignature => _layout.SignatureLength != 0;

    internal DhtMessageType MessageType => (DhtMessageType)_layout.MessageType;

    internal ulong? Expires => _layout.Expires == 0 ? null : _layout.Expires;

    byte IFilteredMessage.LinkVerdict
    {
        get => _linkVerdict;
        set => _linkVerdict = value;
    }

    /// <summary>Returns the message's buffers. Twice is harmless.</summary>
    public void Dispose()
    {
        _received.Dispose();
        _ciphertext?.Dispose();
    }

    /// <summary>A message that can be read here. Takes over <paramref name="inbound"/> and <paramref name="ciphertext"/>.</summary>
    /// <param name="inbound">The verified message; gone after this.</param>
    /// <param name="body">Its decoded body.</param>
    /// <param name="dedupHash">Its dedup key.</param>
    /// <param name="origin">Who is proven to have made it; null for nobody.</param>
    /// <param name="ciphertext">The body as it was before it was decrypted in place, where that has to be kept.</param>
    internal static DecryptedDhtMessage Succeeded(
        DhtInboundMessage inbound, in BodyPlace body, in DedupKey dedupHash, in CommsPublicKey? origin, BufferLease? ciphertext = null) =>
        new(inbound, body, succeeded: true, ciphertext, dedupHash, origin is { } key ? new Origin(key) : null);

    /// <summary>A message for another node. Takes over <paramref name="inbound"/>.</summary>
    /// <param name="inbound">The verified message; gone after this.</param>
    /// <param name="dedupHash">Its dedup key.</param>
    internal static DecryptedDhtMessage ForAnother(DhtInboundMessage inbound, in DedupKey dedupHash) =>
        new(inbound, default, succeeded: false, ciphertext: null, dedupHash, origin: null);

    private sealed class Origin(CommsPublicKey key)
    {
        public CommsPublicKey Key => key;
    }
}
