using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms;

/// <summary>One envelope for one peer, ready to be framed; the bytes are shared with the other recipients of its request.</summary>
/// <remarks>
/// Whoever takes the message reports its fate with <see cref="Complete"/> and disposes it. A message that is disposed without a report
/// counts as <see cref="MessageSendResult.Dropped"/>.
/// </remarks>
public sealed class OutboundMessage : IDhtMessage
{
    private readonly SharedBuffer _envelope;
    private readonly TaskCompletionSource<MessageSendResult>? _reply;
    private int _disposed;

    /// <summary>A message that holds one reference of <paramref name="envelope"/>.</summary>
    /// <param name="tag">The message's tag.</param>
    /// <param name="peer">The recipient.</param>
    /// <param name="envelope">The bytes; the message takes over one reference.</param>
    public OutboundMessage(ulong tag, NodeId peer, SharedBuffer envelope)
        : this(tag, peer, envelope, reply: null)
    {
    }

    internal OutboundMessage(ulong tag, NodeId peer, SharedBuffer envelope, TaskCompletionSource<MessageSendResult>? reply)
    {
        ArgumentNullException.ThrowIfNull(envelope);
        Tag = tag;
        Peer = peer;
        _envelope = envelope;
        _reply = reply;
    }

    /// <inheritdoc/>
    public ulong Tag { get; }

    /// <summary>The recipient.</summary>
    public NodeId Peer { get; }

    /// <summary>The envelope's bytes; valid until the message is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public ReadOnlyMemory<byte> Body
    {
        get
        {
            ObjectDisposedException.ThrowIf(Volatile.Read(ref _disposed) != 0, this);
            return _envelope.Memory;
        }
    }

    /// <summary>Tells the sender what became of the message. The first report counts.</summary>
    /// <param name="result">The verdict.</param>
    public void Complete(MessageSendResult result) => _reply?.TrySetResult(result);

    /// <summary>Lets go of the shared bytes. Twice is harmless.</summary>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _disposed, 1) == 0)
        {
            Complete(MessageSendResult.Dropped);
            _envelope.Release();
        }
    }
}
