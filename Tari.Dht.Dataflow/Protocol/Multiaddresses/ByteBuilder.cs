using System.Buffers;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Bytes that grow: on the caller's stack first, in a pooled array from then on. Disposing returns the array.</summary>
internal ref struct ByteBuilder
{
    private Span<byte> _buffer;
    private byte[]? _rented;
    private int _length;

    public ByteBuilder(Span<byte> initial)
    {
        _buffer = initial;
        _rented = null;
        _length = 0;
    }

    /// <summary>What was written, until the next change.</summary>
    public readonly ReadOnlySpan<byte> Written => _buffer[.._length];

    public void Append(byte value)
    {
        if (_length == _buffer.Length)
        {
            Grow(1);
        }

        _buffer[_length++] = value;
    }

    public void Append(scoped ReadOnlySpan<byte> bytes) => bytes.CopyTo(Take(bytes.Length));

    /// <summary>Adds <paramref name="length"/> bytes for the caller to fill at once.</summary>
    public Span<byte> Take(int length)
    {
        if (_buffer.Length - _length < length)
        {
            Grow(length);
        }

        Span<byte> taken = _buffer.Slice(_length, length);
        _length += length;
        return taken;
    }

    /// <summary>Adds at most five bytes: seven bits each, the low ones first.</summary>
    public void AppendVarint(uint value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            Append((byte)(value | 0x80));
        }

        Append((byte)value);
    }

    /// <summary>Adds decimal digits.</summary>
    public void AppendDecimal(ulong value)
    {
        const int MaxDigits = 20;
        if (_buffer.Length - _length < MaxDigits)
        {
            Grow(MaxDigits);
        }

        value.TryFormat(_buffer[_length..], out int written, default, System.Globalization.CultureInfo.InvariantCulture);
        _length += written;
    }

    public void Dispose()
    {
        if (_rented is { } rented)
        {
            _rented = null;
            _buffer = default;
            _length = 0;
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    private void Grow(int atLeast)
    {
        int doubled = (int)Math.Min(_buffer.Length * 2L, Array.MaxLength);
        byte[] larger = ArrayPool<byte>.Shared.Rent(Math.Max(checked(_length + atLeast), doubled));
        _buffer[.._length].CopyTo(larger);
        byte[]? old = _rented;
        _rented = larger;
        _buffer = larger;
        if (old is not null)
        {
            ArrayPool<byte>.Shared.Return(old);
        }
    }
}
