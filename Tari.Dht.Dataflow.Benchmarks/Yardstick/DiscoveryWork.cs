using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Hosting;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>One node asks for another by its key, over a link without latency: question, answer, both claims judged and stored.</summary>
internal sealed class DiscoveryWork : IWorkRun
{
    private readonly MemoryNetwork _network = new();
    private readonly Node _asking;
    private readonly Node _asked;
    private readonly PeerConnectionHandle _connection;
    private readonly int _calls;

    public DiscoveryWork(int calls)
    {
        _calls = calls;
        _asking = new Node(_network);
        _asked = new Node(_network);
        _asking.Peers.AddOrUpdatePeer(_asked.Identity.ToPeer());
        _connection = _asking.Comms.Connectivity.DialPeerAsync(_asked.Identity.NodeId, ConnectionStrength.Strong).AsTask().GetAwaiter().GetResult();
    }

    public async Task RunAsync()
    {
        CommsPublicKey key = _asked.Identity.PublicKey;
        for (int i = 0; i < _calls; i++)
        {
            await _asking.Dht.DiscoveryRequester.DiscoverPeerAsync(key, new NodeDestination(key));
        }
    }

    public async ValueTask DisposeAsync()
    {
        _connection.Dispose();
        await _asking.DisposeAsync();
        await _asked.DisposeAsync();
        _network.Dispose();
    }

    private sealed class Node : IAsyncDisposable
    {
        public Node(MemoryNetwork network)
        {
            Identity = NodeIdentity.Generate([network.NextAddress()]);
            Peers = PeerManager.Open(new PeerManagerOptions());
            Comms = network.AddNode(Identity, Peers);
            Dht = Hosting.Dht.CreateBuilder().WithConfig(DhtConfig.DefaultLocalTest).BuildAsync(Identity, Peers, Comms).GetAwaiter().GetResult();
            Dht.Messages.LinkTo(new ActionBlock<DecryptedDhtMessage>(static message => message.Dispose()), new DataflowLinkOptions());
        }

        public NodeIdentity Identity { get; }

        public PeerManager Peers { get; }

        public MemoryComms Comms { get; }

        public Hosting.Dht Dht { get; }

        public async ValueTask DisposeAsync()
        {
            await Dht.DisposeAsync();
            await Comms.StopAsync();
            await Peers.DisposeAsync();
            Identity.Dispose();
        }
    }
}
