using System.Collections.Concurrent;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Memory;

public sealed partial class MemoryComms
{
    /// <inheritdoc/>
    public IDisposable Register(IRpcService service)
    {
        ArgumentNullException.ThrowIfNull(service);
        _services[service.Protocol] = service;
        return new Registration(_services, service);
    }

    /// <inheritdoc/>
    public ValueTask<IRpcSession> OpenSessionAsync(
        IPeerConnection connection, ProtocolId protocol, TimeSpan timeout, CancellationToken cancellationToken = default)
    {
        if (connection is not MemoryConnection own || own.Node != this)
        {
            throw new ArgumentException("The connection is not one of this node.", nameof(connection));
        }

        var request = new SessionRequest(own, protocol, new TaskCompletionSource<IRpcSession>());
        Network.Turns.PostAt(
            Network.Turns.Now + Network.RoundTrip(Identity.NodeId, own.Peer), new Turn(this, OpenSessionTurn, request));
        if (timeout != Timeout.InfiniteTimeSpan)
        {
            Network.Turns.PostAt(TimerLimit.After(Network.Turns.Now, timeout), new Turn(this, SessionTimeoutTurn, request));
        }

        return new ValueTask<IRpcSession>(
            cancellationToken.CanBeCanceled ? WaitAsync(request.Reply, cancellationToken) : request.Reply.Task);
    }

    internal IRpcService? FindService(ProtocolId protocol) => _services.GetValueOrDefault(protocol);

    private void OnOpenSession(SessionRequest request)
    {
        if (request.Reply.Task.IsCompleted)
        {
            return;
        }

        MemoryConnection connection = request.Connection;
        if (!connection.IsConnected || !connection.Other.IsConnected)
        {
            Network.Fail(request.Reply, new ConnectivityException(ConnectivityError.PeerConnectionError, "The connection has ended."));
        }
        else if (Network.CanReach(Identity.NodeId, connection.Peer))
        {
            // Parted from the peer, the session is never opened, and the time runs out.
            if (connection.Other.Node.FindService(request.Protocol) is { } service)
            {
                Network.Complete(request.Reply, new MemoryRpcSession(Network, connection, service));
            }
            else
            {
                Network.Fail(
                    request.Reply,
                    new ConnectivityException(ConnectivityError.PeerConnectionError, "The peer doesn't speak the protocol."));
            }
        }
    }

    private void OnSessionTimeout(SessionRequest request)
    {
        if (!request.Reply.Task.IsCompleted)
        {
            Network.Fail(
                request.Reply, new ConnectivityException(ConnectivityError.RequestTimedOut, "The session was not opened in time."));
        }
    }

    private sealed record SessionRequest(MemoryConnection Connection, ProtocolId Protocol, TaskCompletionSource<IRpcSession> Reply);

    private sealed class Registration(ConcurrentDictionary<ProtocolId, IRpcService> services, IRpcService service) : IDisposable
    {
        public void Dispose() => services.TryRemove(KeyValuePair.Create(service.Protocol, service));
    }
}
