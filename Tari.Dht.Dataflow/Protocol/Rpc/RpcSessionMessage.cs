using System.Buffers;
using System.Collections.Immutable;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>The first message of a session, the caller's (<c>RpcSession</c>): the versions that it speaks.</summary>
/// <remarks>Stateless, thread safe.</remarks>
internal static class RpcSessionMessage
{
    private const uint VersionsField = 1;
    private const byte PackedVersionsKey = 0x0a;

    /// <summary>Writes the encoded message, without a frame around it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="versions">The versions, in this order.</param>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<uint> versions)
    {
        if (versions.IsEmpty)
        {
            return;
        }

        int packedLength = 0;
        foreach (uint version in versions)
        {
            packedLength += ProtoWire.VarintLength(version);
        }

        int length = 1 + ProtoWire.DelimitedLength(packedLength);
        Span<byte> encoded = output.GetSpan(length);
        encoded[0] = PackedVersionsKey;
        int at = 1 + ProtoWire.WriteVarint(encoded[1..], (uint)packedLength);
        foreach (uint version in versions)
        {
            at += ProtoWire.WriteVarint(encoded[at..], version);
        }

        output.Advance(at);
    }

    /// <summary>Reads a message. The versions may be packed or not, or both in turn.</summary>
    /// <param name="encoded">Untrusted bytes; empty ones are a message too.</param>
    /// <param name="versions">The versions in the message's order; undefined on failure.</param>
    /// <returns>False if the bytes are no such message.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out ImmutableArray<uint> versions)
    {
        versions = [];
        ImmutableArray<uint>.Builder read = ImmutableArray.CreateBuilder<uint>();
        var reader = new ProtoReader(encoded);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return false;
            }

            bool isRead = number != VersionsField ? ProtoWire.TrySkipValue(ref reader, number, type)
                : type == WireType.LengthDelimited
                    ? ProtoFields.TryReadBytes(ref reader, encoded, type, out ReadOnlySpan<byte> packed) && TryReadPacked(packed, read)
                    : TryReadOne(ref reader, type, read);
            if (!isRead)
            {
                return false;
            }
        }

        versions = read.DrainToImmutable();
        return true;
    }

    private static bool TryReadPacked(ReadOnlySpan<byte> packed, ImmutableArray<uint>.Builder versions)
    {
        var reader = new ProtoReader(packed);
        while (!reader.IsAtEnd)
        {
            if (!TryReadOne(ref reader, WireType.Varint, versions))
            {
                return false;
            }
        }

        return true;
    }

    private static bool TryReadOne(ref ProtoReader reader, WireType type, ImmutableArray<uint>.Builder versions)
    {
        if (!ProtoFields.TryReadVarint(ref reader, type, out ulong version))
        {
            return false;
        }

        versions.Add((uint)version);
        return true;
    }
}
