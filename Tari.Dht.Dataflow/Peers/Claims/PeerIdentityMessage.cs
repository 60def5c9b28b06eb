using System.Text.Unicode;
using Tari.Dht.Dataflow.Protocol.Proto;
using IdentitySignature = Tari.Dht.Dataflow.Cryptography.IdentitySignature;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>What two nodes tell each other when a connection starts (<c>PeerIdentityMsg</c>).</summary>
/// <remarks>
/// A view over the encoded bytes, which the caller keeps for as long as it uses the view. Decoding allocates nothing. The key is that of
/// the connection and not in the message.
/// </remarks>
internal readonly ref struct PeerIdentityMessage
{
    private const uint AddressesField = 1;
    private const uint ProtocolsField = 3;

    private readonly IdentitySignatureFields _signature;

    private PeerIdentityMessage(
        RepeatedBytes addresses,
        uint features,
        RepeatedBytes supportedProtocols,
        ReadOnlySpan<byte> userAgent,
        bool hasSignature,
        IdentitySignatureFields signature)
    {
        Addresses = addresses;
        Features = features;
        SupportedProtocols = supportedProtocols;
        UserAgent = userAgent;
        HasSignature = hasSignature;
        _signature = signature;
    }

    /// <summary>The addresses as received.</summary>
    public RepeatedBytes Addresses { get; }

    /// <summary>The features as received, any bits.</summary>
    public uint Features { get; }

    /// <summary>The names of the protocols as received, any bytes. Not signed.</summary>
    public RepeatedBytes SupportedProtocols { get; }

    /// <summary>What the peer says it runs: UTF-8. Not signed.</summary>
    public ReadOnlySpan<byte> UserAgent { get; }

    /// <summary>Whether there is an identity signature.</summary>
    public bool HasSignature { get; }

    /// <summary>Reads a message.</summary>
    /// <param name="encoded">Untrusted bytes.</param>
    /// <param name="message">The message; undefined on failure.</param>
    /// <returns>False if the bytes are no such message.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out PeerIdentityMessage message)
    {
        message = default;
        int addresses = 0;
        uint features = 0;
        int protocols = 0;
        ReadOnlySpan<byte> userAgent = default;
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

                    features = (uint)bits;
                    break;
                case ProtocolsField:
                    if (!ProtoFields.TryReadBytes(ref reader, encoded, type, out _))
                    {
                        return false;
                    }

                    protocols++;
                    break;
                case 4:
                    if (!ProtoFields.TryReadBytes(ref reader, encoded, type, out userAgent) || !Utf8.IsValid(userAgent))
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

        message = new PeerIdentityMessage(
            new RepeatedBytes(encoded, AddressesField, addresses),
            features,
            new RepeatedBytes(encoded, ProtocolsField, protocols),
            userAgent,
            hasSignature,
            signature);
        return true;
    }

    /// <summary>
    /// Makes a claim of the message outside of an identity exchange; whether its signature is right is not asked.
    /// </summary>
    /// <param name="claim">The claim; null unless the result is <see cref="PeerClaimError.None"/>.</param>
    /// <remarks>This asks for an address. The exchange itself does not: see <see cref="TryReadClaim"/>.</remarks>
    public PeerClaimError TryConvert(out PeerIdentityClaim? claim)
    {
        claim = null;
        return Addresses.Count == 0 ? PeerClaimError.NoAddresses : TryReadClaim(out claim);
    }

    /// <summary>Makes a claim of the message as the identity exchange does, with or without addresses.</summary>
    /// <param name="claim">The claim; null unless the result is <see cref="PeerClaimError.None"/>.</param>
    public PeerClaimError TryReadClaim(out PeerIdentityClaim? claim)
    {
        claim = null;
        PeerClaimError error = ClaimParts.TryReadAddresses(Addresses, out var addresses);
        if (error != PeerClaimError.None)
        {
            return error;
        }

        error = ClaimParts.TryReadFeatures(Features, out PeerFeatures features);
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

        claim = new PeerIdentityClaim(addresses, features, signature);
        return PeerClaimError.None;
    }
}
