using System.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>A request to send one message: parameters, body, and the place for the answer.</summary>
/// <remarks>
/// Owns the body's buffer until the pipeline accepts it. A request that ends unanswered cancels its answer; one whose recipient has to be
/// discovered is answered twice, the second time through <see cref="SendMessageResponse.PendingDiscovery"/>.
/// </remarks>
public sealed class DhtOutboundRequest : IDhtMessage
{
    private readonly TaskCompletionSource<SendMessageResponse> _reply = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private TaskCompletionSource<SendMessageResponse>? _finalReply;

    internal DhtOutboundRequest(FinalSendMessageParams parameters, OutboundBody body)
    {
        Parameters = parameters;
        Body = body;
    }

    /// <summary>What to send, how, and to whom.</summary>
    public FinalSendMessageParams Parameters { get; }

    /// <summary>The pipeline's answer; cancelled when the request ends without one.</summary>
    public Task<SendMessageResponse> Response => _reply.Task;

    /// <inheritdoc/>
    public ulong Tag => Parameters.Tag;

    NodeId IDhtMessage.Peer => default;

    internal OutboundBody Body { get; }

    /// <summary>A request with a body as it is; for encryption it needs its 4-byte length prefix already.</summary>
    /// <param name="parameters">What to send, how, and to whom.</param>
    /// <param name="body">The encoded body; copied.</param>
    /// <param name="pool">Where the buffer comes from.</param>
    /// <exception cref="DhtOutboundException">The body is too long.</exception>
    public static DhtOutboundRequest Create(FinalSendMessageParams parameters, ReadOnlySpan<byte> body, ArrayPool<byte> pool)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        ArgumentNullException.ThrowIfNull(pool);
        return new DhtOutboundRequest(parameters, OutboundBody.Copy(pool, body, parameters.Encryption.IsEncrypt));
    }

    /// <summary>Returns the buffer, and cancels the answer if there is none yet. Twice is harmless.</summary>
    public void Dispose()
    {
        Body.Dispose();
        _reply.TrySetCanceled();
        _finalReply?.TrySetCanceled();
    }

    /// <summary>Whom a discovery found; null before that, and for other requests.</summary>
    internal NodeId? DiscoveredPeer { get; set; }

    internal void Answer(SendMessageResponse response) => (_finalReply ?? _reply).TrySetResult(response);

    /// <summary>Answers with a failure, and gives the reason for which the request is to be discarded.</summary>
    internal DropReason Fail(DropReason reason, SendFailure failure)
    {
        Answer(SendMessageResponse.Failed(failure));
        return reason;
    }

    /// <summary>Tells the caller that its recipient is being discovered; the next answer is the final one.</summary>
    internal void AnswerPendingDiscovery()
    {
        _finalReply = new TaskCompletionSource<SendMessageResponse>(TaskCreationOptions.RunContinuationsAsynchronously);
        _reply.TrySetResult(SendMessageResponse.Pending(_finalReply.Task));
    }
}
