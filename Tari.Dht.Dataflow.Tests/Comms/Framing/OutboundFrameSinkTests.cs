using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Framing;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Framing;

[TestFixture]
internal sealed class OutboundFrameSinkTests
{
    private static readonly NodeId s_peer = NodeId.FromHex("0692b27f29fbe0e8c1317879e0");

    private CheckingArrayPool _pool = null!;
    private QueuedTaskScheduler _scheduler = null!;
    private FrameSinkOptions _options = null!;

    public enum Call
    {
        GetSpan,
        Advance,
        Flush,
        FlushLater,
    }

    [SetUp]
    public void SetUp()
    {
        _pool = new CheckingArrayPool();
        _scheduler = new QueuedTaskScheduler();
        _options = new FrameSinkOptions { TaskScheduler = _scheduler };
    }

    [TearDown]
    public void PoolIsWhole() => _pool.AssertWhole();

    [Test]
    public async Task The_bytes_on_the_wire_are_the_frames_in_order()
    {
        byte[][] bodies = [[1, 2, 3], [], new byte[10_000], [9]];
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 0));
        var sink = new OutboundFrameSink(pipe.Writer);
        var sent = new List<Task<MessageSendResult>>();
        foreach (byte[] body in bodies)
        {
            Assert.That(await sink.SendAsync(Message(body, out Task<MessageSendResult> reply)));
            sent.Add(reply);
        }

        sink.Complete();
        await sink.Completion;
        Assert.That(await Task.WhenAll(sent), Has.All.EqualTo(MessageSendResult.Sent));
        await pipe.Writer.CompleteAsync();
        Assert.That(await ReadAllAsync(pipe.Reader), Is.EqualTo(bodies.SelectMany(Frame)));
    }

    [Test]
    public async Task What_a_sink_writes_a_source_reads()
    {
        var pipe = new Pipe();
        var sink = new OutboundFrameSink(pipe.Writer);
        var target = new BufferBlock<InboundMessage>();
        Task<FrameSourceResult> reading =
            new InboundFrameSource(pipe.Reader, s_peer, target, new FrameSourceOptions { BufferPool = _pool }).RunAsync();
        var random = new Random(5);
        for (int i = 0; i < 200; i++)
        {
            byte[] body = new byte[random.Next(0, 5000)];
            random.NextBytes(body);
            Assert.That(await sink.SendAsync(Message(body, out Task<MessageSendResult> reply)));
            using InboundMessage message = await target.ReceiveAsync();
            Assert.That(message.Body.Span.SequenceEqual(body));
            Assert.That(await reply, Is.EqualTo(MessageSendResult.Sent));
        }

        sink.Complete();
        await sink.Completion;
        await pipe.Writer.CompleteAsync();
        Assert.That(await reading, Is.EqualTo(new FrameSourceResult(FrameSourceEnd.EndOfStream, 200)));
    }

    [Test]
    public void Messages_that_wait_are_flushed_together()
    {
        var writer = new ScriptedPipeWriter();
        var sink = new OutboundFrameSink(writer, _options);
        Task<MessageSendResult>[] replies = Post(sink, [1], [2], [3]);
        _scheduler.RunAll();
        Assert.That(writer.Flushes, Is.EqualTo(1));
        Assert.That(Results(replies), Has.All.EqualTo(MessageSendResult.Sent));
        Assert.That(writer.Written, Is.EqualTo((byte[])[.. Frame([1]), .. Frame([2]), .. Frame([3])]));
    }

    [Test]
    public void Above_the_threshold_a_flush_does_not_wait_for_the_last_message()
    {
        var writer = new ScriptedPipeWriter();
        var sink = new OutboundFrameSink(writer, _options with { FlushThreshold = 10 });
        Task<MessageSendResult>[] replies = Post(sink, [1], [2], [3], [4], [5]);
        _scheduler.RunAll();

        // 5 bytes a frame: after every second one, and after the last.
        Assert.That(writer.Flushes, Is.EqualTo(3));
        Assert.That(Results(replies), Has.All.EqualTo(MessageSendResult.Sent));
    }

    [Test]
    public void The_verdict_comes_only_after_the_flush()
    {
        var flush = new TaskCompletionSource<FlushResult>();
        var writer = new ScriptedPipeWriter { OnFlush = () => new ValueTask<FlushResult>(flush.Task) };
        var sink = new OutboundFrameSink(writer, _options);
        Task<MessageSendResult>[] replies = Post(sink, [1], [2]);
        _scheduler.RunAll();
        Assert.That(writer.Flushes, Is.EqualTo(1));
        Assert.That(replies.Select(reply => reply.IsCompleted), Has.All.False);
        Assert.That(_pool.Outstanding, Is.EqualTo(2));
        flush.SetResult(default);
        _scheduler.RunAll();
        Assert.That(Results(replies), Has.All.EqualTo(MessageSendResult.Sent));
    }

    [Test]
    public async Task A_slow_reader_makes_the_sink_wait_and_a_full_sink_its_senders()
    {
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 8, resumeWriterThreshold: 4, useSynchronizationContext: false));
        var sink = new OutboundFrameSink(pipe.Writer, _options with { BoundedCapacity = 2, FlushThreshold = 1 });
        Task<MessageSendResult>[] replies = Post(sink, new byte[20], [2]);
        _scheduler.RunAll();
        Assert.That(replies[0].IsCompleted, Is.False, "nobody has read a byte");
        OutboundMessage third = Message([3], out Task<MessageSendResult> thirdReply);
        Assert.That(sink.Post(third), Is.False, "one waits for the reader, one for the first");
        Task<bool> sending = sink.SendAsync(third);
        Assert.That(sending.IsCompleted, Is.False);

        Task<byte[]> reading = ReadAllAsync(pipe.Reader);
        await RunUntilAsync(sending);
        Assert.That(await sending);
        sink.Complete();
        await RunUntilAsync(sink.Completion);
        await pipe.Writer.CompleteAsync();
        Assert.That(Results([.. replies, thirdReply]), Has.All.EqualTo(MessageSendResult.Sent));
        Assert.That(await reading, Is.EqualTo((byte[])[.. Frame(new byte[20]), .. Frame([2]), .. Frame([3])]));
    }

    [Test]
    public void A_message_over_the_limit_fails_alone()
    {
        var writer = new ScriptedPipeWriter();
        var sink = new OutboundFrameSink(writer, _options with { MaxMessageLength = 4 });
        Task<MessageSendResult>[] replies = Post(sink, new byte[4], new byte[5], new byte[4], new byte[5]);
        _scheduler.RunAll();
        Assert.That(
            Results(replies),
            Is.EqualTo((MessageSendResult[])
                [MessageSendResult.Sent, MessageSendResult.MessageTooLarge, MessageSendResult.Sent, MessageSendResult.MessageTooLarge]));
        Assert.That(writer.Written, Is.EqualTo((byte[])[.. Frame(new byte[4]), .. Frame(new byte[4])]));
    }

    [Test]
    public async Task When_the_reader_is_gone_the_connection_is_lost_for_all_messages_from_then_on()
    {
        var pipe = new Pipe();
        var sink = new OutboundFrameSink(pipe.Writer, _options);
        Task<MessageSendResult>[] before = Post(sink, [1]);
        _scheduler.RunAll();
        await pipe.Reader.CompleteAsync();
        Task<MessageSendResult>[] after = Post(sink, [2], [3]);
        _scheduler.RunAll();
        Task<MessageSendResult>[] later = Post(sink, [4]);
        _scheduler.RunAll();
        Assert.That(Results(before), Has.All.EqualTo(MessageSendResult.Sent));
        Assert.That(Results(after), Has.All.EqualTo(MessageSendResult.ConnectionLost));
        Assert.That(Results(later), Has.All.EqualTo(MessageSendResult.ConnectionLost));
        await AssertEndsAsync(sink);
    }

    [Test]
    public async Task When_the_writer_is_completed_under_the_sink_sending_fails_from_then_on()
    {
        var pipe = new Pipe();
        var sink = new OutboundFrameSink(pipe.Writer, _options);
        await pipe.Writer.CompleteAsync();
        Task<MessageSendResult>[] replies = Post(sink, [1], [2]);
        _scheduler.RunAll();
        Assert.That(Results(replies), Has.All.EqualTo(MessageSendResult.SubstreamSendFailed));
        await AssertEndsAsync(sink);
    }

    [Test]
    public async Task A_writer_that_throws_fails_every_message_and_the_sink_still_ends([Values] Call call, [Values] bool canceled)
    {
        Exception error = canceled ? new OperationCanceledException() : new IOException("reset");
        var writer = new ScriptedPipeWriter { Fails = call, Error = error };
        var sink = new OutboundFrameSink(writer, _options);
        Task<MessageSendResult>[] replies = Post(sink, [1], [2], [3]);
        _scheduler.RunAll();
        Task<MessageSendResult>[] later = Post(sink, [4]);
        _scheduler.RunAll();
        Assert.That(Results([.. replies, .. later]), Has.All.EqualTo(MessageSendResult.SubstreamSendFailed));
        await AssertEndsAsync(sink);
    }

    [Test]
    public async Task A_writer_that_starts_to_throw_fails_what_it_has_not_flushed()
    {
        var writer = new ScriptedPipeWriter { Error = new IOException("reset") };
        var sink = new OutboundFrameSink(writer, _options);
        Task<MessageSendResult>[] sent = Post(sink, [1], [2]);
        _scheduler.RunAll();
        writer.Fails = Call.Flush;
        Task<MessageSendResult>[] failed = Post(sink, [3], [4]);
        _scheduler.RunAll();
        Assert.That(Results(sent), Has.All.EqualTo(MessageSendResult.Sent));
        Assert.That(Results(failed), Has.All.EqualTo(MessageSendResult.SubstreamSendFailed));
        await AssertEndsAsync(sink);
    }

    [Test]
    public async Task A_message_that_was_disposed_under_the_sink_fails_alone()
    {
        var writer = new ScriptedPipeWriter();
        var sink = new OutboundFrameSink(writer, _options);
        OutboundMessage disposed = Message([1], out Task<MessageSendResult> dropped);
        Assert.That(sink.Post(disposed));
        disposed.Dispose();
        Task<MessageSendResult>[] others = Post(sink, [2]);
        _scheduler.RunAll();
        Assert.That(Results([dropped]), Has.All.EqualTo(MessageSendResult.Dropped));
        Assert.That(Results(others), Has.All.EqualTo(MessageSendResult.Sent));
        await AssertEndsAsync(sink);
    }

    [Test]
    public async Task Fault_FailsWhatWaits_AndTheSinkEnds()
    {
        var writer = new ScriptedPipeWriter();
        var sink = new OutboundFrameSink(writer, _options);
        Task<MessageSendResult>[] replies = Post(sink, [1], [2]);
        sink.Fault(new IOException("reset"));
        _scheduler.RunAll();
        Assert.That(Results(replies), Has.All.EqualTo(MessageSendResult.ConnectionLost));
        Assert.That(writer.Written, Is.Empty);
        await AssertEndsAsync(sink);
        using OutboundMessage late = Message([3], out _);
        Assert.That(sink.Post(late), Is.False);
        Assert.That(() => sink.Fault(null!), Throws.ArgumentNullException);
    }

    [Test]
    public async Task Fault_WhileNobodyReads_EndsTheFlushThatWaits()
    {
        var pipe = new Pipe(new PipeOptions(
            pauseWriterThreshold: 8,
            resumeWriterThreshold: 4,
            readerScheduler: PipeScheduler.Inline,
            writerScheduler: PipeScheduler.Inline,
            useSynchronizationContext: false));
        var sink = new OutboundFrameSink(pipe.Writer, _options);
        Task<MessageSendResult>[] replies = Post(sink, new byte[20]);
        _scheduler.RunAll();
        Task<MessageSendResult>[] waiting = Post(sink, [2]);
        _scheduler.RunAll();
        Assert.That(replies[0].IsCompleted, Is.False);
        sink.Fault(new IOException("reset"));
        _scheduler.RunAll();
        Assert.That(Results([.. replies, .. waiting]), Has.All.EqualTo(MessageSendResult.ConnectionLost));
        await AssertEndsAsync(sink);
    }

    [Test]
    public async Task Completion_ComesAfterTheLastVerdict()
    {
        var flush = new TaskCompletionSource<FlushResult>();
        var writer = new ScriptedPipeWriter { OnFlush = () => new ValueTask<FlushResult>(flush.Task) };
        var sink = new OutboundFrameSink(writer, _options);
        Task<MessageSendResult>[] replies = Post(sink, [1]);
        sink.Complete();
        _scheduler.RunAll();
        Assert.That(sink.Completion.IsCompleted, Is.False);
        flush.SetResult(default);
        _scheduler.RunAll();
        Assert.That(Results(replies), Has.All.EqualTo(MessageSendResult.Sent));
        await AssertEndsAsync(sink);
    }

    [Test]
    public async Task A_shared_envelope_is_released_once_for_each_peer()
    {
        var envelope = new SharedBuffer(BufferLease.CopyOf(_pool, [1, 2, 3]), 0, 3, references: 3);
        ScriptedPipeWriter[] writers = [new(), new(), new() { Fails = Call.Flush, Error = new IOException() }];
        foreach (ScriptedPipeWriter writer in writers)
        {
            Assert.That(_pool.Outstanding, Is.EqualTo(1));
            var sink = new OutboundFrameSink(writer, _options);
            Assert.That(sink.Post(new OutboundMessage(1, s_peer, envelope)));
            _scheduler.RunAll();
            await AssertEndsAsync(sink);
        }

        Assert.That(_pool.Outstanding, Is.Zero);
        Assert.That(writers[0].Written, Is.EqualTo(Frame([1, 2, 3])));
        Assert.That(writers[1].Written, Is.EqualTo(Frame([1, 2, 3])));
    }

    [Test]
    public void Options_have_the_reference_as_default_and_name_what_is_out_of_range()
    {
        var options = new FrameSinkOptions();
        options.Validate();
        Assert.That(options.MaxMessageLength, Is.EqualTo(8 * 1024 * 1024));
        AssertRefused(options with { MaxMessageLength = 0 }, "MaxMessageLength");
        AssertRefused(options with { MaxMessageLength = (1 << 30) + 1 }, "MaxMessageLength");
        AssertRefused(options with { BoundedCapacity = 0 }, "BoundedCapacity");
        AssertRefused(options with { FlushThreshold = 0 }, "FlushThreshold");
        Assert.That((options with { TaskScheduler = null! }).Validate, Throws.ArgumentNullException);

        static void AssertRefused(FrameSinkOptions options, string name)
        {
            Assert.That(options.Validate, Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains(name));
            Assert.That(() => new OutboundFrameSink(new Pipe().Writer, options), Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    private static byte[] Frame(byte[] message)
    {
        byte[] frame = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, message.Length);
        message.CopyTo(frame, 4);
        return frame;
    }

    private static IEnumerable<MessageSendResult> Results(Task<MessageSendResult>[] replies)
    {
        Assert.That(replies.Select(reply => reply.IsCompleted), Has.All.True, "every message has its verdict");
        return replies.Select(reply => reply.Result);
    }

    private static async Task<byte[]> ReadAllAsync(PipeReader reader)
    {
        using var bytes = new MemoryStream();
        await reader.CopyToAsync(bytes);
        return bytes.ToArray();
    }

    /// <summary>The block ends on the thread pool, whatever its scheduler.</summary>
    private async Task AssertEndsAsync(OutboundFrameSink sink)
    {
        sink.Complete();
        _scheduler.RunAll();
        await sink.Completion;
    }

    private async Task RunUntilAsync(Task done)
    {
        while (!done.IsCompleted)
        {
            _scheduler.RunAll();
            await Task.Yield();
        }
    }

    private OutboundMessage Message(byte[] body, out Task<MessageSendResult> reply)
    {
        var source = new TaskCompletionSource<MessageSendResult>(TaskCreationOptions.RunContinuationsAsynchronously);
        reply = source.Task;
        return new OutboundMessage(1, s_peer, new SharedBuffer(BufferLease.CopyOf(_pool, body), 0, body.Length), source);
    }

    private Task<MessageSendResult>[] Post(OutboundFrameSink sink, params byte[][] bodies)
    {
        var replies = new Task<MessageSendResult>[bodies.Length];
        for (int i = 0; i < replies.Length; i++)
        {
            Assert.That(sink.Post(Message(bodies[i], out replies[i])));
        }

        return replies;
    }

    private sealed class ScriptedPipeWriter : PipeWriter
    {
        private readonly ArrayBufferWriter<byte> _buffer = new();

        public byte[] Written => _buffer.WrittenSpan.ToArray();

        public int Flushes { get; private set; }

        public Func<ValueTask<FlushResult>>? OnFlush { get; init; }

        public Call? Fails { get; set; }

        public Exception? Error { get; init; }

        public override void Advance(int bytes)
        {
            ThrowIf(Call.Advance);
            _buffer.Advance(bytes);
        }

        public override Memory<byte> GetMemory(int sizeHint = 0)
        {
            ThrowIf(Call.GetSpan);
            return _buffer.GetMemory(sizeHint);
        }

        public override Span<byte> GetSpan(int sizeHint = 0)
        {
            ThrowIf(Call.GetSpan);
            return _buffer.GetSpan(sizeHint);
        }

        public override ValueTask<FlushResult> FlushAsync(CancellationToken cancellationToken = default)
        {
            Flushes++;
            ThrowIf(Call.Flush);
            return Fails == Call.FlushLater ? ValueTask.FromException<FlushResult>(Error!) : OnFlush?.Invoke() ?? default;
        }

        public override void CancelPendingFlush()
        {
        }

        public override void Complete(Exception? exception = null)
        {
        }

        private void ThrowIf(Call call)
        {
            if (Fails == call)
            {
                throw Error!;
            }
        }
    }
}
