using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>
/// The outbound pipeline's answer to a request: messages were generated, or why not, or the recipient is discovered first.
/// </summary>
/// <remarks>Immutable, thread safe. <see cref="ResolveAsync"/> gives what it comes to in the end.</remarks>
public sealed class SendMessageResponse
{
    private readonly SendFailure _failure;

    private SendMessageResponse(MessageSendStates? states, SendFailure failure, Task<SendMessageResponse>? pendingDiscovery = null)
    {
        States = states;
        _failure = failure;
        PendingDiscovery = pendingDiscovery;
    }

    /// <summary>Messages were generated, one per recipient; there may be none.</summary>
    public bool IsQueued => States is not null;

    /// <summary>The failure; null unless the request failed.</summary>
    public SendFailure? Failure => States is null && PendingDiscovery is null ? _failure : null;

    /// <summary>The states of the messages; null when the request failed, or the recipient is still being discovered.</summary>
    public MessageSendStates? States { get; }

    /// <summary>
    /// The final answer of a request whose recipient is being discovered, which is no such answer again; null for any other. Cancelled when
    /// the pipeline ends first.
    /// </summary>
    public Task<SendMessageResponse>? PendingDiscovery { get; }

    /// <summary>Messages were generated.</summary>
    /// <param name="states">Their states.</param>
    public static SendMessageResponse Queued(MessageSendStates states)
    {
        ArgumentNullException.ThrowIfNull(states);
        return new SendMessageResponse(states, default);
    }

    /// <summary>The request failed.</summary>
    /// <param name="failure">Why.</param>
    public static SendMessageResponse Failed(SendFailure failure) => new(null, failure);

    /// <summary>The recipient is being discovered.</summary>
    /// <param name="final">Ends with the final answer, or cancelled.</param>
    public static SendMessageResponse Pending(Task<SendMessageResponse> final)
    {
        ArgumentNullException.ThrowIfNull(final);
        return new SendMessageResponse(null, default, final);
    }

    /// <summary>The states, if there is at least one message. For requests that don't allow discovery.</summary>
    /// <exception cref="DhtOutboundException">The request failed, or nobody was selected.</exception>
    /// <exception cref="InvalidOperationException">
    /// The recipient is being discovered, which only <see cref="ResolveAsync"/> waits for.
    /// </exception>
    public MessageSendStates Resolve()
    {
        if (PendingDiscovery is not null)
        {
            throw new InvalidOperationException($"The recipient is being discovered; wait for it with {nameof(ResolveAsync)}.");
        }

        if (States is null)
        {
            throw new DhtOutboundException(_failure);
        }

        return States.Count > 0 ? States : throw new DhtOutboundException(new SendFailure(SendFailureKind.NoMessagesQueued));
    }

    /// <summary>The states, if there is at least one message; waits for a discovery.</summary>
    /// <param name="cancellationToken">Ends the wait, not the discovery.</param>
    /// <exception cref="DhtOutboundException">
    /// The request failed, nobody was selected, or the pipeline ended before the discovery did
    /// (<see cref="SendFailureKind.SenderCancelled"/>).
    /// </exception>
    /// <exception cref="InvalidOperationException">The final answer is another discovery.</exception>
    public ValueTask<MessageSendStates> ResolveAsync(CancellationToken cancellationToken = default)
    {
        return PendingDiscovery is null ? ValueTask.FromResult(Resolve()) : WaitAsync(PendingDiscovery, cancellationToken);

        static async ValueTask<MessageSendStates> WaitAsync(Task<SendMessageResponse> pending, CancellationToken cancellationToken)
        {
            SendMessageResponse final;
            try
            {
                final = await pending.WaitHereAsync(cancellationToken);
            }
            catch (OperationCanceledException) when (pending.IsCanceled)
            {
                final = Failed(new SendFailure(SendFailureKind.SenderCancelled, "The pipeline ended before the recipient was found."));
            }

            return final.Resolve();
        }
    }
}
