using Google.Protobuf;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Discovery;

/// <summary>What this node says about itself in a join, a discovery and a discovery response; the three have the same fields.</summary>
internal static class OwnClaimMessage
{
    /// <summary>The encoded message.</summary>
    /// <param name="identity">This node; one consistent snapshot of its claim is taken.</param>
    /// <param name="nonce">The number of the message.</param>
    public static byte[] Encode(NodeIdentity identity, ulong nonce)
    {
        PeerIdentityClaim claim = identity.Claim;
        ref readonly var signature = ref claim.Signature;
        var message = new JoinMessage
        {
            PublicKey = ByteString.CopyFrom(identity.PublicKey.Bytes),
            PeerFeatures = (uint)claim.Features,
            Nonce = nonce,
            IdentitySignature = new IdentitySignature
            {
                Version = signature.Version,
                Signature = ByteString.CopyFrom(signature.Scalar),
                PublicNonce = ByteString.CopyFrom(signature.PublicNonce.Bytes),
                UpdatedAt = signature.UpdatedAt,
            },
        };
        foreach (Multiaddr address in claim.Addresses)
        {
            message.Addresses.Add(ByteString.CopyFrom(address.Bytes));
        }

        return message.ToByteArray();
    }
}
