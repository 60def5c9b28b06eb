using System.Runtime.CompilerServices;

namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>A cursor over protobuf bytes in one span.</summary>
/// <remarks>A mutable value: pass it by reference. It never throws on what it reads.</remarks>
internal ref struct ProtoReader : IWireCursor
{
    private readonly ReadOnlySpan<byte> _data;
    private int _position;

    public ProtoReader(ReadOnlySpan<byte> data)
    {
        _data = data;
        _position = 0;
    }

    public readonly int Position => _position;

    public readonly int Remaining => _data.Length - _position;

    public readonly bool IsAtEnd => _position == _data.Length;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadByte(out byte value)
    {
        if ((uint)_position < (uint)_data.Length)
        {
            value = _data[_position++];
            return true;
        }

        value = 0;
        return false;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TryReadVarint(out ulong value, out int length)
    {
        if ((uint)_position < (uint)_data.Length && _data[_position] < 0x80)
        {
            value = _data[_position++];
            length = 1;
            return true;
        }

        return TryReadLongVarint(out value, out length);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public bool TrySkip(ulong count)
    {
        if (count > (uint)Remaining)
        {
            return false;
        }

        _position += (int)count;
        return true;
    }

    /// <summary>Reads a length and the bytes it announces.</summary>
    /// <param name="offset">Where the bytes start.</param>
    /// <param name="length">How many there are.</param>
    public bool TryReadDelimited(out int offset, out int length)
    {
        bool complete = ProtoWire.TryReadLength(ref this, out length);
        offset = _position;
        return complete && TrySkip((uint)length);
    }

    private bool TryReadLongVarint(out ulong value, out int length)
    {
        ReadOnlySpan<byte> rest = _data[_position..];
        ulong result = 0;
        for (int i = 0; i < ProtoWire.MaxVarintLength && i < rest.Length; i++)
        {
            ulong next = rest[i];
            result |= (next & 0x7f) << (7 * i);
            if (next < 0x80)
            {
                value = result;
                length = i + 1;
                _position += length;

                // Nine bytes carry 63 bits: of the tenth only the lowest bit has a place.
                return i < ProtoWire.MaxVarintLength - 1 || next <= 1;
            }
        }

        value = 0;
        length = 0;
        return false;
    }
}
