using Tari.Dht.Dataflow.Comms.Rpc;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>Calls of one protocol over a connection in the process.</summary>
internal sealed class MemoryRpcSession : IRpcSession
{
    private readonly MemoryNetwork _network;
    private readonly MemoryConnection _connection;
    private readonly IRpcService _service;
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

    public async ValueTask<RpcItem> CallAsync(
        uint method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        using IRpcStream stream = OpenStream(method, request, deadline);
        return await stream.ReadAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public IRpcStream OpenStream(uint method, ReadOnlyMemory<byte> request, TimeSpan deadline)
    {
        ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
        var stream = new MemoryRpcStream(
            _network, _connection, _service, new RpcRequest(_connection.Node.Identity.NodeId, method, request, deadline));
        stream.Begin();
        return stream;
    }

    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            _connection.OnRpcSessionClosed();
            _connection.Other.OnSubstreamClosed();
        }
    }
}
