using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>One response of an answer (<c>GetPeersResponse</c>): a peer, or nothing.</summary>
/// <remarks>
/// A view over the encoded bytes, which the caller keeps for as long as it uses the view. Decoding allocates nothing. A peer that is
/// there more than once is merged as protobuf says: the last key counts, and the claims follow each other.
/// </remarks>
internal readonly ref struct GetPeersResponseMessage
{
    private const uint PeerField = 1;
    private const uint ClaimsField = 2;
    private const int PeerDepth = ProtoWire.MaxNesting - 1;
    private const int ClaimDepth = PeerDepth - 1;

    private static readonly MessageShape s_shape = new MessageShape().Add(
        (int)PeerField,
        FieldKind.Message,
        new MessageShape().Add(
            (int)ClaimsField,
            FieldKind.Message,
            new MessageShape().Add(1, FieldKind.RepeatedBytes).Add(3, FieldKind.Message, new MessageShape())));

    private readonly RepeatedBytes _peers;
    private readonly int _claims;

    private GetPeersResponseMessage(RepeatedBytes peers, ReadOnlySpan<byte> publicKey, int claims)
    {
        _peers = peers;
        PublicKey = publicKey;
        _claims = claims;
    }

    /// <summary>Whether there is a peer.</summary>
    public bool HasPeer => _peers.Count > 0;

    /// <summary>The peer's public key as received, of any length.</summary>
    public ReadOnlySpan<byte> PublicKey { get; }

    /// <summary>Reads a message.</summary>
    /// <param name="encoded">Untrusted bytes.</param>
    /// <param name="message">The message; undefined on failure.</param>
    public static GetPeersDecodeStatus TryDecode(ReadOnlySpan<byte> encoded, out GetPeersResponseMessage message)
    {
        message = default;
        if (DecodeBudget.Count(encoded, s_shape, DhtRpcProtocol.MaxDecodeItems).IsExceeded)
        {
            return GetPeersDecodeStatus.BudgetExceeded;
        }

        int peers = 0;
        int claims = 0;
        ReadOnlySpan<byte> publicKey = default;
        var reader = new ProtoReader(encoded);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return GetPeersDecodeStatus.Malformed;
            }

            if (number != PeerField)
            {
                if (!ProtoWire.TrySkipValue(ref reader, number, type))
                {
                    return GetPeersDecodeStatus.Malformed;
                }
            }
            else if (ProtoFields.TryReadBytes(ref reader, encoded, type, out ReadOnlySpan<byte> peer)
                && TryMergePeer(peer, ref publicKey, ref claims))
            {
                peers++;
            }
            else
            {
                return GetPeersDecodeStatus.Malformed;
            }
        }

        message = new GetPeersResponseMessage(new RepeatedBytes(encoded, PeerField, peers), publicKey, claims);
        return GetPeersDecodeStatus.Ok;
    }

    /// <summary>The peer's key, where messages have it that are written in the order of their fields.</summary>
    /// <param name="encoded">Untrusted bytes.</param>
    /// <param name="publicKey">The key; undefined on failure.</param>
    /// <returns>False if the message is to be read to know.</returns>
    public static bool TryPeekKey(ReadOnlySpan<byte> encoded, out CommsPublicKey publicKey)
    {
        publicKey = default;
        var reader = new ProtoReader(encoded);
        if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type)
            || number != PeerField
            || !ProtoFields.TryReadBytes(ref reader, encoded, type, out ReadOnlySpan<byte> peer)
            || peer.Length < 2 + CommsPublicKey.Length
            || peer[0] != 0x0a
            || peer[1] != CommsPublicKey.Length)
        {
            return false;
        }

        publicKey = new CommsPublicKey(peer.Slice(2, CommsPublicKey.Length));
        return true;
    }

    /// <summary>Makes a record of the peer; nothing of it is checked.</summary>
    /// <param name="info">The record; null unless the result is <see cref="PeerClaimError.None"/>.</param>
    public PeerClaimError TryConvert(out UnvalidatedPeerInfo? info)
    {
        info = null;
        if (PublicKey.Length != CommsPublicKey.Length)
        {
            return PeerClaimError.PublicKey;
        }

        ImmutableArray<PeerIdentityClaim>.Builder claims = ImmutableArray.CreateBuilder<PeerIdentityClaim>(Math.Min(_claims, 16));
        foreach (ReadOnlySpan<byte> peer in _peers)
        {
            foreach (ReadOnlySpan<byte> encoded in new RepeatedBytes(peer, ClaimsField, int.MaxValue))
            {
                PeerClaimError error = RelayedClaimFields.TryDecode(encoded, ClaimDepth, out RelayedClaimFields fields)
                    ? fields.TryConvert(out PeerIdentityClaim? claim)
                    : Malformed(out claim);
                if (claim is null)
                {
                    return error;
                }

                claims.Add(claim);
            }
        }

        info = new UnvalidatedPeerInfo(new CommsPublicKey(PublicKey), claims.DrainToImmutable());
        return PeerClaimError.None;
    }

    private static PeerClaimError Malformed(out PeerIdentityClaim? claim)
    {
        claim = null;
        return PeerClaimError.Malformed;
    }

    private static bool TryMergePeer(ReadOnlySpan<byte> peer, ref ReadOnlySpan<byte> publicKey, ref int claims)
    {
        var reader = new ProtoReader(peer);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return false;
            }

            switch (number)
            {
                case 1:
                    if (!ProtoFields.TryReadBytes(ref reader, peer, type, out publicKey))
                    {
                        return false;
                    }

                    break;
                case ClaimsField:
                    if (!ProtoFields.TryReadBytes(ref reader, peer, type, out ReadOnlySpan<byte> claim)
                        || !RelayedClaimFields.TryDecode(claim, ClaimDepth, out _))
                    {
                        return false;
                    }

                    claims++;
                    break;
                default:
                    if (!ProtoWire.TrySkipValue(ref reader, number, type, PeerDepth))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }
}
