using System.Buffers.Binary;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>The encoded signature of a header: its three fields, and whether the bytes are as they have to be.</summary>
/// <remarks>Stateless and thread safe; allocates nothing and never throws because of a peer's bytes.</remarks>
internal static class MessageSignatureCodec
{
    //   0      2            34     36      68     70       102
    //   +------+------------+------+-------+------+--------+
    //   | 0a20 | signer key | 1220 | nonce | 1a20 | scalar |
    //   +------+------------+------+-------+------+--------+

    /// <summary>Bytes of every usable signature.</summary>
    public const int EncodedLength = MessageSignature.WireLength;

    private const int FieldLength = 32;
    private const int SignerOffset = 2;
    private const int NonceOffset = 36;
    private const int ScalarOffset = 70;
    private const ushort SignerPrefix = 0x0a20;
    private const ushort NoncePrefix = 0x1220;
    private const ushort ScalarPrefix = 0x1a20;

    /// <summary>Decodes a signature in any encoding: unknown fields are passed over, of repeated ones the last counts.</summary>
    /// <param name="encoded">The bytes as received.</param>
    /// <param name="fields">Its fields.</param>
    /// <returns>False if the bytes do not decode.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out MessageSignatureFields fields)
    {
        if (HasUsableShape(encoded))
        {
            fields = new MessageSignatureFields(
                new(SignerOffset, FieldLength), new(NonceOffset, FieldLength), new(ScalarOffset, FieldLength), IsCanonical: true);
            return true;
        }

        return TryDecodeAny(encoded, out fields);
    }

    /// <summary>Checks decoded fields for their lengths and the scalar for being below the group's order.</summary>
    /// <param name="encoded">The bytes that were decoded.</param>
    /// <param name="fields">What was found in them.</param>
    public static MessageSignatureStatus Convert(ReadOnlySpan<byte> encoded, in MessageSignatureFields fields)
    {
        if (fields.SignerPublicKey.Length != CommsPublicKey.Length)
        {
            return MessageSignatureStatus.InvalidSignerPublicKeyBytes;
        }

        if (fields.PublicNonce.Length != CommsPublicKey.Length)
        {
            return MessageSignatureStatus.InvalidPublicNonceBytes;
        }

        return RistrettoScalar.IsCanonical(fields.Signature.Of(encoded))
            ? MessageSignatureStatus.Ok
            : MessageSignatureStatus.InvalidSignatureBytes;
    }

    /// <summary>Bytes of the canonical encoding of decoded fields; 0 if all are empty.</summary>
    /// <param name="fields">The fields.</param>
    public static int GetCanonicalLength(in MessageSignatureFields fields) =>
        NonEmptyLength(fields.SignerPublicKey) + NonEmptyLength(fields.PublicNonce) + NonEmptyLength(fields.Signature);

    /// <summary>Writes the canonical encoding of decoded fields.</summary>
    /// <param name="encoded">The bytes that were decoded; they must not overlap <paramref name="destination"/>.</param>
    /// <param name="fields">What was found in them.</param>
    /// <param name="destination">At least <see cref="GetCanonicalLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    public static int WriteCanonical(ReadOnlySpan<byte> encoded, in MessageSignatureFields fields, Span<byte> destination)
    {
        int written = WriteNonEmpty(0x0a, fields.SignerPublicKey.Of(encoded), destination);
        written += WriteNonEmpty(0x12, fields.PublicNonce.Of(encoded), destination[written..]);
        return written + WriteNonEmpty(0x1a, fields.Signature.Of(encoded), destination[written..]);
    }

    private static bool HasUsableShape(ReadOnlySpan<byte> encoded) =>
        encoded.Length == EncodedLength
        && BinaryPrimitives.ReadUInt16BigEndian(encoded) == SignerPrefix
        && BinaryPrimitives.ReadUInt16BigEndian(encoded[(NonceOffset - 2)..]) == NoncePrefix
        && BinaryPrimitives.ReadUInt16BigEndian(encoded[(ScalarOffset - 2)..]) == ScalarPrefix;

    private static bool TryDecodeAny(ReadOnlySpan<byte> encoded, out MessageSignatureFields fields)
    {
        fields = default;
        MessageSignatureFields.Field signer = default, nonce = default, signature = default;
        uint last = 0;
        bool ordered = true;
        var reader = new ProtoReader(encoded);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return false;
            }

            ordered &= number > last;
            last = number;
            if (number > 3)
            {
                if (!ProtoWire.TrySkipValue(ref reader, number, type))
                {
                    return false;
                }

                continue;
            }

            if (type != WireType.LengthDelimited || !reader.TryReadDelimited(out int offset, out int length))
            {
                return false;
            }

            var field = new MessageSignatureFields.Field(offset, length);
            switch (number)
            {
                case 1:
                    signer = field;
                    break;
                case 2:
                    nonce = field;
                    break;
                default:
                    signature = field;
                    break;
            }
        }

        // In order and as long as canonical: nothing unknown, nothing empty, no varint longer than it needs.
        fields = new MessageSignatureFields(signer, nonce, signature, IsCanonical: false);
        fields = fields with { IsCanonical = ordered && GetCanonicalLength(fields) == encoded.Length };
        return true;
    }

    private static int NonEmptyLength(MessageSignatureFields.Field field) =>
        field.Length == 0 ? 0 : 1 + ProtoWire.DelimitedLength(field.Length);

    private static int WriteNonEmpty(byte key, ReadOnlySpan<byte> value, Span<byte> destination)
    {
        if (value.IsEmpty)
        {
            return 0;
        }

        destination[0] = key;
        int prefix = 1 + ProtoWire.WriteVarint(destination[1..], (uint)value.Length);
        value.CopyTo(destination[prefix..]);
        return prefix + value.Length;
    }
}
