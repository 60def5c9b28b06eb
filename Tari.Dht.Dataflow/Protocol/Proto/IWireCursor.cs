namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>A read position in encoded bytes; what the walkers need of a span and of a segmented sequence alike.</summary>
/// <remarks>A member that answers false leaves the position undefined: the walk is over then.</remarks>
internal interface IWireCursor
{
    /// <summary>Bytes before the position.</summary>
    int Position { get; }

    /// <summary>Bytes after the position.</summary>
    int Remaining { get; }

    /// <summary>Reads one byte; false at the end.</summary>
    bool TryReadByte(out byte value);

    /// <summary>Reads a varint of 1 to 10 bytes; false when it is cut off, longer, or above 64 bits.</summary>
    /// <param name="value">The value, not truncated.</param>
    /// <param name="length">The bytes it took, which may be more than it needs.</param>
    bool TryReadVarint(out ulong value, out int length);

    /// <summary>Passes over bytes; false when fewer are left.</summary>
    bool TrySkip(ulong count);
}
