using System.Buffers;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Finds the parts of an envelope in its bytes, and accepts only the canonical encoding.</summary>
/// <remarks>
/// Stateless and thread safe; allocates and copies nothing, whatever the bytes are, and never throws because of them. An envelope
/// that reads as <see cref="EnvelopeStatus.Ok"/> is what its own encoding would give byte for byte, so nothing has to be encoded
/// again to know. What the fields mean is not looked at here: see <see cref="DhtMessageHeader"/>.
/// </remarks>
public static class EnvelopeReader
{
    //   0a len header                12 len body        both optional; an empty body is not written
    //
    //   header: 08 major | 18 unknown or 22 len key | 32 len signature | 3a len ephemeral key
    //           40 type | 50 flags | 58 tag | 60 expires
    //   Each at most once, in this order, never with its default value, except that the destination is written as it is.
    private const byte Header = 0x0a;
    private const byte Body = 0x12;
    private const byte Major = 0x08;
    private const byte Unknown = 0x18;
    private const byte PublicKey = 0x22;
    private const byte Signature = 0x32;
    private const byte EphemeralKey = 0x3a;
    private const byte MessageType = 0x40;
    private const byte Flags = 0x50;
    private const byte MessageTag = 0x58;
    private const byte Expires = 0x60;

    /// <summary>Reads an envelope that lies in one piece.</summary>
    /// <param name="envelope">The whole message as received.</param>
    /// <param name="layout">Where its parts are; meaningless unless the answer is <see cref="EnvelopeStatus.Ok"/>.</param>
    public static EnvelopeStatus Read(ReadOnlySpan<byte> envelope, out EnvelopeLayout layout)
    {
        var cursor = new ProtoReader(envelope);
        if (TryReadCanonical(ref cursor, out layout))
        {
            return envelope.IsEmpty ? EnvelopeStatus.Empty : EnvelopeStatus.Ok;
        }

        cursor = new ProtoReader(envelope);
        return Classify(ref cursor);
    }

    /// <summary>Reads an envelope that lies in pieces of any lengths.</summary>
    /// <param name="envelope">The whole message as received. Offsets in the layout count from its start.</param>
    /// <param name="layout">Where its parts are; meaningless unless the answer is <see cref="EnvelopeStatus.Ok"/>.</param>
    /// <exception cref="ArgumentException">The sequence is longer than <see cref="int.MaxValue"/>.</exception>
    public static EnvelopeStatus Read(in ReadOnlySequence<byte> envelope, out EnvelopeLayout layout)
    {
        if (envelope.IsSingleSegment)
        {
            return Read(envelope.FirstSpan, out layout);
        }

        if (envelope.Length > int.MaxValue)
        {
            throw new ArgumentException("An envelope has at most int.MaxValue bytes.", nameof(envelope));
        }

        var cursor = new SequenceCursor(envelope);
        if (TryReadCanonical(ref cursor, out layout))
        {
            return envelope.IsEmpty ? EnvelopeStatus.Empty : EnvelopeStatus.Ok;
        }

        cursor = new SequenceCursor(envelope);
        return Classify(ref cursor);
    }

    private static bool TryReadCanonical<TCursor>(ref TCursor cursor, out EnvelopeLayout layout)
        where TCursor : struct, IWireCursor, allows ref struct
    {
        // No bytes are the canonical encoding of an envelope without anything; the caller calls that empty.
        layout = default;
        if (!cursor.TryReadByte(out byte key))
        {
            return true;
        }

        if (key == Header)
        {
            if (!TryReadCanonicalLength(ref cursor, out int length) || !TryReadHeader(ref cursor, length, ref layout))
            {
                return false;
            }

            layout.HasHeader = true;
            if (!cursor.TryReadByte(out key))
            {
                return true;
            }
        }

        if (key != Body || !TryReadPresentBytes(ref cursor, out int offset, out int bodyLength))
        {
            return false;
        }

        layout.BodyOffset = offset;
        layout.BodyLength = bodyLength;
        return cursor.Remaining == 0;
    }

