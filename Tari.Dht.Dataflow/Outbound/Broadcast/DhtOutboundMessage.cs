using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>A sealed and signed message with its recipients: one envelope, not serialised yet.</summary>
/// <remarks>Owns the request, and with it the body. Ended early, every recipient's verdict is that the message was dropped.</remarks>
internal sealed class DhtOutboundMessage : IDhtMessage
{
    private readonly DhtOutboundRequest _request;
    private readonly NodeId[] _peers;
    private readonly TaskCompletionSource<MessageSendResult>[] _replies;
    private readonly SealedMessage _sealed;

    /// <summary>Takes over <paramref name="request"/>.</summary>
    public DhtOutboundMessage(
        DhtOutboundRequest request,
        NodeId[] peers,
        TaskCompletionSource<MessageSendResult>[] replies,
        in SealedMessage sealedMessage,
        DhtProtocolVersion version,
        ulong expires)
    {
        _request = request;
        _peers = peers;
        _replies = replies;
        _sealed = sealedMessage;
        Version = version;
        Expires = expires;
    }

    public ulong Tag => _request.Tag;

    public FinalSendMessageParams Parameters => _request.Parameters;

    public OutboundBody Body => _request.Body;

    public ref readonly SealedMessage Sealed => ref _sealed;

    public DhtProtocolVersion Version { get; }

    /// <summary>Seconds since 1970.</summary>
    public ulong Expires { get; }

    public int RecipientCount => _peers.Length;

    NodeId IDhtMessage.Peer => default;

    public NodeId Recipient(int index) => _peers[index];

    public TaskCompletionSource<MessageSendResult> Reply(int index) => _replies[index];

    public void Dispose()
    {
        foreach (TaskCompletionSource<MessageSendResult> reply in _replies)
        {
            reply.TrySetResult(MessageSendResult.Dropped);
        }

        _request.Dispose();
    }
}
