using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>A message for tests of the machinery: a number and a leased buffer.</summary>
internal sealed class TestMessage : IFilteredMessage
{
    private readonly BufferLease? _lease;

    public TestMessage(int number, CheckingArrayPool? pool = null)
    {
        Number = number;
        _lease = pool is null ? null : BufferLease.Rent(pool, 8);
    }

    public int Number { get; }

    public ulong Tag => (ulong)Number;

    public NodeId Peer => default;

    public byte LinkVerdict { get; set; }

    public void Dispose() => _lease?.Dispose();
}