    private static bool TryReadHeader<TCursor>(ref TCursor cursor, int length, ref EnvelopeLayout layout)
        where TCursor : struct, IWireCursor, allows ref struct
    {
        int end = cursor.Position + length;
        byte last = 0;
        while (cursor.Position < end)
        {
            if (!cursor.TryReadByte(out byte key) || key <= last)
            {
                return false;
            }

            last = key;
            bool canonical;
            switch (key)
            {
                case Major:
                    canonical = TryReadCanonicalVarint(ref cursor, out ulong major) && major is > 0 and <= uint.MaxValue;
                    layout.Major = (uint)major;
                    break;
                case Unknown:
                    canonical = cursor.TryReadByte(out byte unknown) && unknown <= 1;
                    layout.DestinationKind = DestinationKind.Unknown;

                    // Both are one oneof: the key may not follow.
                    last = PublicKey;
                    break;
                case PublicKey:
                    canonical = TryReadCanonicalLength(ref cursor, out int keyLength);
                    layout.DestinationKind = DestinationKind.PublicKey;
                    layout.DestinationOffset = cursor.Position;
                    layout.DestinationLength = keyLength;
                    canonical = canonical && cursor.TrySkip((uint)keyLength);
                    break;
                case Signature:
                    canonical = TryReadPresentBytes(ref cursor, out int signatureOffset, out int signatureLength);
                    layout.SignatureOffset = signatureOffset;
                    layout.SignatureLength = signatureLength;
                    break;
                case EphemeralKey:
                    canonical = TryReadPresentBytes(ref cursor, out int ephemeralOffset, out int ephemeralLength);
                    layout.EphemeralKeyOffset = ephemeralOffset;
                    layout.EphemeralKeyLength = ephemeralLength;
                    break;
                case MessageType:
                    // A negative number is sign extended to 64 bits, so it is among the largest of these.
                    canonical = TryReadCanonicalVarint(ref cursor, out ulong type) && type != 0 && (long)type == (int)type;
                    layout.MessageType = (int)type;
                    break;
                case Flags:
                    canonical = TryReadCanonicalVarint(ref cursor, out ulong flags) && flags is > 0 and <= uint.MaxValue;
                    layout.Flags = (uint)flags;
                    break;
                case MessageTag:
                    canonical = TryReadCanonicalVarint(ref cursor, out ulong tag) && tag != 0;
                    layout.MessageTag = tag;
                    break;
                case Expires:
                    canonical = TryReadCanonicalVarint(ref cursor, out ulong expires) && expires != 0;
                    layout.Expires = expires;
                    break;
                default:
                    return false;
            }

            if (!canonical)
            {
                return false;
            }
        }

        // A field that runs over the header's end moved the position past it.
        return cursor.Position == end;
    }

    private static bool TryReadCanonicalVarint<TCursor>(ref TCursor cursor, out ulong value)
        where TCursor : struct, IWireCursor, allows ref struct =>
        cursor.TryReadVarint(out value, out int length) && length == ProtoWire.VarintLength(value);

    private static bool TryReadCanonicalLength<TCursor>(ref TCursor cursor, out int length)
        where TCursor : struct, IWireCursor, allows ref struct
    {
        bool canonical = TryReadCanonicalVarint(ref cursor, out ulong value) && value <= (uint)cursor.Remaining;
        length = canonical ? (int)value : 0;
        return canonical;
    }

    /// <summary>Bytes of a field that is only written when there are any.</summary>
    private static bool TryReadPresentBytes<TCursor>(ref TCursor cursor, out int offset, out int length)
        where TCursor : struct, IWireCursor, allows ref struct
    {
        bool canonical = TryReadCanonicalLength(ref cursor, out length) && length > 0;
        offset = cursor.Position;
        return canonical && cursor.TrySkip((uint)length);
    }

    /// <summary>What is wrong with bytes that are not canonical: do they decode at all?</summary>
    private static EnvelopeStatus Classify<TCursor>(ref TCursor cursor)
        where TCursor : struct, IWireCursor, allows ref struct =>
        EnvelopeDecodes(ref cursor) ? EnvelopeStatus.NonCanonical : EnvelopeStatus.Malformed;

    // Every value of a known field is acceptable to a decoder (numbers are cut to their size, repetitions replace or merge), so only the
    // structure and the wire types decide.
    private static bool EnvelopeDecodes<TCursor>(ref TCursor cursor)
        where TCursor : struct, IWireCursor, allows ref struct
    {
        while (cursor.Remaining > 0)
        {
            if (!ProtoWire.TryReadKey(ref cursor, out uint number, out WireType type))
            {
                return false;
            }

            bool decodes = number switch
            {
                1 => type == WireType.LengthDelimited
                    && ProtoWire.TryReadLength(ref cursor, out int length)
                    && HeaderDecodes(ref cursor, length),
                2 => type == WireType.LengthDelimited && ProtoWire.TrySkipValue(ref cursor, number, type),
                _ => ProtoWire.TrySkipValue(ref cursor, number, type),
            };
            if (!decodes)
            {
                return false;
            }
        }

        return true;
    }

    private static bool HeaderDecodes<TCursor>(ref TCursor cursor, int length)
        where TCursor : struct, IWireCursor, allows ref struct
    {
        int end = cursor.Position + length;
        while (cursor.Position < end)
        {
            if (!ProtoWire.TryReadKey(ref cursor, out uint number, out WireType type))
            {
                return false;
            }

            bool expected = number switch
            {
                1 or 3 or 8 or 10 or 11 or 12 => type == WireType.Varint,
                4 or 6 or 7 => type == WireType.LengthDelimited,
                _ => true,
            };

            // The header itself took one level of nesting.
            if (!expected || !ProtoWire.TrySkipValue(ref cursor, number, type, ProtoWire.MaxNesting - 1))
            {
                return false;
            }
        }

        return cursor.Position == end;
    }
}
