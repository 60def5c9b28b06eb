using System.Buffers;
using System.Buffers.Binary;

namespace Tari.Dht.Dataflow.Protocol.Identity;

/// <summary>
/// The frame in which two nodes identify themselves when a connection starts: both write one at once, then read the other's.
/// </summary>
/// <remarks>Stateless and thread safe; allocates and copies nothing. What the message says is judged elsewhere.</remarks>
internal static class IdentityFrame
{
    //   0         1        3          3+length
    //   +---------+--------+----------+
    //   | version | length | message  |      length: u16, little-endian, unlike every other length of the network
    //   +---------+--------+----------+

    /// <summary>Bytes before the message.</summary>
    public const int HeaderLength = 1 + sizeof(ushort);

    /// <summary>The most bytes that the message may have.</summary>
    public const int MaxMessageLength = 1024;

    /// <summary>Writes a frame.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="version">The major version of this node's network.</param>
    /// <param name="message">The encoded identity message.</param>
    /// <exception cref="ArgumentException">The message is longer than any peer would take.</exception>
    public static void Write(IBufferWriter<byte> output, byte version, ReadOnlySpan<byte> message)
    {
        ArgumentNullException.ThrowIfNull(output);
        if (message.Length > MaxMessageLength)
        {
            throw new ArgumentException(
                $"An identity message may have {MaxMessageLength} bytes, this one has {message.Length}.", nameof(message));
        }

        Span<byte> header = output.GetSpan(HeaderLength);
        header[0] = version;
        BinaryPrimitives.WriteUInt16LittleEndian(header[1..], (ushort)message.Length);
        output.Advance(HeaderLength);
        output.Write(message);
    }

    /// <summary>Reads a frame. What is wrong with it is told as soon as the bytes that show it are there, the version first.</summary>
    /// <param name="buffer">What was received; moved past the frame if it is whole, untouched otherwise.</param>
    /// <param name="ownVersion">The major version of this node's network. A peer's may be lower, and not higher.</param>
    /// <param name="message">
    /// The message, a slice of the buffer; empty unless the answer is <see cref="IdentityFrameStatus.Complete"/>.
    /// </param>
    public static IdentityFrameStatus TryRead(
        ref ReadOnlySequence<byte> buffer, byte ownVersion, out ReadOnlySequence<byte> message)
    {
        message = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryRead(out byte version))
        {
            return IdentityFrameStatus.NeedMore;
        }

        if (version > ownVersion)
        {
            return IdentityFrameStatus.UnsupportedVersion;
        }

        if (!reader.TryReadLittleEndian(out short shortLength))
        {
            return IdentityFrameStatus.NeedMore;
        }

        int length = (ushort)shortLength;
        if (length > MaxMessageLength)
        {
            return IdentityFrameStatus.TooLong;
        }

        if (reader.Remaining < length)
        {
            return IdentityFrameStatus.NeedMore;
        }

        message = buffer.Slice(reader.Position, length);
        buffer = buffer.Slice(message.End);
        return IdentityFrameStatus.Complete;
    }
}
