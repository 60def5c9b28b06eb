using System.Buffers;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>What a caller sends in a session (<c>RpcRequest</c>): a call, a ping, or the wish for no more of an answer.</summary>
/// <remarks>
/// Reading copies nothing: the payload is a part of the bytes that were read, which the reader keeps for as long as it uses the payload.
/// Two messages are equal when their payloads are the same memory, and not just the same bytes.
/// </remarks>
/// <param name="RequestId">The number that the response repeats. Callers count from 1 to 65535; servers repeat any.</param>
/// <param name="Method">The number of the method; 0 is none.</param>
/// <param name="Flags">What it is; any bits when received.</param>
/// <param name="Deadline">How long the caller waits, in whole seconds; any number when received.</param>
/// <param name="Payload">What the method is asked with; untrusted when received.</param>
internal readonly record struct RpcRequestMessage(
    uint RequestId, uint Method, RpcFlags Flags, ulong Deadline, ReadOnlyMemory<byte> Payload = default)
{
    /// <summary>The bytes at the start of a request that <see cref="PeekRequestId"/> reads: a key and the longest number.</summary>
    public const int RequestIdLength = RpcFields.MaxNumberLength;

    private const int MaxNumbersLength = (3 * RpcFields.MaxNumberLength) + RpcFields.MaxLongNumberLength;

    /// <summary>Bytes of the encoded message.</summary>
    public int GetLength() => checked(
        RpcFields.NumberLength(RequestId) + RpcFields.NumberLength(Method) + RpcFields.NumberLength((uint)Flags)
        + RpcFields.NumberLength(Deadline) + RpcFields.PayloadLength(Payload.Length));

    /// <summary>Writes the encoded message, without a frame around it.</summary>
    /// <param name="output">Where to.</param>
    public void Write(IBufferWriter<byte> output)
    {
        Span<byte> numbers = stackalloc byte[MaxNumbersLength];
        int length = RpcFields.WriteNumber(numbers, 1, RequestId);
        length += RpcFields.WriteNumber(numbers[length..], 2, Method);
        length += RpcFields.WriteNumber(numbers[length..], 3, (uint)Flags);
        length += RpcFields.WriteNumber(numbers[length..], 4, Deadline);
        RpcFields.Write(output, numbers[..length], Payload.Span);
    }

    /// <summary>Reads a message.</summary>
    /// <param name="encoded">Untrusted bytes; empty ones are a message too.</param>
    /// <param name="message">The message; undefined on failure.</param>
    /// <returns>False if the bytes are no such message.</returns>
    public static bool TryDecode(ReadOnlyMemory<byte> encoded, out RpcRequestMessage message)
    {
        message = default;
        uint requestId = 0;
        uint method = 0;
        uint flags = 0;
        ulong deadline = 0;
        ReadOnlyMemory<byte> payload = default;
        var reader = new ProtoReader(encoded.Span);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return false;
            }

            ulong value = 0;
            bool isRead = number switch
            {
                >= 1 and <= 4 => ProtoFields.TryReadVarint(ref reader, type, out value),
                RpcFields.PayloadField => RpcFields.TryReadPayload(ref reader, encoded, type, out payload),
                _ => ProtoWire.TrySkipValue(ref reader, number, type),
            };
            if (!isRead)
            {
                return false;
            }

            switch (number)
            {
                case 1:
                    requestId = (uint)value;
                    break;
                case 2:
                    method = (uint)value;
                    break;
                case 3:
                    flags = (uint)value;
                    break;
                case 4:
                    deadline = value;
                    break;
            }
        }

        message = new RpcRequestMessage(requestId, method, (RpcFlags)flags, deadline, payload);
        return true;
    }

    /// <summary>The id of a request that is too long to be read as a whole, so that its refusal can name it.</summary>
    /// <param name="start">The first bytes of the message; no more than <see cref="RequestIdLength"/> of them are looked at.</param>
    /// <returns>The id; 0 when the message does not start with one.</returns>
    public static uint PeekRequestId(ReadOnlySpan<byte> start)
    {
        var reader = new ProtoReader(start[..Math.Min(start.Length, RequestIdLength)]);
        return ProtoWire.TryReadKey(ref reader, out uint number, out WireType type)
            && number == 1
            && ProtoFields.TryReadVarint(ref reader, type, out ulong id)
            ? (uint)id
            : 0;
    }
}
