using Tari.Dht.Dataflow.Comms.Rpc;

namespace Tari.Dht.Dataflow.Comms.Memory;

/// <summary>Calls of one protocol over a connection in the process.</summary>
internal sealed class MemoryRpcSession(MemoryNetwork network, MemoryConnection connection, IRpcService service) : IRpcSession
{
    private volatile bool _disposed;

    public bool IsConnected => !_disposed && connection.IsConnected;

    public async ValueTask<RpcItem> CallAsync(
        uint method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken = default)
    {
        using IRpcStream stream = OpenStream(method, request, deadline);
        return await stream.ReadAsync(Timeout.InfiniteTimeSpan, cancellationToken);
    }

    public IRpcStream OpenStream(uint method, ReadOnlyMemory<byte> request, TimeSpan deadline)
    {
        ObjectDisposedException.ThrowIf(_disposed, this);
        var stream = new MemoryRpcStream(
            network, connection, service, new RpcRequest(connection.Node.Identity.NodeId, method, request, deadline));
        stream.Begin();
        return stream;
    }

    public void Dispose() => _disposed = true;
}
