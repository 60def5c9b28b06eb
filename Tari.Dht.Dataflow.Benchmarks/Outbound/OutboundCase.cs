using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Outbound;

/// <summary>One way to run the outbound graph.</summary>
/// <param name="Kind">How messages are protected.</param>
/// <param name="PayloadLength">Bytes of the application's message.</param>
/// <param name="Peers">Recipients of a request; more than one are selected peers.</param>
/// <param name="Workers">The broadcast stage's MaxDegreeOfParallelism.</param>
public sealed record OutboundCase(OutboundKind Kind, int PayloadLength, int Peers, int Workers)
{
    public override string ToString() =>
        $"{Kind}, {PayloadLength / 1024} kB, {Peers} peer{(Peers == 1 ? "" : "s")}, {Workers} worker{(Workers == 1 ? "" : "s")}";
}
