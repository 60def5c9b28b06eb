using System.Security.Cryptography;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>
/// The answer of a peer to a request for others, as it comes: each with a claim of one address that nobody has verified yet.
/// </summary>
internal sealed class GetPeersAnswer : IRpcSession, IRpcStream
{
    private readonly byte[][] _bodies;
    private int _next;

    private GetPeersAnswer(byte[][] bodies) => _bodies = bodies;

    public bool IsConnected => true;

    public TimeSpan? LastRequestLatency => null;

    /// <summary>Makes an answer.</summary>
    /// <param name="peers">Peers in it, each of them a new one.</param>
    public static GetPeersAnswer Create(int peers) => new([.. Enumerable.Range(0, peers).Select(NewPeer)]);

    public ValueTask<RpcItem> CallAsync(
        uint method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public IRpcStream OpenStream(uint method, ReadOnlyMemory<byte> request, TimeSpan deadline)
    {
        _next = 0;
        return this;
    }

    public ValueTask<RpcPing> PingAsync(TimeSpan deadline, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public void Close()
    {
    }

    public ValueTask<RpcItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default) => ValueTask.FromResult(
        _next == _bodies.Length ? new RpcItem(RpcItemKind.End) : new RpcItem(RpcItemKind.Message, _bodies[_next++]));

    public void Dispose()
    {
    }

    private static byte[] NewPeer(int number)
    {
        // Below 2^252, and with that below the order of the group.
        byte[] scalar = RandomNumberGenerator.GetBytes(32);
        scalar[^1] &= 0x0f;
        using CommsSecretKey key = CommsSecretKey.FromBytes(scalar);
        Multiaddr address = Multiaddr.Parse($"/ip4/{23 + (number / 65536)}.{number / 256 % 256}.{number % 256}.23/tcp/18189");
        IdentitySignature signature = IdentitySignature.Sign(
            key, (uint)PeerFeatures.CommunicationNode, [address.Memory], DateTimeOffset.UtcNow.ToUnixTimeSeconds());
        return GetPeersResponseWriter.Encode(
            key.PublicKey, [new PeerIdentityClaim([address], PeerFeatures.CommunicationNode, signature)]);
    }
}
