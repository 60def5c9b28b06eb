using System.Buffers;
using System.Buffers.Binary;
using System.IO.Pipelines;
using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Framing;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Framing;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Framing;

[TestFixture]
internal sealed class InboundFrameSourceTests
{
    private static readonly NodeId s_peer = NodeId.FromHex("0692b27f29fbe0e8c1317879e0");

    // Everything happens on the thread that causes it, so what did not happen yet will not happen by itself.
    private static readonly PipeOptions s_inline =
        new(readerScheduler: PipeScheduler.Inline, writerScheduler: PipeScheduler.Inline, useSynchronizationContext: false);

    private CheckingArrayPool _pool = null!;
    private FrameSourceOptions _options = null!;

    [SetUp]
    public void SetUp()
    {
        _pool = new CheckingArrayPool();
        _options = new FrameSourceOptions { BufferPool = _pool, Random = new Random(1), MaxInFlight = 1000 };
    }

    [TearDown]
    public void PoolIsWhole() => _pool.AssertWhole();

    [Test]
    public async Task Frames_arrive_whole_in_order_whatever_the_pieces([Values(1, 2, 3, 4, 5, 7, 64, 100_000)] int piece)
    {
        byte[][] messages = Messages();
        byte[] stream = [.. messages.SelectMany(Frame)];
        var pipe = new Pipe();
        var target = new BufferBlock<InboundMessage>();
        Task<FrameSourceResult> run = new InboundFrameSource(pipe.Reader, s_peer, target, _options).RunAsync();
        foreach (byte[] bytes in stream.Chunk(piece))
        {
            await pipe.Writer.WriteAsync(bytes);
        }

        await pipe.Writer.CompleteAsync();
        Assert.That(await run, Is.EqualTo(new FrameSourceResult(FrameSourceEnd.EndOfStream, messages.Length)));
        AssertReceived(target, messages);
    }

    [Test]
    public async Task Frames_arrive_whole_out_of_segments_of_any_length_empty_ones_between([Values(1, 2, 3, 5, 1000)] int segment)
    {
        byte[][] messages = Messages();
        byte[] stream = [.. messages.SelectMany(Frame)];
        var target = new BufferBlock<InboundMessage>();
        var source = new InboundFrameSource(PipeReader.Create(Segment.Split(stream, segment)), s_peer, target, _options);
        Assert.That(await source.RunAsync(), Is.EqualTo(new FrameSourceResult(FrameSourceEnd.EndOfStream, messages.Length)));
        AssertReceived(target, messages);
    }

