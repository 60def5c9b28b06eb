using Tari.Dht.Dataflow.Benchmarks.Support;

namespace Tari.Dht.Dataflow.Benchmarks.Walk;

/// <summary>What walks from node to node.</summary>
/// <param name="Kind">How messages are protected.</param>
/// <param name="PayloadLength">Bytes of the application's message.</param>
public sealed record WalkCase(OutboundKind Kind, int PayloadLength)
{
    public override string ToString() => $"{Kind}, {PayloadLength / 1024} kB";
}
