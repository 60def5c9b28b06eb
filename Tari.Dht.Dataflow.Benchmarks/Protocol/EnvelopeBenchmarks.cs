using System.Buffers;
using BenchmarkDotNet.Attributes;
using Google.Protobuf;
using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Protocol.Proto.Envelopes;

namespace Tari.Dht.Dataflow.Benchmarks.Protocol;

/// <summary>What does it take to read an envelope and be sure that it is canonical, beside parsing and encoding it again?</summary>
[Config(typeof(BenchmarkConfig))]
public class EnvelopeBenchmarks
{
    private const int PayloadLength = 1024;
    private const int SegmentLength = 512;

    private byte[] _envelope = [];
    private byte[] _encodedAgain = [];
    private ReadOnlySequence<byte> _segmented;

    /// <summary>A signed one has about 1.2 kB, an encrypted one 6.2 kB.</summary>
    [Params(TrafficKind.ClearSigned, TrafficKind.EncryptedForUs)]
    public TrafficKind Kind { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _envelope = Traffic.Create(Kind, PayloadLength, count: 1).Messages[0].Envelope;
        _segmented = Segments.Of(_envelope, SegmentLength);
        _encodedAgain = new byte[_envelope.Length];
        if (!ParseAndEncodeAgain() || Read() != EnvelopeStatus.Ok || ReadSegmented() != EnvelopeStatus.Ok)
        {
            throw new InvalidOperationException("The envelope is not taken for canonical.");
        }
    }

    [Benchmark(Baseline = true)]
    public bool ParseAndEncodeAgain()
    {
        DhtEnvelope parsed = DhtEnvelope.Parser.ParseFrom(_envelope);
        if (parsed.CalculateSize() != _envelope.Length)
        {
            return false;
        }

        parsed.WriteTo(_encodedAgain.AsSpan());
        return _encodedAgain.AsSpan().SequenceEqual(_envelope);
    }

    [Benchmark]
    public EnvelopeStatus Read() => EnvelopeReader.Read(_envelope, out _);

    [Benchmark]
    public EnvelopeStatus ReadSegmented() => EnvelopeReader.Read(_segmented, out _);
}