    [Test]
    public async Task Messages_name_the_peer_and_have_tags_of_the_given_source()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync((byte[])[.. Frame([1]), .. Frame([2])]);
        await pipe.Writer.CompleteAsync();
        var target = new BufferBlock<InboundMessage>();
        await new InboundFrameSource(pipe.Reader, s_peer, target, _options).RunAsync();
        Assert.That(target.TryReceiveAll(out IList<InboundMessage>? messages));
        var random = new Random(1);
        byte[] tag = new byte[8];
        foreach (InboundMessage message in messages!)
        {
            random.NextBytes(tag);
            Assert.That(message.Peer, Is.EqualTo(s_peer));
            Assert.That(message.Tag, Is.EqualTo(BitConverter.ToUInt64(tag)));
            message.Dispose();
        }
    }

    [Test]
    public async Task A_stream_that_ends_at_once_has_no_messages()
    {
        var pipe = new Pipe();
        await pipe.Writer.CompleteAsync();
        var source = new InboundFrameSource(pipe.Reader, s_peer, new BufferBlock<InboundMessage>(), _options);
        Assert.That(await source.RunAsync(), Is.EqualTo(new FrameSourceResult(FrameSourceEnd.EndOfStream, 0)));
        Assert.That(_pool.RentCount, Is.Zero);
    }

    [Test]
    public async Task A_stream_that_ends_within_a_frame_is_truncated_and_the_whole_frames_before_it_arrive()
    {
        byte[] frames = [.. Frame([1, 2, 3]), .. Frame([4, 5])];
        for (int length = 0; length <= frames.Length; length++)
        {
            var pipe = new Pipe();
            await pipe.Writer.WriteAsync(frames.AsMemory(0, length));
            await pipe.Writer.CompleteAsync();
            var target = new BufferBlock<InboundMessage>();
            FrameSourceResult result = await new InboundFrameSource(pipe.Reader, s_peer, target, _options).RunAsync();
            int whole = length < 7 ? 0 : length < frames.Length ? 1 : 2;
            FrameSourceEnd end = length is 0 or 7 || length == frames.Length ? FrameSourceEnd.EndOfStream : FrameSourceEnd.Truncated;
            Assert.That(result, Is.EqualTo(new FrameSourceResult(end, whole)), $"{length} bytes");
            AssertReceived(target, ((byte[][])[[1, 2, 3], [4, 5]])[..whole]);
        }
    }

    [TestCase(11u)]
    [TestCase(0x8000_0000u)]
    [TestCase(uint.MaxValue)]
    public async Task The_limit_is_applied_as_soon_as_the_length_is_there(uint announced)
    {
        byte[] header = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(header, announced);
        var pipe = new Pipe(s_inline);
        var target = new BufferBlock<InboundMessage>();
        Task<FrameSourceResult> run = new InboundFrameSource(
            pipe.Reader, s_peer, target, _options with { MaxMessageLength = 10 }).RunAsync();
        await pipe.Writer.WriteAsync((byte[])[.. Frame(new byte[10]), .. header[..3]]);
        Assert.That(run.IsCompleted, Is.False, "the length is not whole yet");
        await pipe.Writer.WriteAsync(header.AsMemory(3));
        Assert.That(run.IsCompleted, "the body is not waited for");
        Assert.That(await run, Is.EqualTo(new FrameSourceResult(FrameSourceEnd.MessageTooLong, 1, announced)));
        AssertReceived(target, [new byte[10]]);
        Assert.That(_pool.RentCount, Is.EqualTo(1), "no memory for what is only announced");
    }

    [Test]
    public async Task Announcing_a_large_message_takes_no_memory_before_it_is_whole()
    {
        var pipe = new Pipe(s_inline);
        var target = new BufferBlock<InboundMessage>();
        Task<FrameSourceResult> run = new InboundFrameSource(pipe.Reader, s_peer, target, _options).RunAsync();
        byte[] header = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(header, FrameReader.DefaultMaxLength);
        await pipe.Writer.WriteAsync(header);
        await pipe.Writer.WriteAsync(new byte[1000]);
        Assert.That(_pool.RentCount, Is.Zero);
        await pipe.Writer.CompleteAsync();
        Assert.That((await run).End, Is.EqualTo(FrameSourceEnd.Truncated));
    }

    [Test]
    public async Task A_graph_that_takes_no_more_ends_the_reading_and_nothing_leaks()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync((byte[])[.. Frame([1]), .. Frame([2])]);
        var target = new BufferBlock<InboundMessage>();
        target.Complete();
        var source = new InboundFrameSource(pipe.Reader, s_peer, target, _options);
        Assert.That(await source.RunAsync(), Is.EqualTo(new FrameSourceResult(FrameSourceEnd.TargetCompleted, 0)));
        Assert.That(source.InFlight, Is.Zero);
    }

    [Test]
    public async Task A_graph_that_ends_while_a_message_waits_for_room_gives_it_back()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync((byte[])[.. Frame([1]), .. Frame([2]), .. Frame([3])]);
        var target = new BufferBlock<InboundMessage>(new DataflowBlockOptions { BoundedCapacity = 1 });
        var source = new InboundFrameSource(pipe.Reader, s_peer, target, _options);
        Task<FrameSourceResult> run = source.RunAsync();
        Assert.That(source.InFlight, Is.EqualTo(2), "one is in the graph, one waits for room");
        target.Complete();
        Assert.That(await run, Is.EqualTo(new FrameSourceResult(FrameSourceEnd.TargetCompleted, 1)));
        AssertReceived(target, [[1]]);
        Assert.That(source.InFlight, Is.Zero);
        ReadResult rest = await pipe.Reader.ReadAsync();
        Assert.That(
            rest.Buffer.ToArray(), Is.EqualTo((byte[])[.. Frame([2]), .. Frame([3])]), "what was not delivered is still in the pipe");
        pipe.Reader.AdvanceTo(rest.Buffer.End);
    }

    [Test]
    public async Task With_a_window_of_four_the_fifth_message_is_read_only_after_a_disposal()
    {
        var pipe = new Pipe(s_inline);
        for (byte i = 0; i < 7; i++)
        {
            await pipe.Writer.WriteAsync(Frame([i]));
        }

        var target = new BufferBlock<InboundMessage>();
        var source = new InboundFrameSource(pipe.Reader, s_peer, target, new FrameSourceOptions { BufferPool = _pool });
        Task<FrameSourceResult> run = source.RunAsync();
        var held = new Queue<InboundMessage>();
        for (byte i = 0; i < 4; i++)
        {
            held.Enqueue(await target.ReceiveAsync());
        }

        Assert.That(target.Count, Is.Zero);
        Assert.That((source.InFlight, _pool.RentCount), Is.EqualTo((4, 4)));
        for (byte next = 4; next < 7; next++)
        {
            held.Dequeue().Dispose();
            InboundMessage message = await target.ReceiveAsync();
            Assert.That(message.Body.ToArray(), Is.EqualTo((byte[])[next]));
            held.Enqueue(message);
            Assert.That((source.InFlight, _pool.RentCount, target.Count), Is.EqualTo((4, next + 1, 0)));
        }

        await pipe.Writer.CompleteAsync();
        Assert.That(await run, Is.EqualTo(new FrameSourceResult(FrameSourceEnd.EndOfStream, 7)));
        foreach (InboundMessage message in held)
        {
            message.Dispose();
        }

        Assert.That(source.InFlight, Is.Zero);
    }

    [Test]
    public async Task A_full_graph_stops_the_pipe_and_nothing_is_lost()
    {
        const int Frames = 300;
        var pipe = new Pipe(new PipeOptions(pauseWriterThreshold: 64, resumeWriterThreshold: 32, useSynchronizationContext: false));
        var target = new BufferBlock<InboundMessage>(new DataflowBlockOptions { BoundedCapacity = 1 });
        var source = new InboundFrameSource(pipe.Reader, s_peer, target, _options);
        Task<FrameSourceResult> run = source.RunAsync();

        // Nobody takes messages, so before long the writer has to wait. It can't be let go: only taking messages makes room.
        int written = 0;
        ValueTask<FlushResult> flush = default;
        while (written < Frames)
        {
            flush = pipe.Writer.WriteAsync(Frame([(byte)written, (byte)(written++ >> 8)]));
            if (!flush.IsCompleted)
            {
                break;
            }
        }

        Assert.That(written, Is.LessThan(30), "6 bytes a frame, 64 in the pipe, and two messages beyond it");
        Task writing = Write();
        for (int i = 0; i < Frames; i++)
        {
            using InboundMessage message = await target.ReceiveAsync();
            Assert.That(message.Body.ToArray(), Is.EqualTo((byte[])[(byte)i, (byte)(i >> 8)]));
            Assert.That(source.InFlight, Is.LessThanOrEqualTo(3), "one taken, one in the graph, one waiting for room");
        }

        await writing;
        Assert.That(await run, Is.EqualTo(new FrameSourceResult(FrameSourceEnd.EndOfStream, Frames)));

        async Task Write()
        {
            await flush;
            while (written < Frames)
            {
                await pipe.Writer.WriteAsync(Frame([(byte)written, (byte)(written++ >> 8)]));
            }

            await pipe.Writer.CompleteAsync();
        }
    }

    [Test]
    public async Task Cancelled_while_it_waits_for_a_slot_it_can_go_on_from_the_first_frame_not_delivered()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync((byte[])[.. Frame([1]), .. Frame([2]), .. Frame([3])]);
        var target = new BufferBlock<InboundMessage>();
        var source = new InboundFrameSource(pipe.Reader, s_peer, target, _options with { MaxInFlight = 1 });
        await CancelAsync(source, inFlight: 1);
        Assert.That(_pool.Outstanding, Is.EqualTo(1));
        await ReadTheRestAsync(pipe, target, [[1], [2], [3]]);
    }

    [Test]
    public async Task Cancelled_while_it_waits_for_room_in_the_graph_it_can_go_on_from_the_first_frame_not_delivered()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync((byte[])[.. Frame([1]), .. Frame([2]), .. Frame([3])]);
        var target = new BufferBlock<InboundMessage>(new DataflowBlockOptions { BoundedCapacity = 1 });
        var source = new InboundFrameSource(pipe.Reader, s_peer, target, _options);
        await CancelAsync(source, inFlight: 2);
        Assert.That(source.InFlight, Is.EqualTo(1), "the message that waited is given back");
        Assert.That(_pool.Outstanding, Is.EqualTo(1));
        await ReadTheRestAsync(pipe, target, [[1], [2], [3]]);
    }

    [Test]
    public async Task Cancelled_while_it_waits_for_bytes_it_can_go_on_in_the_middle_of_a_frame()
    {
        var pipe = new Pipe();
        byte[] frame = Frame([2, 2, 2]);
        await pipe.Writer.WriteAsync((byte[])[.. Frame([1]), .. frame[..5]]);
        var target = new BufferBlock<InboundMessage>();
        await CancelAsync(new InboundFrameSource(pipe.Reader, s_peer, target, _options), inFlight: 1);
        await pipe.Writer.WriteAsync(frame.AsMemory(5));
        await ReadTheRestAsync(pipe, target, [[1], [2, 2, 2]]);
    }

    [Test]
    public async Task Cancelled_before_it_starts_it_reads_nothing()
    {
        var pipe = new Pipe();
        await pipe.Writer.WriteAsync(Frame([1]));
        var target = new BufferBlock<InboundMessage>();
        var source = new InboundFrameSource(pipe.Reader, s_peer, target, _options);
        Assert.That(async () => await source.RunAsync(new CancellationToken(true)), Throws.InstanceOf<OperationCanceledException>());
        await ReadTheRestAsync(pipe, target, [[1]]);
    }

    [Test]
    public async Task A_transport_that_fails_ends_the_reading_with_its_error_and_nothing_leaks()
    {
        var pipe = new Pipe();
        var target = new BufferBlock<InboundMessage>();
        var source = new InboundFrameSource(pipe.Reader, s_peer, target, _options);
        Task<FrameSourceResult> run = source.RunAsync();
        await pipe.Writer.WriteAsync((byte[])[.. Frame([1]), 0, 0]);
        using (InboundMessage message = await target.ReceiveAsync())
        {
            Assert.That(message.Body.ToArray(), Is.EqualTo((byte[])[1]));
        }

        await pipe.Writer.CompleteAsync(new IOException("reset"));
        Assert.That(async () => await run, Throws.InstanceOf<IOException>());
        Assert.That(source.InFlight, Is.Zero);
    }

    [Test]
    public void Options_have_the_reference_as_default_and_name_what_is_out_of_range()
    {
        var options = new FrameSourceOptions();
        options.Validate();
        Assert.That((options.MaxMessageLength, options.MaxInFlight), Is.EqualTo((8 * 1024 * 1024, 4)));
        AssertRefused(options with { MaxMessageLength = 0 }, "MaxMessageLength");
        AssertRefused(options with { MaxMessageLength = (1 << 30) + 1 }, "MaxMessageLength");
        AssertRefused(options with { MaxInFlight = 0 }, "MaxInFlight");
        Assert.That((options with { BufferPool = null! }).Validate, Throws.ArgumentNullException);
        Assert.That((options with { Random = null! }).Validate, Throws.ArgumentNullException);
        (options with { MaxMessageLength = 1 << 30, MaxInFlight = 1 }).Validate();

        static void AssertRefused(FrameSourceOptions options, string name)
        {
            Assert.That(options.Validate, Throws.InstanceOf<ArgumentOutOfRangeException>().With.Message.Contains(name));
            Assert.That(
                () => new InboundFrameSource(new Pipe().Reader, s_peer, new BufferBlock<InboundMessage>(), options),
                Throws.InstanceOf<ArgumentOutOfRangeException>());
        }
    }

    private static byte[][] Messages()
    {
        var random = new Random(3);
        byte[][] messages = [[], [1], [], [], new byte[3], new byte[300], new byte[4096], [], new byte[9000], [7]];
        foreach (byte[] message in messages)
        {
            random.NextBytes(message);
        }

        return messages;
    }

    private static byte[] Frame(byte[] message)
    {
        byte[] frame = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, message.Length);
        message.CopyTo(frame, 4);
        return frame;
    }

    private static void AssertReceived(BufferBlock<InboundMessage> target, byte[][] expected)
    {
        target.TryReceiveAll(out IList<InboundMessage>? messages);
        Assert.That((messages ?? []).Select(message => message.Body.ToArray()), Is.EqualTo(expected));
        foreach (InboundMessage message in messages ?? [])
        {
            message.Dispose();
        }
    }

    private static async Task CancelAsync(InboundFrameSource source, int inFlight)
    {
        using var cancellation = new CancellationTokenSource();
        Task run = source.RunAsync(cancellation.Token);
        Assert.That(run.IsCompleted, Is.False);
        Assert.That(source.InFlight, Is.EqualTo(inFlight));
        await cancellation.CancelAsync();
        Assert.That(async () => await run, Throws.InstanceOf<OperationCanceledException>());
    }

    /// <summary>Reads on with a source of the same pipe; the target then has every message once, in order.</summary>
    private async Task ReadTheRestAsync(Pipe pipe, BufferBlock<InboundMessage> target, byte[][] expected)
    {
        await pipe.Writer.CompleteAsync();
        Task<FrameSourceResult> run = new InboundFrameSource(pipe.Reader, s_peer, target, _options).RunAsync();
        foreach (byte[] body in expected)
        {
            using InboundMessage message = await target.ReceiveAsync();
            Assert.That(message.Body.ToArray(), Is.EqualTo(body));
        }

        Assert.That((await run).End, Is.EqualTo(FrameSourceEnd.EndOfStream));
        Assert.That(target.Count, Is.Zero);
    }

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        private Segment(ReadOnlyMemory<byte> memory, long runningIndex)
        {
            Memory = memory;
            RunningIndex = runningIndex;
        }

        public static ReadOnlySequence<byte> Split(byte[] bytes, int length)
        {
            var first = new Segment(default, 0);
            Segment last = first;
            foreach (byte[] piece in bytes.Chunk(length))
            {
                last = last.Append(piece).Append(default);
            }

            return new ReadOnlySequence<byte>(first, 0, last, 0);
        }

        private Segment Append(ReadOnlyMemory<byte> memory)
        {
            var next = new Segment(memory, RunningIndex + Memory.Length);
            Next = next;
            return next;
        }
    }
}
