using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Encodes the response that passes on a peer (<c>GetPeersResponse</c>).</summary>
/// <remarks>Stateless, thread safe.</remarks>
internal static class GetPeersResponseWriter
{
    // Key and length of a public key, and its bytes.
    private const int KeyLength = 2 + CommsPublicKey.Length;

    /// <summary>The encoded message.</summary>
    /// <param name="publicKey">The peer's key.</param>
    /// <param name="claims">Its claims, in this order.</param>
    public static byte[] Encode(in CommsPublicKey publicKey, ReadOnlySpan<PeerIdentityClaim> claims)
    {
        int infoLength = KeyLength;
        foreach (PeerIdentityClaim claim in claims)
        {
            infoLength += 1 + ProtoWire.DelimitedLength(LengthOf(claim));
        }

        byte[] encoded = new byte[1 + ProtoWire.DelimitedLength(infoLength)];
        int at = WriteKey(encoded, 0x0a, infoLength);
        at += WriteBytes(encoded.AsSpan(at), 0x0a, publicKey.Bytes);
        foreach (PeerIdentityClaim claim in claims)
        {
            at += WriteKey(encoded.AsSpan(at), 0x12, LengthOf(claim));
            at += WriteClaim(encoded.AsSpan(at), claim);
        }

        return encoded;
    }

    private static int LengthOf(PeerIdentityClaim claim)
    {
        int length = claim.Features == 0 ? 0 : 1 + ProtoWire.VarintLength((uint)claim.Features);
        foreach (ref readonly Multiaddr address in claim.Addresses.AsSpan())
        {
            length += 1 + ProtoWire.DelimitedLength(address.Bytes.Length);
        }

        return length + 1 + ProtoWire.DelimitedLength(IdentitySignatureCodec.GetEncodedLength(claim.Signature));
    }

    private static int WriteClaim(Span<byte> destination, PeerIdentityClaim claim)
    {
        int at = 0;
        foreach (ref readonly Multiaddr address in claim.Addresses.AsSpan())
        {
            at += WriteBytes(destination[at..], 0x0a, address.Bytes);
        }

        if (claim.Features != 0)
        {
            destination[at++] = 0x10;
            at += ProtoWire.WriteVarint(destination[at..], (uint)claim.Features);
        }

        at += WriteKey(destination[at..], 0x1a, IdentitySignatureCodec.GetEncodedLength(claim.Signature));
        return at + IdentitySignatureCodec.Write(claim.Signature, destination[at..]);
    }

    private static int WriteBytes(Span<byte> destination, byte key, ReadOnlySpan<byte> value)
    {
        int at = WriteKey(destination, key, value.Length);
        value.CopyTo(destination[at..]);
        return at + value.Length;
    }

    private static int WriteKey(Span<byte> destination, byte key, int length)
    {
        destination[0] = key;
        return 1 + ProtoWire.WriteVarint(destination[1..], (uint)length);
    }
}
