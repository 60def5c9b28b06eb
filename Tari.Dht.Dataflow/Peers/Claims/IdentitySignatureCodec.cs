using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Proto;
using IdentitySignature = Tari.Dht.Dataflow.Cryptography.IdentitySignature;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>An identity signature as protobuf: <c>tari.comms.identity.IdentitySignature</c>, and <c>tari.dht.common</c>'s alike.</summary>
/// <remarks>Stateless and thread safe; allocates nothing and never throws because of a peer's bytes.</remarks>
internal static class IdentitySignatureCodec
{
    /// <summary>Bytes of the longest encoding: a version of two bytes, two fields of 32 bytes, a negative date.</summary>
    public const int MaxEncodedLength = 3 + FieldLength + FieldLength + 11;

    // Key, length, 32 bytes.
    private const int FieldLength = 34;

    /// <summary>Reads a signature.</summary>
    /// <param name="encoded">Untrusted bytes.</param>
    /// <param name="signature">The signature; empty unless the result is <see cref="PeerClaimError.None"/>.</param>
    public static PeerClaimError TryDecode(ReadOnlySpan<byte> encoded, out IdentitySignature signature)
    {
        var fields = new IdentitySignatureFields();
        if (fields.TryMerge(encoded, ProtoWire.MaxNesting))
        {
            return fields.Convert(out signature);
        }

        signature = default;
        return PeerClaimError.Malformed;
    }

    /// <summary>Bytes of the encoding.</summary>
    /// <param name="signature">The signature.</param>
    public static int GetEncodedLength(in IdentitySignature signature) =>
        (signature.Version == 0 ? 0 : 1 + ProtoWire.VarintLength(signature.Version))
        + FieldLength + FieldLength
        + (signature.UpdatedAt == 0 ? 0 : 1 + ProtoWire.VarintLength((ulong)signature.UpdatedAt));

    /// <summary>Writes the canonical encoding.</summary>
    /// <param name="signature">The signature; the nanoseconds of its date are not sent.</param>
    /// <param name="destination">At least <see cref="GetEncodedLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    public static int Write(in IdentitySignature signature, Span<byte> destination)
    {
        int written = 0;
        if (signature.Version != 0)
        {
            destination[written++] = 0x08;
            written += ProtoWire.WriteVarint(destination[written..], signature.Version);
        }

        written += WriteField(0x12, signature.Scalar, destination[written..]);
        written += WriteField(0x1a, signature.PublicNonce.Bytes, destination[written..]);
        if (signature.UpdatedAt != 0)
        {
            destination[written++] = 0x20;
            written += ProtoWire.WriteVarint(destination[written..], (ulong)signature.UpdatedAt);
        }

        return written;
    }

    private static int WriteField(byte key, ReadOnlySpan<byte> value, Span<byte> destination)
    {
        destination[0] = key;
        destination[1] = (byte)value.Length;
        value.CopyTo(destination[2..]);
        return FieldLength;
    }
}
