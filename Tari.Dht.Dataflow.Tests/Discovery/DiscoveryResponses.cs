using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Tests.Discovery;

/// <summary>Discovery responses as the inbound graph hands them over.</summary>
internal static class DiscoveryResponses
{
    public static ReceivedDiscoveryResponse Of(NodeIdentity identity, ulong nonce) => TryRead(OwnClaimMessage.Encode(identity, nonce))!;

    /// <summary>What the inbound graph makes of the bytes; null where it goes no further.</summary>
    public static ReceivedDiscoveryResponse? TryRead(ReadOnlySpan<byte> encoded)
    {
        if (!PeerClaimMessage.TryDecode(encoded, out PeerClaimMessage message) || message.PublicKey.Length != CommsPublicKey.Length)
        {
            return null;
        }

        PeerClaimError error = UnvalidatedPeerInfo.TryConvert(message, out UnvalidatedPeerInfo? info);
        return new ReceivedDiscoveryResponse(new CommsPublicKey(message.PublicKey), message.Nonce, error, info);
    }
}
