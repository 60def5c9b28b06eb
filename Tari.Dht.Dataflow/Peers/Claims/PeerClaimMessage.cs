using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Protocol.Proto;
using IdentitySignature = Tari.Dht.Dataflow.Cryptography.IdentitySignature;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>A join, a discovery or a discovery response: three messages of the same fields.</summary>
/// <remarks>A view over the encoded bytes, which the caller keeps for as long as it uses the view. Decoding allocates nothing.</remarks>
internal readonly ref struct PeerClaimMessage
{
    /// <summary>Objects that decoding may make: addresses and the signature.</summary>
    public const int MaxDecodeItems = EnvelopeBody.MaxDecodeItems;

    private const uint AddressesField = 2;

    private readonly IdentitySignatureFields _signature;

    private PeerClaimMessage(
        ReadOnlySpan<byte> publicKey,
        RepeatedBytes addresses,
        uint features,
        ulong nonce,
        bool hasSignature,
        IdentitySignatureFields signature)
    {
        PublicKey = publicKey;
        Addresses = addresses;
        Features = features;
        Nonce = nonce;
        HasSignature = hasSignature;
        _signature = signature;
    }

    /// <summary>The public key as received, of any length.</summary>
    public ReadOnlySpan<byte> PublicKey { get; }

    /// <summary>The addresses as received.</summary>
    public RepeatedBytes Addresses { get; }

    /// <summary>The features as received, any bits.</summary>
    public uint Features { get; }

    /// <summary>The number that a response repeats.</summary>
    public ulong Nonce { get; }

    /// <summary>Whether there is an identity signature.</summary>
    public bool HasSignature { get; }

    /// <summary>Reads a message.</summary>
    /// <param name="encoded">Untrusted bytes.</param>
    /// <param name="message">The message; undefined on failure.</param>
    /// <returns>False if the bytes are no such message, or the message makes more than <see cref="MaxDecodeItems"/> objects.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out PeerClaimMessage message)
    {
        message = default;
        if (DecodeBudget.Count(encoded, MessageShape.PeerClaim, MaxDecodeItems).IsExceeded)
        {
            return false;
        }

        ReadOnlySpan<byte> publicKey = default;
        int addresses = 0;
        uint features = 0;
        ulong nonce = 0;
        bool hasSignature = false;
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
                case 1:
                    if (!ProtoFields.TryReadBytes(ref reader, encoded, type, out publicKey))
                    {
                        return false;
                    }

                    break;
                case AddressesField:
                    if (!ProtoFields.TryReadBytes(ref reader, encoded, type, out _))
                    {
                        return false;
                    }

                    addresses++;
                    break;
                case 3:
                    if (!ProtoFields.TryReadVarint(ref reader, type, out ulong bits))
                    {
                        return false;
                    }

                    features = (uint)bits;
                    break;
                case 4:
                    if (!ProtoFields.TryReadVarint(ref reader, type, out nonce))
                    {
                        return false;
                    }

                    break;
                case 5:
                    if (!ProtoFields.TryReadBytes(ref reader, encoded, type, out ReadOnlySpan<byte> occurrence)
                        || !signature.TryMerge(occurrence, ProtoWire.MaxNesting - 1))
                    {
                        return false;
                    }

                    hasSignature = true;
                    break;
                default:
                    if (!ProtoWire.TrySkipValue(ref reader, number, type))
                    {
                        return false;
                    }

                    break;
            }
        }

        message = new PeerClaimMessage(
            publicKey, new RepeatedBytes(encoded, AddressesField, addresses), features, nonce, hasSignature, signature);
        return true;
    }

    /// <summary>Makes a claim of the message; whether its signature is right is not asked.</summary>
    /// <param name="publicKey">Whose claim it is said to be.</param>
    /// <param name="claim">The claim; null unless the result is <see cref="PeerClaimError.None"/>.</param>
    public PeerClaimError TryConvert(out CommsPublicKey publicKey, out PeerIdentityClaim? claim)
    {
        publicKey = default;
        claim = null;
        if (PublicKey.Length != CommsPublicKey.Length)
        {
            return PeerClaimError.PublicKey;
        }

        PeerClaimError error = ClaimParts.TryReadFeatures(Features, out PeerFeatures features);
        if (error != PeerClaimError.None)
        {
            return error;
        }

        if (!HasSignature)
        {
            return PeerClaimError.MissingSignature;
        }

        error = _signature.Convert(out IdentitySignature signature);
        if (error != PeerClaimError.None)
        {
            return error;
        }

        // Last, because only here something is copied.
        error = ClaimParts.TryReadAddresses(Addresses, out var addresses);
        if (error != PeerClaimError.None)
        {
            return error;
        }

        publicKey = new CommsPublicKey(PublicKey);
        claim = new PeerIdentityClaim(addresses, features, signature);
        return PeerClaimError.None;
    }
}
