using System.Buffers;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>Makes requests of an application's messages and hands them to the outbound pipeline.</summary>
/// <remarks>
/// <para>
/// A body is a list of parts. With a domain header it has two, the header (message type and nonce) and the message; without, the message
/// alone. Direct sends have a random nonce; all others have 0, so that the same content is the same message wherever it comes from.
/// </para>
/// <para>
/// The message is encoded once, into the buffer that becomes the envelope. A full pipeline makes the call wait. None of
/// these methods signs clear text, unless the parameters ask for it. Thread safe, if the source of randomness is.
/// </para>
/// </remarks>
public sealed class OutboundMessageRequester
{
    private readonly ITargetBlock<DhtOutboundRequest> _pipeline;
    private readonly ArrayPool<byte> _pool;
    private readonly Random _random;

    /// <summary>A requester of <paramref name="pipeline"/>.</summary>
    /// <param name="pipeline">The outbound pipeline.</param>
    /// <param name="pool">Where buffers come from; null for the shared pool.</param>
    /// <param name="random">Where tags and nonces come from; null for the shared source. They are no secrets.</param>
    public OutboundMessageRequester(ITargetBlock<DhtOutboundRequest> pipeline, ArrayPool<byte>? pool = null, Random? random = null)
    {
        ArgumentNullException.ThrowIfNull(pipeline);
        _pipeline = pipeline;
        _pool = pool ?? DhtBufferPool.Shared;
        _random = random ?? Random.Shared;
    }

    /// <summary>
    /// Sends to one peer, by key, with that key as destination. An unknown peer is discovered first, which is waited for.
    /// </summary>
    /// <param name="publicKey">The peer's key.</param>
    /// <param name="message">The message.</param>
    /// <param name="encryption">Usually encrypted for that key; clear text is let through, as in the reference.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <returns>The states of the messages; at least one.</returns>
    /// <exception cref="DhtOutboundException">Nothing was sent.</exception>
    public Task<MessageSendStates> SendDirectEncryptedAsync(
        CommsPublicKey publicKey,
        OutboundDomainMessage message,
        OutboundEncryption encryption,
        CancellationToken cancellationToken = default) =>
        SendResolvedAsync(
            NewParams().DirectPublicKey(publicKey).WithDiscovery(true).WithEncryption(encryption).WithDestination(
                new NodeDestination(publicKey)),
            message,
            cancellationToken);

    /// <summary>Sends clear text to one peer, by key, with an unknown destination. An unknown peer is discovered first.</summary>
    /// <param name="publicKey">The peer's key.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <returns>The answer; <see cref="SendMessageResponse.ResolveAsync"/> waits for a discovery.</returns>
    /// <exception cref="DhtOutboundException">The request could not be made, or the pipeline ended.</exception>
    public Task<SendMessageResponse> SendDirectUnencryptedAsync(
        CommsPublicKey publicKey, OutboundDomainMessage message, CancellationToken cancellationToken = default) =>
        SendMessageAsync(NewParams().DirectPublicKey(publicKey).WithDiscovery(true), message, cancellationToken);

    /// <summary>Sends clear text to one peer, by node id, with an unknown destination.</summary>
    /// <param name="nodeId">The peer.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <returns>The state of the message.</returns>
    /// <exception cref="DhtOutboundException">Nothing was sent.</exception>
    public async Task<MessageSendState> SendDirectNodeIdAsync(
        NodeId nodeId, OutboundDomainMessage message, CancellationToken cancellationToken = default)
    {
        MessageSendStates states = await SendResolvedAsync(NewParams().DirectNodeId(nodeId), message, cancellationToken);
        return states[^1];
    }

    /// <summary>Sends towards a destination.</summary>
    /// <param name="destination">Whom the message is for.</param>
    /// <param name="encryption">Clear text or encrypted.</param>
    /// <param name="excluded">Whom to leave out.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <returns>The states of the messages; at least one.</returns>
    /// <exception cref="DhtOutboundException">Nothing was sent.</exception>
    public Task<MessageSendStates> PropagateAsync(
        NodeDestination destination,
        OutboundEncryption encryption,
        IReadOnlyList<NodeId> excluded,
        OutboundDomainMessage message,
        CancellationToken cancellationToken = default) =>
        SendResolvedAsync(
            NewParams().Propagate(destination, excluded).WithDestination(destination).WithEncryption(encryption),
            message,
            cancellationToken);

