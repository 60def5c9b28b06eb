using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Inbound.Forward;

/// <summary>Sends received messages on as they came: same header, same body, towards the header's destination.</summary>
/// <remarks>
/// Waits for room in the outbound graph, which slows the inbound one down to what can be sent, but not for the sending. Thread safe.
/// </remarks>
internal sealed class MessageRelay
{
    private readonly OutboundMessageRequester _outbound;

    public MessageRelay(OutboundMessageRequester outbound) => _outbound = outbound;

    /// <summary>Sends a message on.</summary>
    /// <param name="message">The message, which stays the caller's; its raw body is copied.</param>
    /// <param name="excluded">Whom it does not go to.</param>
    /// <param name="stopping">Ends the waiting for room.</param>
    /// <returns><see cref="DropReason.None"/>, or <see cref="DropReason.OutboundEnded"/>.</returns>
    public async ValueTask<DropReason> SendOnAsync(DecryptedDhtMessage message, NodeId[] excluded, CancellationToken stopping)
    {
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
