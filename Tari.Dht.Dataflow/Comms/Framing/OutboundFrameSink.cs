using System.IO.Pipelines;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Protocol.Framing;

namespace Tari.Dht.Dataflow.Comms.Framing;

/// <summary>Writes the messages for one peer as frames to a pipe.</summary>
/// <remarks>
/// A message is copied once, from its shared buffer into the pipe's. Messages that wait are flushed together. Each gets its verdict when
/// the pipe has taken its bytes: a slow reader makes the sink wait, and the sink's bounded queue those before it. After the first failure
/// every message fails. The pipe stays the caller's; the sink ends with <see cref="Complete"/>.
/// </remarks>
public sealed class OutboundFrameSink : ITargetBlock<OutboundMessage>
{
    private readonly PipeWriter _writer;
    private readonly FrameSinkOptions _options;
    private readonly ActionBlock<OutboundMessage> _block;
    private readonly List<OutboundMessage> _unflushed = [];
    private long _unflushedBytes;

    // A MessageSendResult; Sent as long as nothing failed.
    private int _failure;

    /// <summary>A sink for one messaging session.</summary>
    /// <param name="writer">Where frames go.</param>
    /// <param name="options">How to write; null for the defaults.</param>
    /// <exception cref="ArgumentOutOfRangeException">An option is out of its range; the message names it.</exception>
    public OutboundFrameSink(PipeWriter writer, FrameSinkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(writer);
        _options = options ?? new FrameSinkOptions();
        _options.Validate();
        _writer = writer;
        _block = new ActionBlock<OutboundMessage>(
            WriteAsync,
            new ExecutionDataflowBlockOptions { BoundedCapacity = _options.BoundedCapacity, TaskScheduler = _options.TaskScheduler });
    }

    /// <summary>Ends when every accepted message has its verdict.</summary>
    public Task Completion => _block.Completion;

    /// <summary>Takes no more messages; those accepted are still written.</summary>
    public void Complete() => _block.Complete();

    /// <summary>Takes no more messages; those that wait fail, also those that wait for a slow reader.</summary>
    /// <param name="exception">The reason; it ends here, as every message has a verdict.</param>
    public void Fault(Exception exception)
    {
        ArgumentNullException.ThrowIfNull(exception);
        Fail(MessageSendResult.ConnectionLost);
        _block.Complete();
        try
        {
            _writer.CancelPendingFlush();
        }
        catch (ObjectDisposedException)
        {
            // A pipe that was completed already has no flush to wait for.
        }
    }

    /// <inheritdoc/>
    public DataflowMessageStatus OfferMessage(
        DataflowMessageHeader messageHeader, OutboundMessage messageValue, ISourceBlock<OutboundMessage>? source, bool consumeToAccept) =>
        ((ITargetBlock<OutboundMessage>)_block).OfferMessage(messageHeader, messageValue, source, consumeToAccept);

    // The block's delegate: one message at a time, and it must not throw.
    private Task WriteAsync(OutboundMessage message)
    {
        int failure = Volatile.Read(ref _failure);
        if (failure != 0)
        {
            Settle(message, (MessageSendResult)failure);
            return FlushIfDue();
        }

        ReadOnlyMemory<byte> body;
        try
        {
            body = message.Body;
        }
        catch (ObjectDisposedException)
        {
            // Disposed by its former owner, and with that dropped. The others can still be sent.
            return FlushIfDue();
        }

        if (body.Length > _options.MaxMessageLength)
        {
            Settle(message, MessageSendResult.MessageTooLarge);
            return FlushIfDue();
        }

        try
        {
            FrameWriter.Write(_writer, body.Span);
        }
        catch (Exception)
        {
            // The caller completed the pipe under the sink, or the transport gave out: whatever it throws, the verdict says it.
            Fail(MessageSendResult.SubstreamSendFailed);
            Settle(message, MessageSendResult.SubstreamSendFailed);
            return FlushIfDue();
        }

        _unflushed.Add(message);
        _unflushedBytes += FrameReader.HeaderLength + body.Length;
        return FlushIfDue();
    }

    private Task FlushIfDue() =>
        _unflushed.Count > 0 && (_block.InputCount == 0 || _unflushedBytes >= _options.FlushThreshold) ? FlushAsync() : Task.CompletedTask;

    private async Task FlushAsync()
    {
        var result = MessageSendResult.Sent;
        try
        {
            FlushResult flushed = await _writer.FlushAsync();
            if (flushed.IsCompleted || flushed.IsCanceled)
            {
                result = MessageSendResult.ConnectionLost;
            }
        }
        catch (Exception)
        {
            // Whatever the transport throws, the messages' verdict says it.
            result = MessageSendResult.SubstreamSendFailed;
        }

        if (result != MessageSendResult.Sent)
        {
            Fail(result);
        }

        foreach (OutboundMessage message in _unflushed)
        {
            Settle(message, result);
        }

        _unflushed.Clear();
        _unflushedBytes = 0;
    }

    private void Fail(MessageSendResult failure) => Interlocked.CompareExchange(ref _failure, (int)failure, 0);

    private static void Settle(OutboundMessage message, MessageSendResult result)
    {
        message.Complete(result);
        message.Dispose();
    }
}
