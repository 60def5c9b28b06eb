using System.Buffers;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Generated = Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Benchmarks.Protocol;

/// <summary>What it costs to know that an envelope is canonical and where its parts are.</summary>
[MemoryDiagnoser]
public class EnvelopeReaderBenchmark
{
    private static readonly MessageParser<Generated.DhtEnvelope> s_parser = Generated.DhtEnvelope.Parser.WithDiscardUnknownFields(true);

    private byte[] _envelope = [];
    private ReadOnlySequence<byte> _segments;

    [Params(1024, 6016)]
    public int BodyLength { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        byte[] body = new byte[BodyLength];
        new Random(1).NextBytes(body);
        _envelope = new Generated.DhtEnvelope
        {
            Header = new Generated.DhtHeader
            {
                Major = 2,
                PublicKey = ByteString.CopyFrom(body.AsSpan(0, 32)),
                MessageSignature = ByteString.CopyFrom(body.AsSpan(0, 102)),
                MessageTag = 0x9e3779b97f4a7c15,
                Expires = 1_900_000_000,
            },
            Body = ByteString.CopyFrom(body),
        }.ToByteArray();
        var first = new Segment(_envelope.AsMemory(0, 100), null);
        var last = new Segment(_envelope.AsMemory(100), first);
        _segments = new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
        if (!DecodeAndEncode() || !Read() || !ReadSegments())
        {
            throw new InvalidOperationException("The envelope is not canonical to all of them.");
        }
    }

    [Benchmark(Baseline = true)]
    public bool DecodeAndEncode() => s_parser.ParseFrom(_envelope).ToByteArray().AsSpan().SequenceEqual(_envelope);

    [Benchmark]
    public bool Read() => EnvelopeReader.Read(_envelope, out _) == EnvelopeStatus.Ok;

    [Benchmark]
    public bool ReadSegments() => EnvelopeReader.Read(_segments, out _) == EnvelopeStatus.Ok;

    private sealed class Segment : ReadOnlySequenceSegment<byte>
    {
        public Segment(ReadOnlyMemory<byte> memory, Segment? previous)
        {
            Memory = memory;
            if (previous is not null)
            {
                RunningIndex = previous.RunningIndex + previous.Memory.Length;
                previous.Next = this;
            }
        }
    }
}
