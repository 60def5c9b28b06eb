using System.Buffers;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>
/// How the fields of requests and responses are written: in the order of their numbers, and not at all when they are zero or empty.
/// </summary>
internal static class RpcFields
{
    /// <summary>The number of the payload in requests and responses.</summary>
    public const uint PayloadField = 10;

    /// <summary>Bytes of a key and the longest 32-bit number.</summary>
    public const int MaxNumberLength = 1 + 5;

    /// <summary>Bytes of a key and the longest 64-bit number.</summary>
    public const int MaxLongNumberLength = 1 + ProtoWire.MaxVarintLength;

    private const byte PayloadKey = (byte)((PayloadField << 3) | (uint)WireType.LengthDelimited);

    /// <summary>Bytes of a number with its key.</summary>
    public static int NumberLength(ulong value) => value == 0 ? 0 : 1 + ProtoWire.VarintLength(value);

    /// <summary>Bytes of a payload with its key and length.</summary>
    public static int PayloadLength(int length) => length == 0 ? 0 : checked(1 + ProtoWire.DelimitedLength(length));

    /// <summary>Writes a number with its key.</summary>
    /// <param name="destination">Room for <see cref="NumberLength"/> bytes.</param>
    /// <param name="number">The field's number, 1 to 15.</param>
    /// <param name="value">The value.</param>
    /// <returns>The bytes written.</returns>
    public static int WriteNumber(Span<byte> destination, uint number, ulong value)
    {
        if (value == 0)
        {
            return 0;
        }

        destination[0] = (byte)(number << 3);
        return 1 + ProtoWire.WriteVarint(destination[1..], value);
    }

    /// <summary>Writes what is before a payload, and the payload.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="numbers">The encoded fields before it.</param>
    /// <param name="payload">The payload.</param>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> numbers, ReadOnlySpan<byte> payload)
    {
        int length = numbers.Length + (payload.IsEmpty ? 0 : 1 + ProtoWire.VarintLength((uint)payload.Length));
        if (length == 0)
        {
            return;
        }

        Span<byte> head = output.GetSpan(length);
        numbers.CopyTo(head);
        if (!payload.IsEmpty)
        {
            head[numbers.Length] = PayloadKey;
            ProtoWire.WriteVarint(head[(numbers.Length + 1)..], (uint)payload.Length);
        }

        output.Advance(length);
        output.Write(payload);
    }

    /// <summary>Reads a payload.</summary>
    /// <param name="reader">Stands behind the field's key.</param>
    /// <param name="encoded">The bytes that <paramref name="reader"/> reads.</param>
    /// <param name="type">The wire type that the key gave.</param>
    /// <param name="payload">The payload, a part of <paramref name="encoded"/>.</param>
    public static bool TryReadPayload(
        ref ProtoReader reader, ReadOnlyMemory<byte> encoded, WireType type, out ReadOnlyMemory<byte> payload)
    {
        if (type == WireType.LengthDelimited && reader.TryReadDelimited(out int offset, out int length))
        {
            payload = encoded.Slice(offset, length);
            return true;
        }

        payload = default;
        return false;
    }
}
