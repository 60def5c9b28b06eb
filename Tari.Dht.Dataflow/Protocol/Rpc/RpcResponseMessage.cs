using System.Buffers;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Rpc;

/// <summary>
/// What a server sends in a session (<c>RpcResponse</c>): a part of an answer, its end, a failure, or the answer to a ping.
/// </summary>
/// <remarks>
/// Reading copies nothing: the payload is a part of the bytes that were read, which the reader keeps for as long as it uses the payload.
/// Two messages are equal when their payloads are the same memory, and not just the same bytes.
/// </remarks>
/// <param name="RequestId">The id of the request. One above 65535 is no caller's and breaks the protocol.</param>
/// <param name="Status">The status code; any number when received. One that is not 0 ends the answer whatever the flags.</param>
/// <param name="Flags">What it is; any bits when received.</param>
/// <param name="Payload">The response, or the text of a failure in UTF-8; untrusted when received.</param>
internal readonly record struct RpcResponseMessage(uint RequestId, uint Status, RpcFlags Flags, ReadOnlyMemory<byte> Payload = default)
{
    private const int MaxNumbersLength = 3 * RpcFields.MaxNumberLength;

    /// <summary>Bytes of the encoded message.</summary>
    public int GetLength() => checked(
        RpcFields.NumberLength(RequestId) + RpcFields.NumberLength(Status) + RpcFields.NumberLength((uint)Flags)
        + RpcFields.PayloadLength(Payload.Length));

    /// <summary>Writes the encoded message, without a frame around it.</summary>
    /// <param name="output">Where to.</param>
    public void Write(IBufferWriter<byte> output)
    {
        Span<byte> numbers = stackalloc byte[MaxNumbersLength];
        int length = RpcFields.WriteNumber(numbers, 1, RequestId);
        length += RpcFields.WriteNumber(numbers[length..], 2, Status);
        length += RpcFields.WriteNumber(numbers[length..], 3, (uint)Flags);
        RpcFields.Write(output, numbers[..length], Payload.Span);
    }

    /// <summary>Reads a message.</summary>
    /// <param name="encoded">Untrusted bytes; empty ones are a message too.</param>
    /// <param name="message">The message; undefined on failure.</param>
    /// <returns>False if the bytes are no such message.</returns>
    public static bool TryDecode(ReadOnlyMemory<byte> encoded, out RpcResponseMessage message)
    {
        message = default;
        uint requestId = 0;
        uint status = 0;
        uint flags = 0;
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
                >= 1 and <= 3 => ProtoFields.TryReadVarint(ref reader, type, out value),
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
                    status = (uint)value;
                    break;
                case 3:
                    flags = (uint)value;
                    break;
            }
        }

        message = new RpcResponseMessage(requestId, status, (RpcFlags)flags, payload);
        return true;
    }
}
