using System.Buffers;

namespace Tari.Dht.Dataflow.Protocol.Framing;

/// <summary>Cuts length-prefixed messages off a stream of bytes.</summary>
/// <remarks>Stateless and thread safe; allocates and copies nothing.</remarks>
public static class FrameReader
{
    //   0        4          4+length
    //   +--------+----------+
    //   | length | message  |      length: u32, big-endian
    //   +--------+----------+

    /// <summary>Bytes before a message.</summary>
    public const int HeaderLength = sizeof(uint);

    /// <summary>The protocol's limit: 8 MiB. A peer that announces more is banned.</summary>
    public const int DefaultMaxLength = 8 * 1024 * 1024;

    /// <summary>Reads one frame from the start of a buffer.</summary>
    /// <param name="buffer">What was received; moved past the frame if it is whole, untouched otherwise.</param>
    /// <param name="maxLength">The most bytes a message may have; applied as soon as its length is known.</param>
    /// <param name="frame">The message, a slice of the buffer; empty unless the answer is <see cref="FrameStatus.Complete"/>.</param>
    /// <exception cref="ArgumentOutOfRangeException"><paramref name="maxLength"/> is negative.</exception>
    public static FrameStatus TryRead(ref ReadOnlySequence<byte> buffer, int maxLength, out ReadOnlySequence<byte> frame)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(maxLength);
        frame = default;
        var reader = new SequenceReader<byte>(buffer);
        if (!reader.TryReadBigEndian(out int length))
        {
            return FrameStatus.NeedMore;
        }

        if ((uint)length > (uint)maxLength)
        {
            return FrameStatus.TooLong;
        }

        if (reader.Remaining < length)
        {
            return FrameStatus.NeedMore;
        }

        frame = buffer.Slice(reader.Position, length);
        buffer = buffer.Slice(frame.End);
        return FrameStatus.Complete;
    }
}
