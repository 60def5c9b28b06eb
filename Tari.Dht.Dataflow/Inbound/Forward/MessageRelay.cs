using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Metrics;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Inbound.Forward;

/// <summary>Sends received messages on as they came: same header, same body, towards the header's destination.</summary>
/// <remarks>
/// <para>
/// Nothing is sent on of a peer that sends more than is allowed. It is banned only at the next look at the counts; until then its flood
/// would otherwise come to the neighbours as this node's, which would be banned for it.
/// </para>
/// <para>
/// Waits for room in the outbound graph, which slows the inbound one down to what can be sent, but not for the sending. Thread safe.
/// </para>
/// </remarks>
internal sealed class MessageRelay
{
    private readonly OutboundMessageRequester _outbound;
    private readonly MetricsCollectorHandle _metrics;

    /// <param name="outbound">Takes what is sent on.</param>
    /// <param name="metrics">The counts of what was received.</param>
    public MessageRelay(OutboundMessageRequester outbound, MetricsCollectorHandle metrics)
    {
        _outbound = outbound;
        _metrics = metrics;
    }

    /// <summary>Sends a message on.</summary>
    /// <param name="message">The message, which stays the caller's; its raw body is copied.</param>
    /// <param name="excluded">Whom it does not go to.</param>
    /// <param name="stopping">Ends the waiting for room.</param>
    /// <returns><see cref="DropReason.None"/>, <see cref="DropReason.SourceFloods"/> or <see cref="DropReason.OutboundEnded"/>.</returns>
    public async ValueTask<DropReason> SendOnAsync(DecryptedDhtMessage message, NodeId[] excluded, CancellationToken stopping)
    {
        if (_metrics.IsFlooding(message.Peer))
        {
            return DropReason.SourceFloods;
        }

        SendMessageParams parameters = Parameters(message, excluded);
        try
        {
            await _outbound.SendRawNoWaitAsync(parameters, message.RawBody, stopping);
            return DropReason.None;
        }
        catch (DhtOutboundException)
        {
            return DropReason.OutboundEnded;
        }
    }

    // The tag on the wire is that of the header; with the same one here, the logs of both directions tell of the same message.
    private static SendMessageParams Parameters(DecryptedDhtMessage message, NodeId[] excluded) =>
        new SendMessageParams()
            .Propagate(message.Header.Destination, excluded)
            .WithDhtHeader(message.Header)
            .WithTag(message.Header.MessageTag);
}
