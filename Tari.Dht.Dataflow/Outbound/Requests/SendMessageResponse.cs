namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>The outbound pipeline's answer to a request: messages were generated, or why not.</summary>
public sealed class SendMessageResponse
{
    private readonly MessageSendStates? _states;
    private readonly SendFailure _failure;

    private SendMessageResponse(MessageSendStates? states, SendFailure failure)
    {
        _states = states;
        _failure = failure;
    }

    /// <summary>Messages were generated, one per recipient; there may be none.</summary>
    public bool IsQueued => _states is not null;

    /// <summary>The failure; null when messages were generated.</summary>
    public SendFailure? Failure => _states is null ? _failure : null;

    /// <summary>The states of the messages; null when the request failed.</summary>
    public MessageSendStates? States => _states;

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

    /// <summary>The states, if there is at least one message.</summary>
    /// <exception cref="DhtOutboundException">The request failed, or nobody was selected.</exception>
    public MessageSendStates Resolve()
    {
        if (_states is null)
        {
            throw new DhtOutboundException(_failure);
        }

        return _states.Count > 0 ? _states : throw new DhtOutboundException(new SendFailure(SendFailureKind.NoMessagesQueued));
    }
}
