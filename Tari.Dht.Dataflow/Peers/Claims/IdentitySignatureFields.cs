using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Protocol.Proto;
using IdentitySignature = Tari.Dht.Dataflow.Cryptography.IdentitySignature;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>The fields of an encoded identity signature, as parts of the bytes they were read from.</summary>
/// <remarks>
/// A message that has the signature more than once merges its occurrences field by field: call <see cref="TryMerge"/> for each.
/// </remarks>
internal ref struct IdentitySignatureFields
{
    private uint _version;
    private ReadOnlySpan<byte> _scalar;
    private ReadOnlySpan<byte> _publicNonce;
    private long _updatedAt;

    /// <summary>Reads one occurrence.</summary>
    /// <param name="encoded">The occurrence.</param>
    /// <param name="depthLeft">Levels of nesting left for the fields in it.</param>
    /// <returns>False if the bytes are no such message.</returns>
    public bool TryMerge(ReadOnlySpan<byte> encoded, int depthLeft)
    {
        var reader = new ProtoReader(encoded);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return false;
            }

            ulong value;
            switch (number)
            {
                case 1:
                    if (!ProtoFields.TryReadVarint(ref reader, type, out value))
                    {
                        return false;
                    }

                    _version = (uint)value;
                    break;
                case 2:
                    if (!ProtoFields.TryReadBytes(ref reader, encoded, type, out _scalar))
                    {
                        return false;
                    }

                    break;
                case 3:
                    if (!ProtoFields.TryReadBytes(ref reader, encoded, type, out _publicNonce))
                    {
                        return false;
                    }

                    break;
                case 4:
                    if (!ProtoFields.TryReadVarint(ref reader, type, out value))
                    {
                        return false;
                    }

                    _updatedAt = (long)value;
                    break;
                default:
                    if (!ProtoWire.TrySkipValue(ref reader, number, type, depthLeft))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }

    /// <summary>Checks the fields and makes a signature of them.</summary>
    /// <param name="signature">The signature; empty unless the result is <see cref="PeerClaimError.None"/>.</param>
    public readonly PeerClaimError Convert(out IdentitySignature signature)
    {
        signature = default;
        if (_version > byte.MaxValue)
        {
            return PeerClaimError.SignatureVersion;
        }

        if (_publicNonce.Length != CommsPublicKey.Length)
        {
            return PeerClaimError.SignatureNonce;
        }

        if (!RistrettoScalar.IsCanonical(_scalar))
        {
            return PeerClaimError.SignatureScalar;
        }

        // A date before 1970 is one, and makes the signature an invalid one later.
        if (_updatedAt is < IdentitySignature.MinUpdatedAt or > IdentitySignature.MaxUpdatedAt)
        {
            return PeerClaimError.SignatureDate;
        }

        signature = new IdentitySignature((byte)_version, new CommsPublicKey(_publicNonce), _scalar, _updatedAt);
        return PeerClaimError.None;
    }
}
