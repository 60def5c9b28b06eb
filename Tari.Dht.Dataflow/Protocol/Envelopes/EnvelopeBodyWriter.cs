using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Writes the canonical encoding of a body: sized once, written once.</summary>
/// <remarks>
/// Stateless and thread safe; allocates nothing. The limit of <see cref="EnvelopeBody.MaxParts"/> is the reader's and is not
/// checked here.
/// </remarks>
public static class EnvelopeBodyWriter
{
    private const byte PartKey = 0x0a;

    /// <summary>Bytes of a body of one part.</summary>
    /// <param name="partLength">Bytes of the part.</param>
    /// <exception cref="OverflowException">The body would have more than <see cref="int.MaxValue"/> bytes.</exception>
    public static int GetLength(int partLength) => checked(GetPrefixLength(partLength) + partLength);

    /// <summary>Bytes of a body of two parts.</summary>
    /// <param name="firstLength">Bytes of part 0.</param>
    /// <param name="secondLength">Bytes of part 1.</param>
    /// <exception cref="OverflowException">The body would have more than <see cref="int.MaxValue"/> bytes.</exception>
    public static int GetLength(int firstLength, int secondLength) => checked(GetLength(firstLength) + GetLength(secondLength));

    /// <summary>Bytes of a body of any parts.</summary>
    /// <param name="parts">The parts in order.</param>
    /// <exception cref="OverflowException">The body would have more than <see cref="int.MaxValue"/> bytes.</exception>
    public static int GetLength(ReadOnlySpan<ReadOnlyMemory<byte>> parts)
    {
        int length = 0;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            length = checked(length + GetLength(part.Length));
        }

        return length;
    }

    /// <summary>Bytes before a part in its body, for a part that is written in place.</summary>
    /// <param name="partLength">Bytes of the part.</param>
    public static int GetPrefixLength(int partLength)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(partLength);
        return 1 + ProtoWire.VarintLength((uint)partLength);
    }

    /// <summary>Writes what goes before a part; the part itself follows.</summary>
    /// <param name="partLength">Bytes of the part.</param>
    /// <param name="destination">At least <see cref="GetPrefixLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public static int WritePrefix(int partLength, Span<byte> destination)
    {
        RequireRoom(GetPrefixLength(partLength), destination);
        destination[0] = PartKey;
        return 1 + ProtoWire.WriteVarint(destination[1..], (uint)partLength);
    }

    /// <summary>Writes a body of one part.</summary>
    /// <param name="part">Part 0.</param>
    /// <param name="destination">At least <see cref="GetLength(int)"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public static int Write(ReadOnlySpan<byte> part, Span<byte> destination)
    {
        RequireRoom(GetLength(part.Length), destination);
        int prefix = WritePrefix(part.Length, destination);
        part.CopyTo(destination[prefix..]);
        return prefix + part.Length;
    }

    /// <summary>Writes a body of two parts.</summary>
    /// <param name="first">Part 0.</param>
    /// <param name="second">Part 1.</param>
    /// <param name="destination">At least <see cref="GetLength(int, int)"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public static int Write(ReadOnlySpan<byte> first, ReadOnlySpan<byte> second, Span<byte> destination)
    {
        RequireRoom(GetLength(first.Length, second.Length), destination);
        int written = Write(first, destination);
        return written + Write(second, destination[written..]);
    }

    /// <summary>Writes a body of any parts.</summary>
    /// <param name="parts">The parts in order.</param>
    /// <param name="destination">At least as long as <see cref="GetLength(ReadOnlySpan{ReadOnlyMemory{byte}})"/> says.</param>
    /// <returns>The bytes written.</returns>
    /// <exception cref="ArgumentException">The span is too short.</exception>
    public static int Write(ReadOnlySpan<ReadOnlyMemory<byte>> parts, Span<byte> destination)
    {
        RequireRoom(GetLength(parts), destination);
        int written = 0;
        foreach (ReadOnlyMemory<byte> part in parts)
        {
            written += Write(part.Span, destination[written..]);
        }

        return written;
    }

    private static void RequireRoom(int length, ReadOnlySpan<byte> destination)
    {
        if (destination.Length < length)
        {
            throw new ArgumentException($"{length} bytes are to be written, the span has {destination.Length}.", nameof(destination));
        }
    }
}
