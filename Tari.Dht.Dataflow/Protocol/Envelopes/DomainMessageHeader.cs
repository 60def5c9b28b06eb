using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Part 0 of an application's message: what the message is to the application. The DHT never looks at it.</summary>
/// <param name="MessageType">Any number the application chose.</param>
/// <param name="Nonce">0 for a message to many peers, so that equal content has equal bytes; else at least 1.</param>
public readonly record struct DomainMessageHeader(int MessageType, ulong Nonce)
{
    /// <summary>The most bytes of an encoded header.</summary>
    public const int MaxLength = 2 * (1 + ProtoWire.MaxVarintLength);

    private const byte MessageTypeKey = 0x08;
    private const byte NonceKey = 0x10;

    /// <summary>Bytes of the encoding; 0 if both numbers are 0.</summary>
    public int GetLength() =>
        (MessageType == 0 ? 0 : 1 + ProtoWire.VarintLength((ulong)MessageType)) + (Nonce == 0 ? 0 : 1 + ProtoWire.VarintLength(Nonce));

    /// <summary>Writes the canonical encoding.</summary>
    /// <param name="destination">At least <see cref="GetLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public int Write(Span<byte> destination)
    {
        int length = GetLength();
        if (destination.Length < length)
        {
            throw new ArgumentException($"The header has {length} bytes, the span {destination.Length}.", nameof(destination));
        }

        int position = 0;
        if (MessageType != 0)
        {
            destination[position++] = MessageTypeKey;
            position += ProtoWire.WriteVarint(destination[position..], (ulong)MessageType);
        }

        if (Nonce != 0)
        {
            destination[position++] = NonceKey;
            position += ProtoWire.WriteVarint(destination[position..], Nonce);
        }

        return position;
    }

    /// <summary>Decodes a header. Unknown fields are passed over, of repeated ones the last counts.</summary>
    /// <param name="encoded">The encoded header; empty for two zeros.</param>
    /// <param name="header">The header.</param>
    /// <returns>False if the bytes are no header.</returns>
    public static bool TryRead(ReadOnlySpan<byte> encoded, out DomainMessageHeader header)
    {
        header = default;
        int messageType = 0;
        ulong nonce = 0;
        var reader = new ProtoReader(encoded);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return false;
            }

            if (number > 2)
            {
                if (!ProtoWire.TrySkipValue(ref reader, number, type))
                {
                    return false;
                }

                continue;
            }

            if (type != WireType.Varint || !reader.TryReadVarint(out ulong value, out _))
            {
                return false;
            }

            if (number == 1)
            {
                messageType = (int)value;
            }
            else
            {
                nonce = value;
            }
        }

        header = new DomainMessageHeader(messageType, nonce);
        return true;
    }
}
