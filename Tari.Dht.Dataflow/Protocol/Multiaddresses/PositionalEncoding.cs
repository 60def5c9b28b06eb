namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Bytes as one large number in any base; each leading zero byte is one leading zero digit.</summary>
/// <remarks>Takes quadratic time, so the callers bound the input: by what a multihash can hold. Immutable, thread safe.</remarks>
internal sealed class PositionalEncoding
{
    private const byte NoDigit = 0xFF;

    private readonly byte[] _digits;
    private readonly byte[] _values;

    /// <param name="digits">The digits in order of their values, ASCII.</param>
    public PositionalEncoding(ReadOnlySpan<byte> digits)
    {
        _digits = digits.ToArray();
        _values = new byte[256];
        _values.AsSpan().Fill(NoDigit);
        for (int i = 0; i < digits.Length; i++)
        {
            _values[digits[i]] = (byte)i;
        }
    }

    /// <summary>The base of Bitcoin's addresses and of libp2p's peer ids.</summary>
    public static PositionalEncoding Base58Btc { get; } = new("123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"u8);

    /// <summary>Writes digits.</summary>
    /// <param name="bytes">The number, big-endian.</param>
    /// <param name="destination">At least eight digits for each byte, however small the base.</param>
    /// <returns>Digits written.</returns>
    public int Encode(ReadOnlySpan<byte> bytes, Span<byte> destination)
    {
        int zeros = LeadingZeros(bytes, 0);
        int length = 0;
        foreach (byte part in bytes[zeros..])
        {
            // The number so far, lowest digit first, times 256 plus the byte.
            int carry = part;
            for (int i = 0; i < length; i++)
            {
                carry += destination[i] << 8;
                destination[i] = (byte)(carry % _digits.Length);
                carry /= _digits.Length;
            }

            for (; carry > 0; carry /= _digits.Length)
            {
                destination[length++] = (byte)(carry % _digits.Length);
            }
        }

        destination.Slice(length, zeros).Clear();
        length += zeros;
        destination[..length].Reverse();
        for (int i = 0; i < length; i++)
        {
            destination[i] = _digits[destination[i]];
        }

        return length;
    }

    /// <summary>Reads digits.</summary>
    /// <param name="text">The digits.</param>
    /// <param name="destination">Room for the bytes.</param>
    /// <param name="length">Bytes read.</param>
    /// <returns>False for a character that is no digit, and for more bytes than there is room for.</returns>
    public bool TryDecode(ReadOnlySpan<byte> text, Span<byte> destination, out int length)
    {
        length = 0;
        int zeros = LeadingZeros(text, _digits[0]);
        if (zeros > destination.Length)
        {
            return false;
        }

        // Ends as soon as the room is full, so that a long text costs no more than a short one.
        foreach (byte digit in text[zeros..])
        {
            int carry = _values[digit];
            if (carry == NoDigit)
            {
                return false;
            }

            for (int i = 0; i < length; i++)
            {
                carry += destination[i] * _digits.Length;
                destination[i] = (byte)carry;
                carry >>= 8;
            }

            if (carry > 0)
            {
                if (length + zeros == destination.Length)
                {
                    return false;
                }

                destination[length++] = (byte)carry;
            }
        }

        destination.Slice(length, zeros).Clear();
        length += zeros;
        destination[..length].Reverse();
        return true;
    }

    private static int LeadingZeros(ReadOnlySpan<byte> bytes, byte zero)
    {
        int count = bytes.IndexOfAnyExcept(zero);
        return count < 0 ? bytes.Length : count;
    }
}
