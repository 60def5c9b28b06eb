using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>A node that knows many peers, and is asked for as many as it gives.</summary>
internal sealed class PeerServing : IAsyncDisposable
{
    /// <summary>Peers that a caller gets.</summary>
    public const int Served = PeerManager.MaxSyncPeers;

    private readonly PeerManager _peers = PeerManager.Open(new PeerManagerOptions());
    private readonly DhtRpcService _service;
    private readonly RpcRequest _request = new(
        Parties.Another.NodeId,
        DhtRpcProtocol.GetPeers,
        GetPeersRequestMessage.Encode(new GetPeersRequest(Served, false, 5, 5)),
        TimeSpan.FromSeconds(120));

    private PeerServing(int known)
    {
        foreach (Peer peer in PeerPopulation.Create(known, DateTimeOffset.UtcNow))
        {
            _peers.AddOrUpdatePeer(peer);
        }

        _service = new DhtRpcService(_peers, new DhtConfig(), TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>Makes a node.</summary>
    /// <param name="known">Peers that it knows.</param>
    public static PeerServing Create(int known) => new(known);

    /// <summary>Answers one call.</summary>
    public async Task ServeAsync()
    {
        var responder = new CountingResponder();
        RpcStatus status = await _service.ServeAsync(_request, responder, CancellationToken.None);
        if (!status.IsOk || responder.Count != Served)
        {
            throw new InvalidOperationException($"{responder.Count} peers were served: {status}");
        }
    }

    public ValueTask DisposeAsync() => _peers.DisposeAsync();

    private sealed class CountingResponder : IRpcResponder
    {
        public int Count { get; private set; }

        public ValueTask<bool> SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default)
        {
            Count++;
            return ValueTask.FromResult(!body.IsEmpty);
        }
    }
}
