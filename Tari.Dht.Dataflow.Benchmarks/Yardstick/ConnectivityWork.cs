using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Yardstick;

/// <summary>A manager of connections with a full pool: it is asked for nodes to send to, or looks after the pool.</summary>
internal sealed class ConnectivityWork : IWorkRun, IConnectionDialer
{
    private const int Chosen = 8;

    private readonly PeerManager _peers = PeerManager.Open(new PeerManagerOptions());
    private readonly ConnectivityManager _manager;
    private readonly int _calls;
    private readonly int _connections;
    private readonly bool _refreshes;

    public ConnectivityWork(int connections, int calls, bool refreshes)
    {
        _connections = connections;
        _calls = calls;
        _refreshes = refreshes;
        _manager = new ConnectivityManager(IdOf(0), _peers, this);
        _manager.Start();
        for (int i = 1; i <= connections; i++)
        {
            _manager.ReportAccepted(new Connection(i, IdOf(i)));
        }
    }

    public async Task RunAsync()
    {
        for (int i = 0; i < _calls; i++)
        {
            if (_refreshes)
            {
                _manager.Refresh();
            }
            else if ((await _manager.SelectNodesAsync(ConnectivitySelection.RandomNodes(Chosen, []))).Count != Chosen)
            {
                throw new InvalidOperationException("Too few nodes.");
            }
        }

        if (_manager.Status.Nodes != _connections)
        {
            throw new InvalidOperationException("A connection was lost.");
        }
    }

    public ValueTask DisposeAsync()
    {
        _manager.Stop();
        return _peers.DisposeAsync();
    }

    public void Begin(PeerDial dial) => throw new NotSupportedException();

    public void Cancel(PeerDial dial) => throw new NotSupportedException();

    private static NodeId IdOf(int number)
    {
        byte[] key = new byte[CommsPublicKey.Length];
        new Random(number).NextBytes(key);
        return NodeId.FromPublicKey(new CommsPublicKey(key));
    }

    private sealed class Connection(int id, NodeId peer) : PeerConnectionBase(
        id, peer, PeerFeatures.CommunicationNode, Multiaddr.FromMemoryPort((ulong)id), ConnectionDirection.Inbound, DateTimeOffset.UtcNow)
    {
        private bool _isOpen = true;

        public override bool IsConnected => _isOpen;

        public override ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default)
        {
            _isOpen = false;
            return ValueTask.CompletedTask;
        }

        protected override void OnUnheld() => _isOpen = false;
    }
}
