using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Proto;
using IdentitySignature = Tari.Dht.Dataflow.Cryptography.IdentitySignature;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>The fields of an encoded <c>PeerIdentityClaim</c>, as parts of the bytes they were read from.</summary>
internal ref struct RelayedClaimFields
{
    private const uint AddressesField = 1;

    private RepeatedBytes _addresses;
    private uint _features;
    private bool _hasSignature;
    private IdentitySignatureFields _signature;

    /// <summary>Reads a claim.</summary>
    /// <param name="encoded">Untrusted bytes.</param>
    /// <param name="depthLeft">Levels of nesting left for the fields in it.</param>
    /// <param name="claim">The claim; undefined on failure.</param>
    /// <returns>False if the bytes are no such message.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, int depthLeft, out RelayedClaimFields claim)
    {
        claim = default;
        int addresses = 0;
        var signature = new IdentitySignatureFields();
        var reader = new ProtoReader(encoded);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return false;
            }

            switch (number)
            {
                case AddressesField:
                    if (!ProtoFields.TryReadBytes(ref reader, encoded, type, out _))
                    {
                        return false;
                    }

                    addresses++;
                    break;
                case 2:
                    if (!ProtoFields.TryReadVarint(ref reader, type, out ulong bits))
                    {
                        return false;
                    }

                    claim._features = (uint)bits;
                    break;
                case 3:
                    if (!ProtoFields.TryReadBytes(ref reader, encoded, type, out ReadOnlySpan<byte> occurrence)
                        || !signature.TryMerge(occurrence, depthLeft - 1))
                    {
                        return false;
                    }

                    claim._hasSignature = true;
                    break;
                default:
                    if (!ProtoWire.TrySkipValue(ref reader, number, type, depthLeft))
                    {
                        return false;
                    }

                    break;
            }
        }

        claim._addresses = new RepeatedBytes(encoded, AddressesField, addresses);
        claim._signature = signature;
        return true;
    }

    /// <summary>Makes a claim of the fields; whether its signature is right is not asked.</summary>
    /// <param name="claim">The claim; null unless the result is <see cref="PeerClaimError.None"/>.</param>
    public readonly PeerClaimError TryConvert(out PeerIdentityClaim? claim)
    {
        claim = null;
        if (!PeerFeaturesExtensions.TryFromBits(_features, out PeerFeatures features))
        {
            return PeerClaimError.Features;
        }

        if (!_hasSignature)
        {
            return PeerClaimError.MissingSignature;
        }

        PeerClaimError error = _signature.Convert(out IdentitySignature signature);
        if (error != PeerClaimError.None)
        {
            return error;
        }

        // Last, because only here something is copied.
        error = ClaimParts.TryReadAddresses(_addresses, out var addresses);
        if (error == PeerClaimError.None)
        {
            claim = new PeerIdentityClaim(addresses, features, signature);
        }

        return error;
    }
}
