using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>A claim that is valid.</summary>
internal static class SignedClaim
{
    /// <summary>A claim of addresses that can be reached from anywhere.</summary>
    public static PeerIdentityClaim Create(NodeIdentity identity, int addresses)
    {
        ImmutableArray<Multiaddr> claimed =
            [.. Enumerable.Range(1, addresses).Select(number => Multiaddr.Parse($"/ip4/23.23.23.{number}/tcp/18189"))];
        ReadOnlyMemory<byte>[] signed = [.. claimed.Select(address => address.Memory)];
        var features = PeerFeatures.CommunicationNode;
        return new PeerIdentityClaim(
            claimed,
            features,
            IdentitySignature.Sign(identity.SecretKey, (uint)features, signed, DateTimeOffset.UtcNow.ToUnixTimeSeconds()));
    }
}
