using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms;

/// <summary>A message as the transport received it: bytes of a directly connected, authenticated peer.</summary>
/// <remarks>Owns its buffer until it is disposed, or until a pipeline has accepted it. Decryption happens in that buffer.</remarks>
public sealed class InboundMessage : IDhtMessage
{
    private readonly BufferLease _body;
    private InFlightWindow? _window;

    /// <summary>A message of <paramref name="peer"/>.</summary>
    /// <param name="tag">A trace id, random, drawn on receipt.</param>
    /// <param name="peer">The peer that delivered the message; it may be only a relay.</param>
    /// <param name="body">The bytes; owned by the message from here on.</param>
    public InboundMessage(ulong tag, NodeId peer, BufferLease body)
        : this(tag, peer, body, window: null)
    {
    }

    internal InboundMessage(ulong tag, NodeId peer, BufferLease body, InFlightWindow? window)
    {
        ArgumentNullException.ThrowIfNull(body);
        Tag = tag;
        Peer = peer;
        _body = body;
        _window = window;
    }

    /// <inheritdoc/>
    public ulong Tag { get; }

    /// <inheritdoc/>
    public NodeId Peer { get; }

    /// <summary>The bytes received; valid until the message is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public ReadOnlyMemory<byte> Body => _body.Memory;

    internal Memory<byte> MutableBody => _body.Memory;

    /// <summary>Returns the buffer and frees the session's slot. Twice is harmless.</summary>
    public void Dispose()
    {
        _body.Dispose();
        Interlocked.Exchange(ref _window, null)?.Release();
    }
}
