using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms.Rpc;

/// <summary>Answers calls of one protocol.</summary>
/// <remarks>Called for several peers at the same time.</remarks>
public interface IRpcService
{
    /// <summary>The protocol, by which peers find the service.</summary>
    ProtocolId Protocol { get; }

    /// <summary>Answers a call: any number of responses, and how it ended. A method that is no stream sends one.</summary>
    /// <param name="request">The call.</param>
    /// <param name="responder">Takes the responses.</param>
    /// <param name="cancellationToken">Fires when the caller has gone.</param>
    /// <returns>
    /// The status; <see cref="RpcStatus.Ok"/> ends the stream. An exception counts as <see cref="RpcStatusCode.General"/>.
    /// </returns>
    ValueTask<RpcStatus> ServeAsync(RpcRequest request, IRpcResponder responder, CancellationToken cancellationToken);
}
