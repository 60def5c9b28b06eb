using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>A transport that tells whose calls reach its node.</summary>
/// <param name="inner">The transport.</param>
/// <param name="onCall">Told who calls; answers whether the call is served, and otherwise it is answered with nothing.</param>
internal sealed class CountingComms(IComms inner, Func<NodeId, bool> onCall) : IComms, IRpcComms
{
    public IConnectivity Connectivity => inner.Connectivity;

    public IRpcComms Rpc => this;

    public ISourceBlock<InboundMessage> Inbound => inner.Inbound;

    public ITargetBlock<OutboundMessage> Outbound => inner.Outbound;

    public IDisposable Register(IRpcService service) => inner.Rpc.Register(new CountingService(service, onCall));

    public ValueTask<IRpcSession> OpenSessionAsync(
        IPeerConnection connection, ProtocolId protocol, TimeSpan timeout, CancellationToken cancellationToken = default) =>
        inner.Rpc.OpenSessionAsync(connection, protocol, timeout, cancellationToken);

    private sealed class CountingService(IRpcService service, Func<NodeId, bool> onCall) : IRpcService
    {
        public ProtocolId Protocol => service.Protocol;

        public ValueTask<RpcStatus> ServeAsync(RpcRequest request, IRpcResponder responder, CancellationToken cancellationToken) =>
            onCall(request.Peer) ? service.ServeAsync(request, responder, cancellationToken) : ValueTask.FromResult(RpcStatus.Ok);
    }
}