    /// <summary>Sends to a random sample of connected nodes.</summary>
    /// <param name="destination">Whom the message is for.</param>
    /// <param name="encryption">Clear text or encrypted.</param>
    /// <param name="excluded">Whom to leave out.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <returns>The states of the messages; at least one.</returns>
    /// <exception cref="DhtOutboundException">Nothing was sent.</exception>
    public Task<MessageSendStates> BroadcastAsync(
        NodeDestination destination,
        OutboundEncryption encryption,
        IReadOnlyList<NodeId> excluded,
        OutboundDomainMessage message,
        CancellationToken cancellationToken = default) =>
        SendResolvedAsync(
            NewParams().Broadcast(excluded).WithDestination(destination).WithEncryption(encryption), message, cancellationToken);

    /// <summary>Sends to all connected nodes.</summary>
    /// <param name="destination">Whom the message is for.</param>
    /// <param name="encryption">Clear text or encrypted.</param>
    /// <param name="excluded">Whom to leave out.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <returns>The states of the messages; at least one.</returns>
    /// <exception cref="DhtOutboundException">Nothing was sent.</exception>
    public Task<MessageSendStates> FloodAsync(
        NodeDestination destination,
        OutboundEncryption encryption,
        IReadOnlyList<NodeId> excluded,
        OutboundDomainMessage message,
        CancellationToken cancellationToken = default) =>
        SendResolvedAsync(NewParams().Flood(excluded).WithDestination(destination).WithEncryption(encryption), message, cancellationToken);

    /// <summary>Sends to random known peers.</summary>
    /// <param name="count">How many.</param>
    /// <param name="destination">Whom the message is for.</param>
    /// <param name="encryption">Clear text or encrypted.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <returns>The states of the messages; at least one.</returns>
    /// <exception cref="DhtOutboundException">Nothing was sent.</exception>
    public Task<MessageSendStates> SendRandomAsync(
        int count,
        NodeDestination destination,
        OutboundEncryption encryption,
        OutboundDomainMessage message,
        CancellationToken cancellationToken = default) =>
        SendResolvedAsync(NewParams().Random(count).WithDestination(destination).WithEncryption(encryption), message, cancellationToken);

    /// <summary>Sends a message with its domain header.</summary>
    /// <param name="parameters">How and to whom; used up.</param>
    /// <param name="message">The message.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <exception cref="DhtOutboundException">The request could not be made, or the pipeline ended.</exception>
    public async Task<SendMessageResponse> SendMessageAsync(
        SendMessageParams parameters, OutboundDomainMessage message, CancellationToken cancellationToken = default) =>
        await AnswerAsync(await PostAsync(CreateWithHeader(Finish(parameters), message), cancellationToken), cancellationToken);

    /// <summary>Sends a message as the only part.</summary>
    /// <param name="parameters">How and to whom; used up.</param>
    /// <param name="message">The message; its type number does not travel.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <exception cref="DhtOutboundException">The request could not be made, or the pipeline ended.</exception>
    public async Task<SendMessageResponse> SendMessageNoHeaderAsync(
        SendMessageParams parameters, OutboundDomainMessage message, CancellationToken cancellationToken = default) =>
        await AnswerAsync(await PostAsync(CreateWithoutHeader(Finish(parameters), message), cancellationToken), cancellationToken);

    /// <summary>Sends a message as the only part and does not wait for the answer.</summary>
    /// <param name="parameters">How and to whom; used up.</param>
    /// <param name="message">The message; its type number does not travel.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    /// <exception cref="DhtOutboundException">The request could not be made.</exception>
    public async Task SendMessageNoHeaderNoWaitAsync(
        SendMessageParams parameters, OutboundDomainMessage message, CancellationToken cancellationToken = default) =>
        await PostAsync(CreateWithoutHeader(Finish(parameters), message), cancellationToken);

    /// <summary>Sends an encoded body as it is.</summary>
    /// <param name="parameters">How and to whom; used up.</param>
    /// <param name="body">The body; for encryption it has its 4-byte length prefix already, which nothing checks. Copied.</param>
    /// <param name="cancellationToken">Ends the wait for room and for the answer, not the send.</param>
    /// <exception cref="DhtOutboundException">The request could not be made, or the pipeline ended.</exception>
    public async Task<SendMessageResponse> SendRawAsync(
        SendMessageParams parameters, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default) =>
        await AnswerAsync(
            await PostAsync(DhtOutboundRequest.Create(Finish(parameters), body.Span, _pool), cancellationToken), cancellationToken);

