using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Writes the canonical encoding of an envelope: sized once, written once, in front of a body or with it.</summary>
/// <remarks>
/// Stateless and thread safe; allocates nothing. A body that already lies in its buffer gets its prefix written right before it:
/// leave <see cref="MaxPrefixLength"/> bytes of room. An empty body is not written at all.
/// </remarks>
public static class EnvelopeWriter
{
    /// <summary>The longest signature that <see cref="MaxPrefixLength"/> reckons with, in bytes: that of every usable one.</summary>
    public const int MaxSignatureLength = MessageSignatureCodec.EncodedLength;

    /// <summary>The most bytes before a body, for signatures of at most <see cref="MaxSignatureLength"/> bytes.</summary>
    public const int MaxPrefixLength = 1 + 2 + MaxHeaderLength + 1 + 5;

    private const int MaxHeaderLength = (1 + 5) // version
        + (2 + CommsPublicKey.Length)
        + (2 + MaxSignatureLength)
        + (2 + CommsPublicKey.Length) // ephemeral key
        + (1 + 10) // type
        + (1 + 5) // flags
        + (1 + 10) // tag
        + (1 + 10); // expires

    /// <summary>Bytes before the body: the header, and the body's key and length if there is a body.</summary>
    /// <param name="header">The header.</param>
    /// <param name="bodyLength">Bytes of the body, 0 or more.</param>
    public static int GetPrefixLength(in DhtHeaderView header, int bodyLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bodyLength);
        int prefix = 1 + ProtoWire.DelimitedLength(GetHeaderLength(header));
        return bodyLength == 0 ? prefix : prefix + 1 + ProtoWire.VarintLength((uint)bodyLength);
    }

    /// <summary>Bytes of the whole envelope.</summary>
    /// <param name="header">The header.</param>
    /// <param name="bodyLength">Bytes of the body, 0 or more.</param>
    public static int GetLength(in DhtHeaderView header, int bodyLength) => checked(GetPrefixLength(header, bodyLength) + bodyLength);

    /// <summary>Writes everything before the body.</summary>
    /// <param name="header">The header.</param>
    /// <param name="bodyLength">Bytes of the body that is to follow, 0 or more.</param>
    /// <param name="destination">At least <see cref="GetPrefixLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public static int WritePrefix(in DhtHeaderView header, int bodyLength, Span<byte> destination)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(bodyLength);
        int headerLength = GetHeaderLength(header);
        int length = 1 + ProtoWire.DelimitedLength(headerLength);
        length += bodyLength == 0 ? 0 : 1 + ProtoWire.VarintLength((uint)bodyLength);
        if (destination.Length < length)
        {
            throw new ArgumentException($"The prefix has {length} bytes, the span {destination.Length}.", nameof(destination));
        }

        var writer = new Writer(destination);
        writer.Varint(0x0a, (uint)headerLength);
        writer.NonZero(0x08, (uint)header.Version);
        NodeDestination target = header.Destination;
        if (target.IsUnknown)
        {
            // Present with a value of its own: a received "false" goes out as "true".
            writer.Varint(0x18, 1);
        }
        else
        {
            writer.NonEmpty(0x22, target.KeyBytes);
        }

        writer.NonEmpty(0x32, header.MessageSignature);
        writer.NonEmpty(0x3a, header.EphemeralPublicKey);
        writer.NonZero(0x40, (ulong)(int)header.MessageType);
        writer.NonZero(0x50, (uint)header.Flags);
        writer.NonZero(0x58, header.MessageTag);
        writer.NonZero(0x60, header.ExpiresOrZero);
        writer.NonZero(0x12, (uint)bodyLength);
        return length;
    }

    /// <summary>Writes the whole envelope.</summary>
    /// <param name="header">The header.</param>
    /// <param name="body">The body as it goes on the wire; it must not overlap <paramref name="destination"/>.</param>
    /// <param name="destination">At least <see cref="GetLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public static int Write(in DhtHeaderView header, ReadOnlySpan<byte> body, Span<byte> destination)
    {
        int prefix = WritePrefix(header, body.Length, destination);
        body.CopyTo(destination[prefix..]);
        return prefix + body.Length;
    }

    /// <summary>Bytes between the header and a body: the body's key and length, nothing without a body.</summary>
    internal static int GetBodyPrefixLength(int bodyLength) => NonZeroLength((uint)bodyLength);

    /// <summary>Writes what comes between the header and a body, <see cref="GetBodyPrefixLength"/> bytes.</summary>
    internal static void WriteBodyPrefix(int bodyLength, Span<byte> destination)
    {
        var writer = new Writer(destination);
        writer.NonZero(0x12, (uint)bodyLength);
    }

    private static int GetHeaderLength(in DhtHeaderView header) =>
        NonZeroLength((uint)header.Version)
        + (header.Destination.IsUnknown ? 2 : 2 + CommsPublicKey.Length)
        + NonEmptyLength(header.MessageSignature)
        + NonEmptyLength(header.EphemeralPublicKey)
        + NonZeroLength((ulong)(int)header.MessageType)
        + NonZeroLength((uint)header.Flags)
        + NonZeroLength(header.MessageTag)
        + NonZeroLength(header.ExpiresOrZero);

    private static int NonZeroLength(ulong value) => value == 0 ? 0 : 1 + ProtoWire.VarintLength(value);

    private static int NonEmptyLength(ReadOnlySpan<byte> value) => value.IsEmpty ? 0 : 1 + ProtoWire.DelimitedLength(value.Length);

    private ref struct Writer(Span<byte> destination)
    {
        private readonly Span<byte> _destination = destination;
        private int _position;

        public void Varint(byte key, ulong value)
        {
            _destination[_position++] = key;
            _position += ProtoWire.WriteVarint(_destination[_position..], value);
        }

        public void NonZero(byte key, ulong value)
        {
            if (value != 0)
            {
                Varint(key, value);
            }
        }

        public void NonEmpty(byte key, scoped ReadOnlySpan<byte> value)
        {
            if (!value.IsEmpty)
            {
                Varint(key, (uint)value.Length);
                value.CopyTo(_destination[_position..]);
                _position += value.Length;
            }
        }
    }
}
