using Tari.Dht.Dataflow.Comms.Rpc;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>Calls of one protocol over a connection in the process. They run side by side.</summary>
internal sealed class MemoryRpcSession : IRpcSession, ITurnTarget
{
    private const long NoLatency = -1;

    private readonly MemoryNetwork _network;
    private readonly MemoryConnection _connection;
    private readonly IRpcService _service;

    // What closing has to cut off; what has ended leaves it with the next call.
    private readonly List<IMemoryCall> _calls = [];
    private long _latency = NoLatency;
    private int _disposed;

    public MemoryRpcSession(MemoryNetwork network, MemoryConnection connection, IRpcService service)
    {
        _network = network;
        _connection = connection;
        _service = service;
        connection.OnRpcSessionOpened();
        connection.Other.OnSubstreamOpened();
    }

    public bool IsConnected => Volatile.Read(ref _disposed) == 0 && _connection.IsConnected;

    public TimeSpan? LastRequestLatency => Volatile.Read(ref _latency) is not NoLatency and var ticks ? TimeSpan.FromTicks(ticks) : null;

    public async ValueTask<RpcItem> CallAsync(
        uint method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        using IRpcStream stream = OpenStream(method, request, deadline);
        return await stream.ReadAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public IRpcStream OpenStream(uint method, ReadOnlyMemory<byte> request, TimeSpan deadline)
    {
        var stream = new MemoryRpcStream(
            this, _network, _connection, _service, new RpcRequest(_connection.Node.Identity.NodeId, method, request, deadline));
        Add(stream);
        stream.Begin();
        return stream;
    }

    public ValueTask<RpcPing> PingAsync(TimeSpan deadline, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<RpcPing>(cancellationToken);
        }

        // Nobody here is late with an answer but for the way it takes, so the deadline is never exceeded.
        var ping = new MemoryRpcPing(_network, _connection);
        Add(ping);
        return ping.BeginAsync(timeout, cancellationToken);
    }

    public void Close()
    {
        Dispose();
        _network.Turns.Post(new Turn(this, 0));
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _connection.OnRpcSessionClosed();
            _connection.Other.OnSubstreamClosed();
        }
    }

    /// <summary>The session was closed: ends what runs.</summary>
    void ITurnTarget.OnTurn(in Turn turn)
    {
        IMemoryCall[] calls;
        lock (_calls)
        {
            calls = [.. _calls];
            _calls.Clear();
        }

        foreach (IMemoryCall call in calls)
        {
            call.OnConnectionEnded();
        }
    }

    /// <summary>The first response to a call is here.</summary>
    /// <param name="latency">How long it took.</param>
    internal void OnAnswered(TimeSpan latency) => Volatile.Write(ref _latency, latency.Ticks);

    private void Add(IMemoryCall call)
    {
        lock (_calls)
        {
            // Here, so that closing misses nothing.
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            _calls.RemoveAll(static other => other.HasEnded);
            _calls.Add(call);
        }
    }
}