    /// <summary>Sends an encoded body as it is and does not wait for the answer.</summary>
    /// <param name="parameters">How and to whom; used up.</param>
    /// <param name="body">The body; for encryption it has its 4-byte length prefix already, which nothing checks. Copied.</param>
    /// <param name="cancellationToken">Ends the wait for room.</param>
    /// <exception cref="DhtOutboundException">The request could not be made.</exception>
    public async Task SendRawNoWaitAsync(
        SendMessageParams parameters, ReadOnlyMemory<byte> body, CancellationToken cancellationToken = default) =>
        await PostAsync(DhtOutboundRequest.Create(Finish(parameters), body.Span, _pool), cancellationToken);

    private static FinalSendMessageParams Finish(SendMessageParams parameters)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        return parameters.Finish();
    }

    private SendMessageParams NewParams() => new(_random);

    private async Task<MessageSendStates> SendResolvedAsync(
        SendMessageParams parameters, OutboundDomainMessage message, CancellationToken cancellationToken) =>
        await (await SendMessageAsync(parameters, message, cancellationToken)).ResolveAsync(cancellationToken);

    private DhtOutboundRequest CreateWithHeader(FinalSendMessageParams parameters, in OutboundDomainMessage message)
    {
        ulong nonce = parameters.Strategy.IsDirect ? Math.Max(1, SendMessageParams.NextUInt64(_random)) : 0;
        var header = new DomainMessageHeader(message.MessageType, nonce);
        int headerLength = header.GetLength();
        int messageLength = message.GetLength();
        bool encrypt = parameters.Encryption.IsEncrypt;
        int length = CheckedLength(EnvelopeBodyWriter.GetPrefixLength(headerLength) + headerLength, messageLength);
        OutboundBody body = OutboundBody.Create(_pool, length, encrypt);
        try
        {
            Span<byte> content = body.Content(length, encrypt);
            content = content[EnvelopeBodyWriter.WritePrefix(headerLength, content)..];
            content = content[header.Write(content)..];
            WriteMessage(message, messageLength, content);
            return new DhtOutboundRequest(parameters, body);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private DhtOutboundRequest CreateWithoutHeader(FinalSendMessageParams parameters, in OutboundDomainMessage message)
    {
        int messageLength = message.GetLength();
        bool encrypt = parameters.Encryption.IsEncrypt;
        int length = CheckedLength(0, messageLength);
        OutboundBody body = OutboundBody.Create(_pool, length, encrypt);
        try
        {
            WriteMessage(message, messageLength, body.Content(length, encrypt));
            return new DhtOutboundRequest(parameters, body);
        }
        catch
        {
            body.Dispose();
            throw;
        }
    }

    private static void WriteMessage(in OutboundDomainMessage message, int length, Span<byte> destination)
    {
        int prefix = EnvelopeBodyWriter.WritePrefix(length, destination);
        message.WriteTo(destination.Slice(prefix, length));
    }

    private static int CheckedLength(int before, int messageLength)
    {
        long length = (long)before + EnvelopeBodyWriter.GetPrefixLength(messageLength) + messageLength;
        return length <= Array.MaxLength
            ? (int)length
            : throw new DhtOutboundException(
                DhtOutboundError.InvalidMessageBody, $"A message of {messageLength} bytes is too long to be sent.");
    }

    private async Task<DhtOutboundRequest> PostAsync(DhtOutboundRequest request, CancellationToken cancellationToken)
    {
        bool accepted = false;
        try
        {
            accepted = await _pipeline.SendHereAsync(request, cancellationToken);
        }
        finally
        {
            if (!accepted)
            {
                request.Dispose();
            }
        }

        return accepted
            ? request
            : throw new DhtOutboundException(DhtOutboundError.SendError, "The outbound pipeline does not take requests any more.");
    }

    private static async Task<SendMessageResponse> AnswerAsync(DhtOutboundRequest request, CancellationToken cancellationToken)
    {
        try
        {
            return await request.Response.WaitHereAsync(cancellationToken);
        }
        catch (OperationCanceledException) when (request.Response.IsCanceled)
        {
            throw new DhtOutboundException(
                DhtOutboundError.RequesterReplyChannelClosed,
                "The request ended without an answer: the outbound pipeline stopped, or one of its stages failed.");
        }
    }
}
