using Tari.Dht.Dataflow.Buffers;
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
    private readonly DhtInboundMessage _inbound;
    private readonly BufferLease? _ciphertext;
    private readonly EnvelopeBody _body;
    private readonly CommsPublicKey _origin;
    private readonly DedupKey _dedupHash;
    private readonly bool _hasOrigin;
    private readonly bool _succeeded;

    private DecryptedDhtMessage(
        DhtInboundMessage inbound, in EnvelopeBody body, bool succeeded, BufferLease? ciphertext, in DedupKey dedupHash, bool hasOrigin, in CommsPublicKey origin)
    {
        _inbound = inbound;
        _body = body;
        _succeeded = succeeded;
        _ciphertext = ciphertext;
        _dedupHash = dedupHash;
        _hasOrigin = hasOrigin;
        _origin = origin;
    }

    /// <inheritdoc/>
    public ulong Tag => _inbound.Tag;

    /// <inheritdoc/>
    public NodeId Peer => _inbound.Peer;

    /// <summary>The stored record of the peer that delivered the message; it may be only a relay.</summary>
    public Peer SourcePeer => _inbound.SourcePeer;

    /// <summary>The header as received; its signature and keys are views of the message's bytes.</summary>
    public DhtMessageHeader Header => _inbound.Header;

    /// <summary>Who signed the message: of a clear one the signer, of an opened one the unmasked sender; null when nobody is proven.</summary>
    public CommsPublicKey? AuthenticatedOrigin => _hasOrigin ? _origin : null;

    /// <summary>True when the body is readable here; false when it is encrypted for another node.</summary>
    public bool DecryptionSucceeded => _succeeded;

    /// <summary>True when the body is encrypted for another node.</summary>
    public bool DecryptionFailed => !_succeeded;

    /// <summary>The message's parts.</summary>
    /// <exception cref="InvalidOperationException">The message is for another node.</exception>
    public EnvelopeBody Body => _succeeded
        ? _body
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

            return !_succeeded || MessageType.IsDhtJoin() ? _inbound.Body : default;
        }
    }

    /// <summary>Bytes of all parts together, or of the raw body when it is for another node.</summary>
    public int BodyLength => _succeeded ? _body.TotalLength : _inbound.BodyLength;

    /// <summary>The key under which the duplicate cache counts the message.</summary>
    public DedupKey DedupHash => _dedupHash;

    /// <summary>How often the message was received, this time included; 0 before the dedup stage.</summary>
    public uint DedupHitCount { get; internal set; }

    /// <summary>Received before.</summary>
    public bool IsDuplicate => DedupHitCount > 1;

    /// <summary>The header's flag.</summary>
    public bool IsEncrypted => (_inbound.Flags & DhtMessageFlags.Encrypted) != 0;

    /// <summary>The header carries a signature.</summary>
    public bool HasMessageSignature => _inbound.IsSigned;

    internal DhtMessageType MessageType => _inbound.MessageType;

    internal ulong? Expires => _inbound.Expires;

    byte IFilteredMessage.LinkVerdict { get; set; }

    /// <summary>Returns the message's buffers. Twice is harmless.</summary>
    public void Dispose()
    {
        _inbound.Dispose();
        _ciphertext?.Dispose();
    }

    /// <summary>A message that can be read here. Takes over <paramref name="inbound"/> and <paramref name="ciphertext"/>.</summary>
    internal static DecryptedDhtMessage Succeeded(
        DhtInboundMessage inbound, in EnvelopeBody body, in DedupKey dedupHash, BufferLease? ciphertext = null) =>
        new(inbound, body, succeeded: true, ciphertext, dedupHash, hasOrigin: false, default);

    /// <summary>A message of a proven origin that can be read here. Takes over <paramref name="inbound"/> and <paramref name="ciphertext"/>.</summary>
    internal static DecryptedDhtMessage Succeeded(
        DhtInboundMessage inbound, in EnvelopeBody body, in DedupKey dedupHash, in CommsPublicKey origin, BufferLease? ciphertext = null) =>
        new(inbound, body, succeeded: true, ciphertext, dedupHash, hasOrigin: true, origin);

    /// <summary>A message for another node. Takes over <paramref name="inbound"/>.</summary>
    internal static DecryptedDhtMessage ForAnother(DhtInboundMessage inbound, in DedupKey dedupHash) =>
        new(inbound, default, succeeded: false, ciphertext: null, dedupHash, hasOrigin: false, default);
}
