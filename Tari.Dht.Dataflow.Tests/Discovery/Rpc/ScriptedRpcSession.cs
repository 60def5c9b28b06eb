using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

/// <summary>
/// A session whose only call is answered as it is written down, on a clock that moves as long as each item takes. What takes longer than
/// the reader waits is timed out, and goes on taking.
/// </summary>
internal sealed class ScriptedRpcSession(ManualTimeProvider time, params (TimeSpan After, RpcItem Item)[] script) : IRpcSession, IRpcStream
{
    private TimeSpan _waited;

    public bool IsConnected => !IsDisposed;

    public bool IsDisposed { get; private set; }

    public bool IsClosed { get; private set; }

    public bool IsStreamDisposed { get; private set; }

    /// <summary>What ending the session fails with; null ends it.</summary>
    public Exception? EndFailure { get; init; }

    /// <summary>What came of the only ping, once it was asked for.</summary>
    public RpcPing PingResult { get; init; }

    /// <summary>The only ping.</summary>
    public (TimeSpan Deadline, TimeSpan Timeout)? Ping { get; private set; }

    public TimeSpan? LastRequestLatency { get; init; }

    public int Reads { get; private set; }

    public int Next { get; private set; }

    public (uint Method, byte[] Request, TimeSpan Deadline) Call { get; private set; }

    public ValueTask<RpcItem> CallAsync(
        uint method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken = default) =>
        throw new NotSupportedException();

    public IRpcStream OpenStream(uint method, ReadOnlyMemory<byte> request, TimeSpan deadline)
    {
        Call = (method, request.ToArray(), deadline);
        return this;
    }

    public ValueTask<RpcPing> PingAsync(TimeSpan deadline, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Ping = (deadline, timeout);
        return ValueTask.FromResult(PingResult);
    }

    public void Close()
    {
        if (EndFailure is not null)
        {
            throw EndFailure;
        }

        IsClosed = true;
        IsDisposed = true;
    }

    public ValueTask<RpcItem> ReadAsync(TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        Reads++;
        TimeSpan limit = timeout == Timeout.InfiniteTimeSpan || timeout > Call.Deadline ? Call.Deadline : timeout;
        (TimeSpan after, RpcItem item) = script[Math.Min(Next, script.Length - 1)];
        TimeSpan left = after - _waited;
        if (left > limit)
        {
            _waited += limit;
            time.Advance(limit);
            return ValueTask.FromResult(new RpcItem(RpcItemKind.TimedOut));
        }

        time.Advance(left);
        _waited = TimeSpan.Zero;
        Next++;
        return ValueTask.FromResult(item);
    }

    void IDisposable.Dispose() => IsStreamDisposed = true;

    /// <summary>The end of the session, of which the client disposes through its own interface.</summary>
    public IRpcSession AsSession() => new Ending(this);

    private sealed class Ending(ScriptedRpcSession session) : IRpcSession
    {
        public bool IsConnected => session.IsConnected;

        public TimeSpan? LastRequestLatency => session.LastRequestLatency;

        public ValueTask<RpcItem> CallAsync(
            uint method, ReadOnlyMemory<byte> request, TimeSpan deadline, CancellationToken cancellationToken = default) =>
            session.CallAsync(method, request, deadline, cancellationToken);

        public IRpcStream OpenStream(uint method, ReadOnlyMemory<byte> request, TimeSpan deadline) =>
            session.OpenStream(method, request, deadline);

        public ValueTask<RpcPing> PingAsync(TimeSpan deadline, TimeSpan timeout, CancellationToken cancellationToken = default) =>
            session.PingAsync(deadline, timeout, cancellationToken);

        public void Close() => session.Close();

        public void Dispose() => session.IsDisposed = session.EndFailure is null ? true : throw session.EndFailure;
    }
}
