using System.Buffers.Binary;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

/// <summary>Ids for tests that need no keys.</summary>
internal static class NodeIds
{
    public static NodeId Of(int number)
    {
        Span<byte> bytes = stackalloc byte[NodeId.Length];
        bytes.Clear();
        BinaryPrimitives.WriteInt32BigEndian(bytes, number);
        return new NodeId(bytes);
    }

    public static NodeId[] Range(int first, int count) => [.. Enumerable.Range(first, count).Select(Of)];
}
