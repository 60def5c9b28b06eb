using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Protocol.Proto.Identity;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>Encodes what this node says about itself when a connection starts (<c>PeerIdentityMsg</c>).</summary>
internal static class PeerIdentityMessageWriter
{
    /// <summary>The encoded message.</summary>
    /// <param name="claim">This node's claim.</param>
    /// <param name="userAgent">What the node runs.</param>
    /// <param name="supportedProtocols">The protocols it speaks.</param>
    public static byte[] Encode(PeerIdentityClaim claim, string userAgent, ReadOnlySpan<ProtocolId> supportedProtocols)
    {
        ArgumentNullException.ThrowIfNull(claim);
        ArgumentNullException.ThrowIfNull(userAgent);
        var message = new PeerIdentityMsg
        {
            Features = (uint)claim.Features,
            UserAgent = userAgent,
            IdentitySignature = new IdentitySignature
            {
                Version = claim.Signature.Version,
                Signature = ByteString.CopyFrom(claim.Signature.Scalar),
                PublicNonce = ByteString.CopyFrom(claim.Signature.PublicNonce.Bytes),
                UpdatedAt = claim.Signature.UpdatedAt,
            },
        };
        foreach (ref readonly Multiaddr address in claim.Addresses.AsSpan())
        {
            message.Addresses.Add(ByteString.CopyFrom(address.Bytes));
        }

        foreach (ref readonly ProtocolId protocol in supportedProtocols)
        {
            message.SupportedProtocols.Add(ByteString.CopyFrom(protocol.Bytes));
        }

        return message.ToByteArray();
    }
}
