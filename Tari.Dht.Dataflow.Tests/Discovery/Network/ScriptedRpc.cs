using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

/// <summary>Peers that answer requests for peers as a test says; one without a script lets every session hang.</summary>
internal sealed class ScriptedRpc(TimeProvider time) : IDhtRpcConnector
{
    private readonly Dictionary<NodeId, Func<IEnumerable<GetPeersItem>>> _answers = [];

    /// <summary>Sessions that were asked for.</summary>
    public List<NodeId> Opened { get; } = [];

    public List<(NodeId Peer, GetPeersRequest Request, DateTimeOffset At)> Requests { get; } = [];

    /// <summary>Sessions and streams that are open.</summary>
    public int Open { get; private set; }

    /// <summary>The clock.</summary>
    public TimeProvider Time => time;

    /// <summary>How long each item takes.</summary>
    public TimeSpan ItemDelay { get; set; }

    /// <summary>Runs when an item is read; the number is that of the item.</summary>
    public Action<NodeId, int>? OnRead { get; set; }

    /// <summary>Has a peer answer.</summary>
    public void Answer(NodeId peer, params GetPeersItem[] items) => _answers[peer] = () => items;

    public void Answer(NodeId peer, Func<IEnumerable<GetPeersItem>> items) => _answers[peer] = items;

    public void Answer(NodeId peer, IEnumerable<UnvalidatedPeerInfo> peers) => Answer(peer, [.. peers.Select(PeerItem)]);

    public static GetPeersItem PeerItem(UnvalidatedPeerInfo peer) => new(GetPeersItemKind.Peer, peer);

    public static GetPeersItem Failure(RpcStatusCode code) => new(GetPeersItemKind.Status, Status: new RpcStatus(code, "no"));

    public int RequestsTo(NodeId peer) => Requests.Count(request => request.Peer == peer);

    public async ValueTask<IDhtRpcClient> ConnectAsync(
        IPeerConnection connection, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Opened.Add(connection.Peer);
        if (!connection.IsConnected)
        {
            throw new ConnectivityException(ConnectivityError.PeerConnectionError, "The connection has ended.");
        }

        if (!_answers.TryGetValue(connection.Peer, out var answer))
        {
            await Task.Delay(timeout == Timeout.InfiniteTimeSpan ? TimeSpan.FromSeconds(90) : timeout, time, cancellationToken);
            throw new ConnectivityException(ConnectivityError.RequestTimedOut, "Nobody answers.");
        }

        Open++;
        return new Client(this, connection, answer);
    }

    private sealed class Client(ScriptedRpc owner, IPeerConnection connection, Func<IEnumerable<GetPeersItem>> answer) : IDhtRpcClient
    {
        private bool _disposed;

        public bool IsConnected => connection.IsConnected;

        public TimeSpan? LastRequestLatency => null;

        public ValueTask<RpcPing> PingAsync(TimeSpan timeout, CancellationToken cancellationToken = default) =>
            throw new NotSupportedException();

        public void Close() => Dispose();

        public IGetPeersStream GetPeers(GetPeersRequest request)
        {
            owner.Requests.Add((connection.Peer, request, owner.Time.GetUtcNow()));
            IEnumerator<GetPeersItem> items = answer().GetEnumerator();
            owner.Open++;
            return new Stream(owner, connection, items);
        }

        public void Dispose()
        {
            owner.Open -= _disposed ? 0 : 1;
            _disposed = true;
        }
    }

    private sealed class Stream(ScriptedRpc owner, IPeerConnection connection, IEnumerator<GetPeersItem> items) : IGetPeersStream
    {
        private int _count;
        private bool _disposed;

        public async ValueTask<GetPeersItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
        {
            owner.OnRead?.Invoke(connection.Peer, _count++);
            if (owner.ItemDelay > TimeSpan.Zero)
            {
                bool isLate = timeout != Timeout.InfiniteTimeSpan && owner.ItemDelay > timeout;
                await Task.Delay(isLate ? timeout : owner.ItemDelay, owner.Time, cancellationToken);
                if (isLate)
                {
                    return new GetPeersItem(GetPeersItemKind.TimedOut);
                }
            }

            return !connection.IsConnected ? new GetPeersItem(GetPeersItemKind.ConnectionLost)
                : items.MoveNext() ? items.Current
                : new GetPeersItem(GetPeersItemKind.End);
        }

        public void Dispose()
        {
            owner.Open -= _disposed ? 0 : 1;
            _disposed = true;
        }
    }
}
