using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Runtime.InteropServices;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Framing;

namespace Tari.Dht.Dataflow.Comms.Framing;

/// <summary>Reads the messaging protocol's frames of one peer from a pipe and feeds them to a graph.</summary>
/// <remarks>
/// A message is a slice of the pipe's buffers until it is whole, then it is copied, once, into the buffer it keeps for life. A full graph,
/// or a full window of messages in flight, stops the reading, and with that the pipe. The pipe stays the caller's. One run at a time.
/// </remarks>
public sealed class InboundFrameSource
{
    private readonly PipeReader _reader;
    private readonly NodeId _peer;
    private readonly ITargetBlock<InboundMessage> _target;
    private readonly FrameSourceOptions _options;
    private readonly InFlightWindow _window;

    /// <summary>A source for one messaging session.</summary>
    /// <param name="reader">The peer's bytes.</param>
    /// <param name="peer">The peer, authenticated by the transport.</param>
    /// <param name="target">The inbound graph.</param>
    /// <param name="options">How to read; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public InboundFrameSource(PipeReader reader, NodeId peer, ITargetBlock<InboundMessage> target, FrameSourceOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(reader);
        ArgumentNullException.ThrowIfNull(target);
        _options = options ?? new FrameSourceOptions();
        _options.Validate();
        _reader = reader;
        _peer = peer;
        _target = target;
        _window = new InFlightWindow(_options.MaxInFlight);
    }

    /// <summary>Messages handed to the graph and not disposed yet.</summary>
    public int InFlight => _window.Used;

    /// <summary>Reads until the stream or the graph ends, or the peer breaks the protocol.</summary>
    /// <param name="cancellationToken">Ends the reading; no message is lost that was read.</param>
    /// <returns>How it ended; nothing a peer sends raises an exception.</returns>
    /// <exception cref="OperationCanceledException">Reading was cancelled.</exception>
    /// <exception cref="IOException">
    /// The transport failed: it completed the pipe with this error, or with another that comes through as it is.
    /// </exception>
    public async Task<FrameSourceResult> RunAsync(CancellationToken cancellationToken = default)
    {
        long messages = 0;
        while (true)
        {
            ReadResult read = await _reader.ReadAsync(cancellationToken);
            ReadOnlySequence<byte> buffer = read.Buffer;
            SequencePosition consumed = buffer.Start;
            SequencePosition examined = buffer.Start;
            try
            {
                FrameStatus status;
                while ((status = FrameReader.TryRead(ref buffer, _options.MaxMessageLength, out ReadOnlySequence<byte> frame))
                    == FrameStatus.Complete)
                {
                    await _window.EnterAsync(cancellationToken);
                    if (!await DeliverAsync(frame, cancellationToken))
                    {
                        return new FrameSourceResult(FrameSourceEnd.TargetCompleted, messages);
                    }

                    messages++;
                    consumed = buffer.Start;
                    examined = consumed;
                }

                if (status == FrameStatus.TooLong)
                {
                    return new FrameSourceResult(FrameSourceEnd.MessageTooLong, messages, ReadLength(buffer));
                }

                examined = buffer.End;
                if (read.IsCompleted)
                {
                    return new FrameSourceResult(buffer.IsEmpty ? FrameSourceEnd.EndOfStream : FrameSourceEnd.Truncated, messages);
                }
            }
            finally
            {
                _reader.AdvanceTo(consumed, examined);
            }
        }
    }

    private async ValueTask<bool> DeliverAsync(ReadOnlySequence<byte> frame, CancellationToken cancellationToken)
    {
        var message = InboundMessage.CopyOf(NextTag(), _peer, frame, _options.BufferPool, _window);
        bool accepted = false;
        try
        {
            accepted = _target.Post(message) || await _target.SendAsync(message, cancellationToken);
        }
        finally
        {
            if (!accepted)
            {
                message.Dispose();
            }
        }

        return accepted;
    }

    private ulong NextTag()
    {
        ulong tag = 0;
        _options.Random.NextBytes(MemoryMarshal.AsBytes(new Span<ulong>(ref tag)));
        return tag;
    }

    private static uint ReadLength(ReadOnlySequence<byte> buffer)
    {
        Span<byte> length = stackalloc byte[FrameReader.HeaderLength];
        buffer.Slice(0, length.Length).CopyTo(length);
        return BinaryPrimitives.ReadUInt32BigEndian(length);
    }
}
