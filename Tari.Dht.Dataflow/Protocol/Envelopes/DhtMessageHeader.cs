using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>The valid header of a received message: a view of the message's bytes that can be kept.</summary>
/// <remarks>
/// Borrows the message's memory and is good as long as that is. Immutable and thread safe; about 80 bytes, so pass it by reference.
/// Two headers are equal when all but their tags is.
/// </remarks>
public readonly struct DhtMessageHeader : IEquatable<DhtMessageHeader>
{
    private readonly ReadOnlyMemory<byte> _envelope;
    private readonly EnvelopeLayout _layout;

    /// <summary>A header that was checked before.</summary>
    internal DhtMessageHeader(ReadOnlyMemory<byte> envelope, in EnvelopeLayout layout)
    {
        _envelope = envelope;
        _layout = layout;
    }

    internal EnvelopeLayout Layout => _layout;

    /// <summary>The protocol version.</summary>
    public DhtProtocolVersion Version => (DhtProtocolVersion)_layout.Major;

    /// <summary>Where it goes.</summary>
    public NodeDestination Destination =>
        _layout.DestinationKind == DestinationKind.PublicKey
            ? new NodeDestination(new CommsPublicKey(_layout.DestinationOf(_envelope.Span)))
            : NodeDestination.Unknown;

    /// <summary>The encoded signature as received, empty for none.</summary>
    public ReadOnlySpan<byte> MessageSignature => _layout.SignatureOf(_envelope.Span);

    /// <summary>32 bytes, or empty for none.</summary>
    public ReadOnlySpan<byte> EphemeralPublicKey => _layout.EphemeralKeyOf(_envelope.Span);

    /// <summary>The message type.</summary>
    public DhtMessageType MessageType => (DhtMessageType)_layout.MessageType;

    /// <summary>The flags.</summary>
    public DhtMessageFlags Flags => (DhtMessageFlags)_layout.Flags;

    /// <summary>The trace id, which nothing authenticates.</summary>
    public ulong MessageTag => _layout.MessageTag;

    /// <summary>Seconds since 1970, or null for none.</summary>
    public ulong? Expires => _layout.Expires == 0 ? null : _layout.Expires;

    /// <summary>The body is a ciphertext.</summary>
    public bool IsEncrypted => (Flags & DhtMessageFlags.Encrypted) != 0;

    /// <summary>There is a signature.</summary>
    public bool IsSigned => _layout.SignatureLength != 0;

    /// <summary>All of it for hashing and writing.</summary>
    public DhtHeaderView View
    {
        get
        {
            ReadOnlySpan<byte> envelope = _envelope.Span;
            NodeDestination destination = _layout.DestinationKind == DestinationKind.PublicKey
                ? new NodeDestination(new CommsPublicKey(_layout.DestinationOf(envelope)))
                : NodeDestination.Unknown;
            return new DhtHeaderView(
                Version,
                destination,
                _layout.SignatureOf(envelope),
                _layout.EphemeralKeyOf(envelope),
                MessageType,
                Flags,
                _layout.MessageTag,
                _layout.Expires);
        }
    }

    /// <summary>
    /// An encrypted message names its destination and an ephemeral key, is signed and has a body. Clear text is always valid.
    /// </summary>
    /// <param name="bodyLength">Bytes of the body as on the wire.</param>
    public bool IsSemanticallyValid(int bodyLength) =>
        !IsEncrypted
        || (_layout.DestinationKind == DestinationKind.PublicKey && _layout.EphemeralKeyLength != 0 && IsSigned && bodyLength > 0);

    /// <summary>Checks the header of an envelope that was read; the first fault in the protocol's order is the answer.</summary>
    /// <param name="envelope">The envelope, whose memory the header borrows.</param>
    /// <param name="layout">What <see cref="EnvelopeReader"/> found in exactly these bytes.</param>
    /// <param name="header">The header; meaningless unless the answer is <see cref="DhtMessageError.None"/>.</param>
    public static DhtMessageError TryCreate(ReadOnlyMemory<byte> envelope, in EnvelopeLayout layout, out DhtMessageHeader header)
    {
        DhtMessageError error = Check(envelope.Span, layout);
        header = error == DhtMessageError.None ? new DhtMessageHeader(envelope, layout) : default;
        return error;
    }

    private static DhtMessageError Check(ReadOnlySpan<byte> envelope, in EnvelopeLayout layout)
    {
        if (!layout.HasHeader)
        {
            return DhtMessageError.HeaderOmitted;
        }

        bool hasDestination = layout.DestinationKind switch
        {
            DestinationKind.Unknown => true,
            DestinationKind.PublicKey => layout.DestinationLength == CommsPublicKey.Length,
            _ => false,
        };
        if (!hasDestination)
        {
            return DhtMessageError.InvalidDestination;
        }

        if (layout.EphemeralKeyLength != 0
            && (layout.EphemeralKeyLength != CommsPublicKey.Length || !Ristretto255.IsPoint(layout.EphemeralKeyOf(envelope))))
        {
            return DhtMessageError.InvalidEphemeralPublicKey;
        }

        if (!((DhtProtocolVersion)layout.Major).IsKnown())
        {
            return DhtMessageError.InvalidProtocolVersion;
        }

        if (!((DhtMessageType)layout.MessageType).IsKnown())
        {
            return DhtMessageError.InvalidMessageType;
        }

        return (layout.Flags & ~(uint)DhtMessageFlags.Encrypted) == 0 ? DhtMessageError.None : DhtMessageError.InvalidMessageFlags;
    }

    /// <summary>Equality of everything but the tag.</summary>
    /// <param name="other">The header to compare with.</param>
    public bool Equals(DhtMessageHeader other) =>
        _layout.Major == other._layout.Major
        && _layout.MessageType == other._layout.MessageType
        && _layout.Flags == other._layout.Flags
        && _layout.Expires == other._layout.Expires
        && Destination == other.Destination
        && EphemeralPublicKey.SequenceEqual(other.EphemeralPublicKey)
        && MessageSignature.SequenceEqual(other.MessageSignature);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DhtMessageHeader other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        var hash = default(HashCode);
        hash.Add(_layout.Major);
        hash.Add(_layout.MessageType);
        hash.Add(_layout.Flags);
        hash.Add(_layout.Expires);
        hash.Add(Destination);
        hash.AddBytes(EphemeralPublicKey);
        hash.AddBytes(MessageSignature);
        return hash.ToHashCode();
    }

    /// <summary>Equality of everything but the tag.</summary>
    public static bool operator ==(DhtMessageHeader left, DhtMessageHeader right) => left.Equals(right);

    /// <summary>Inequality of anything but the tag.</summary>
    public static bool operator !=(DhtMessageHeader left, DhtMessageHeader right) => !left.Equals(right);
}
