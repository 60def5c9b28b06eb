using System.Buffers;
using System.Buffers.Binary;

namespace Tari.Dht.Dataflow.Protocol.Framing;

/// <summary>Puts messages into frames.</summary>
/// <remarks>Stateless and thread safe. The limit of length is the reader's and is not checked here.</remarks>
public static class FrameWriter
{
    /// <summary>Writes a message with its length before it.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="message">The message, which may be empty.</param>
    public static void Write(IBufferWriter<byte> output, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(output);
        WriteHeader(output.GetSpan(FrameReader.HeaderLength), message.Length);
        output.Advance(FrameReader.HeaderLength);
        output.Write(message);
    }

    /// <summary>Writes only the length; the message follows.</summary>
    /// <param name="destination">At least <see cref="FrameReader.HeaderLength"/> bytes.</param>
    /// <param name="messageLength">Bytes of the message.</param>
    /// <exception cref="ArgumentOutOfRangeException">The length is negative, or the span too short.</exception>
    public static void WriteHeader(Span<byte> destination, int messageLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(messageLength);
        BinaryPrimitives.WriteInt32BigEndian(destination, messageLength);
    }
}
