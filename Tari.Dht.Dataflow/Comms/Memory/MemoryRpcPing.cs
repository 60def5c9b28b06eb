using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>A ping over a connection in the process: to the other end and back. The service there has no part in it.</summary>
/// <remarks>All but <see cref="BeginAsync"/> and <see cref="HasEnded"/> happens in turns of the network.</remarks>
internal sealed class MemoryRpcPing : IMemoryCall, ITurnTarget
{
    private const int BeginTurn = 0;
    private const int ArriveTurn = 1;
    private const int AnswerTurn = 2;
    private const int TimeoutTurn = 3;

    // What is on its way while the network is parted is tried again so often.
    private static readonly TimeSpan s_retryInterval = TimeSpan.FromSeconds(1);

    private readonly MemoryNetwork _network;
    private readonly MemoryConnection _connection;
    private readonly TaskCompletionSource<RpcPing> _reply = new();
    private TimeSpan _startedAt;
    private volatile bool _hasEnded;

    public MemoryRpcPing(MemoryNetwork network, MemoryConnection connection)
    {
        _network = network;
        _connection = connection;
    }

    public bool HasEnded => _hasEnded;

    private NodeId Client => _connection.Node.Identity.NodeId;

    private NodeId Server => _connection.Peer;

    public ValueTask<RpcPing> BeginAsync(TimeSpan timeout, CancellationToken cancellationToken)
    {
        _startedAt = _network.Turns.Now;
        _network.Turns.Post(new Turn(this, BeginTurn));
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            _network.Turns.PostAt(TimerLimit.After(_startedAt, timeout), new Turn(this, TimeoutTurn));
        }

        return new ValueTask<RpcPing>(cancellationToken.CanBeCanceled ? MemoryComms.WaitAsync(_reply, cancellationToken) : _reply.Task);
    }

    public void OnConnectionEnded() => End(new RpcPing(RpcPingKind.ConnectionLost));

    public void OnTurn(in Turn turn)
    {
        if (_hasEnded)
        {
            return;
        }

        switch (turn.Kind)
        {
            case BeginTurn when !_connection.IsConnected:
                OnConnectionEnded();
                break;
            case BeginTurn:
                _connection.Add(this);
                Send(Client, Server, ArriveTurn);
                break;
            case TimeoutTurn:
                End(new RpcPing(RpcPingKind.TimedOut));
                break;
            case var _ when !_network.CanReach(Client, Server):
                _network.Turns.PostAt(_network.Turns.Now + s_retryInterval, turn);
                break;

            // An end that has let go hears nothing; that the connection has ended is told to this end as well.
            case ArriveTurn when _connection.Other.IsConnected:
                Send(Server, Client, AnswerTurn);
                break;
            case AnswerTurn:
                End(new RpcPing(RpcPingKind.Answered, _network.Turns.Now - _startedAt));
                break;
        }
    }

    private void Send(in NodeId from, in NodeId to, int kind) =>
        _network.Turns.PostAt(_network.Turns.Now + _network.LinkOf(from, to).Latency, new Turn(this, kind));

    private void End(in RpcPing result)
    {
        if (!_hasEnded)
        {
            _hasEnded = true;
            _connection.Remove(this);
            _network.Complete(_reply, result);
        }
    }
}
