using System.Numerics;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>
/// Bytes as digits of a base that is a power of two: bits from the first byte's highest on, the last digit filled up with zeros.
/// </summary>
/// <remarks>Strict: case matters, bits that fill up must be zero, and no digit may be to spare. Immutable, thread safe.</remarks>
internal sealed class BaseEncoding
{
    private const byte NoDigit = 0xFF;

    private readonly byte[] _digits;
    private readonly byte[] _values;
    private readonly int _bits;
    private readonly bool _padded;

    /// <param name="digits">The digits in order of their values; 2, 8, 16, 32 or 64 of them, ASCII.</param>
    /// <param name="padded">Whether <c>=</c> fills the last group of digits.</param>
    public BaseEncoding(ReadOnlySpan<byte> digits, bool padded = false)
    {
        _digits = digits.ToArray();
        _bits = BitOperations.Log2((uint)digits.Length);
        _padded = padded;
        _values = new byte[256];
        _values.AsSpan().Fill(NoDigit);
        for (int i = 0; i < digits.Length; i++)
        {
            _values[digits[i]] = (byte)i;
        }
    }

    /// <summary>RFC 4648 base 32 in capitals, without padding.</summary>
    public static BaseEncoding Base32Upper { get; } = new("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"u8);

    /// <summary>RFC 4648 base 32 in small letters, without padding.</summary>
    public static BaseEncoding Base32Lower { get; } = new("abcdefghijklmnopqrstuvwxyz234567"u8);

    /// <summary>RFC 4648 base 64, without padding.</summary>
    public static BaseEncoding Base64 { get; } = new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"u8);

    /// <summary>RFC 4648 base 64 for URLs, without padding.</summary>
    public static BaseEncoding Base64Url { get; } = new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"u8);

    /// <summary>Base 64 with the digits of I2P, without padding.</summary>
    public static BaseEncoding Base64Garlic { get; } = new("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-~"u8);

    /// <summary>Digits of so many bytes, without padding.</summary>
    public long EncodedLength(int bytes) => ((8L * bytes) + _bits - 1) / _bits;

    /// <summary>Bytes in so many digits, without padding.</summary>
    public int DecodedLength(int digits) => (int)((long)digits * _bits / 8);

    /// <summary>Takes the padding off; fails when it is not as it must be.</summary>
    public bool TryUnpad(ref ReadOnlySpan<byte> text)
    {
        if (!_padded)
        {
            return true;
        }

        // A group of digits is the least that holds whole bytes: 8 of base 32, 4 of base 64.
        int group = _bits == 5 ? 8 : 4;
        if (text.Length % group != 0)
        {
            return false;
        }

        ReadOnlySpan<byte> digits = text.TrimEnd((byte)'=');
        bool shortest = text.Length - digits.Length < group;
        text = digits;
        return shortest;
    }

    /// <summary>Writes digits, without padding.</summary>
    public void Encode(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        uint pending = 0;
        int bits = 0;
        int position = 0;
        foreach (byte part in bytes)
        {
            pending = (pending << 8) | part;
            for (bits += 8; bits >= _bits; position++)
            {
                bits -= _bits;
                destination[position] = _digits[(pending >> bits) & (uint)(_digits.Length - 1)];
            }
        }

        if (bits > 0)
        {
            destination[position] = _digits[(pending << (_bits - bits)) & (uint)(_digits.Length - 1)];
        }
    }

    /// <summary>Reads digits, without padding.</summary>
    /// <param name="text">The digits.</param>
    /// <param name="destination"><see cref="DecodedLength"/> bytes.</param>
    public bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination)
    {
        uint pending = 0;
        int bits = 0;
        int position = 0;
        foreach (byte digit in text)
        {
            byte value = _values[digit];
            if (value == NoDigit)
            {
                return false;
            }

            pending = (pending << _bits) | value;
            bits += _bits;
            if (bits >= 8)
            {
                bits -= 8;
                destination[position++] = (byte)(pending >> bits);
            }
        }

        return bits < _bits && (pending & ((1u << bits) - 1)) == 0;
    }
}
