using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Inbound;

/// <summary>One way to run the inbound graph.</summary>
/// <param name="Kind">What comes.</param>
/// <param name="PayloadLength">Bytes of the application's message.</param>
/// <param name="Workers">The decryption stage's MaxDegreeOfParallelism.</param>
/// <param name="WithFile">Whether hits go to a file.</param>
public sealed record InboundCase(TrafficKind Kind, int PayloadLength, int Workers, bool WithFile)
{
    public override string ToString() => $"{Kind}, {PayloadLength / 1024} kB, {Workers} worker{(Workers == 1 ? "" : "s")}, {(WithFile ? "file" : "memory")}";
}
