using System.Buffers;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms;

/// <summary>A message as the transport received it: bytes of a directly connected, authenticated peer.</summary>
/// <remarks>
/// Owns its buffer until it is disposed, or until a pipeline has accepted it. Decryption happens in that buffer. One object for the
/// message and its hold on the buffer: there is one of these per message.
/// </remarks>
public sealed class InboundMessage : IDhtMessage
{
    private readonly ArrayPool<byte> _pool;
    private readonly int _length;
    private byte[]? _array;
    private InFlightWindow? _window;

    /// <summary>A message of <paramref name="peer"/>.</summary>
    /// <param name="tag">A trace id, random, drawn on receipt.</param>
    /// <param name="peer">The peer that delivered the message; it may be only a relay.</param>
    /// <param name="body">The bytes; owned by the message from here on.</param>
    /// <exception cref="ObjectDisposedException">The lease was returned.</exception>
    public InboundMessage(ulong tag, NodeId peer, BufferLease body)
    {
        ArgumentNullException.ThrowIfNull(body);
        Tag = tag;
        Peer = peer;
        _length = body.Length;
        _array = body.Detach(out _pool);
    }

    private InboundMessage(ulong tag, NodeId peer, ArrayPool<byte> pool, int length, InFlightWindow? window)
    {
        Tag = tag;
        Peer = peer;
        _pool = pool;
        _length = length;
        _array = pool.Rent(length);
        _window = window;
    }

    /// <inheritdoc/>
    public ulong Tag { get; }

    /// <inheritdoc/>
    public NodeId Peer { get; }

    /// <summary>The bytes received; valid until the message is disposed.</summary>
    /// <exception cref="ObjectDisposedException">The message was disposed.</exception>
    public ReadOnlyMemory<byte> Body => MutableBody;

    internal Memory<byte> MutableBody
    {
        get
        {
            byte[]? array = _array;
            ObjectDisposedException.ThrowIf(array is null, this);
            return new Memory<byte>(array, 0, _length);
        }
    }

    /// <summary>A message with a copy of <paramref name="body"/> in a buffer of <paramref name="pool"/>.</summary>
    /// <param name="tag">A trace id, random, drawn on receipt.</param>
    /// <param name="peer">The peer that delivered the message; it may be only a relay.</param>
    /// <param name="body">The bytes received.</param>
    /// <param name="pool">Where the buffer comes from; null for the shared pool.</param>
    /// <returns>A message that the caller owns.</returns>
    public static InboundMessage CopyOf(ulong tag, NodeId peer, ReadOnlySpan<byte> body, ArrayPool<byte>? pool = null)
    {
        var message = new InboundMessage(tag, peer, pool ?? DhtBufferPool.Shared, body.Length, window: null);
        body.CopyTo(message.MutableBody.Span);
        return message;
    }

    /// <summary>A copy of a frame, which occupies a place in its session's window until it is disposed.</summary>
    internal static InboundMessage CopyOf(
        ulong tag, NodeId peer, in ReadOnlySequence<byte> frame, ArrayPool<byte> pool, InFlightWindow? window)
    {
        var message = new InboundMessage(tag, peer, pool, (int)frame.Length, window);
        frame.CopyTo(message.MutableBody.Span);
        return message;
    }

    /// <summary>Returns the buffer and frees the session's slot. Twice is harmless.</summary>
    public void Dispose()
    {
        byte[]? array = Interlocked.Exchange(ref _array, null);
        if (array is not null)
        {
            _pool.Return(array);
            Interlocked.Exchange(ref _window, null)?.Release();
        }
    }
}
