using System.Buffers.Binary;
using System.Text.Unicode;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Reads the text form. The text is untrusted; work and memory grow with its length.</summary>
internal ref struct MultiaddrTextReader
{
    private const int MinGarlic64Length = 516;
    private const int MaxGarlic64Length = 616;
    private const int Garlic32Length = 52;
    private const int MinLongGarlic32Length = 55;

    private ReadOnlySpan<byte> _rest;
    private bool _isAtEnd;

    private MultiaddrTextReader(ReadOnlySpan<byte> text) => _rest = text;

    /// <summary>Writes the binary form of a text; when that fails, some of it may have been written.</summary>
    /// <param name="text">UTF-8.</param>
    /// <param name="bytes">Takes the binary form.</param>
    public static MultiaddrError TryRead(ReadOnlySpan<byte> text, ref ByteBuilder bytes)
    {
        var reader = new MultiaddrTextReader(text);
        reader.TryTake(out ReadOnlySpan<byte> beforeFirstSlash);
        if (!beforeFirstSlash.IsEmpty)
        {
            return MultiaddrError.InvalidMultiaddr;
        }

        while (reader.TryTake(out ReadOnlySpan<byte> name))
        {
            if (!ProtocolTable.TryFind(name, out MultiaddrProtocol protocol))
            {
                return MultiaddrError.UnknownProtocolString;
            }

            ReadOnlySpan<byte> value = default;
            int valueLength = ProtocolTable.ValueLength(protocol);
            if (valueLength != 0 && !reader.TryTake(out value))
            {
                return MultiaddrError.InvalidProtocolString;
            }

            MultiaddrError error = AppendComponent(ref bytes, protocol, valueLength, value);
            if (error != MultiaddrError.None)
            {
                return error;
            }
        }

        return MultiaddrError.None;
    }

    /// <summary>Whether the text of an I2P destination may be so long.</summary>
    public static bool IsGarlic64Length(long characters) => characters is >= MinGarlic64Length and <= MaxGarlic64Length;

    /// <summary>Whether the text of an I2P address may be so long.</summary>
    public static bool IsGarlic32Length(long characters) => characters is Garlic32Length or >= MinLongGarlic32Length;

    /// <summary>Reads a number the way the reference does: digits, leading zeros and one plus sign allowed.</summary>
    public static bool TryParseNumber(ReadOnlySpan<byte> text, ulong maximum, out ulong value)
    {
        value = 0;
        if (!text.IsEmpty && text[0] == (byte)'+')
        {
            text = text[1..];
        }

        if (text.IsEmpty)
        {
            return false;
        }

        foreach (byte digit in text)
        {
            uint next = (uint)(digit - '0');
            if (next > 9 || value > (maximum - next) / 10)
            {
                return false;
            }

            value = (value * 10) + next;
        }

        return true;
    }

    private static MultiaddrError AppendComponent(
        ref ByteBuilder bytes, MultiaddrProtocol protocol, int valueLength, ReadOnlySpan<byte> text)
    {
        switch (protocol)
        {
            case MultiaddrProtocol.Garlic64:
                return AppendGarlic(ref bytes, protocol, BaseEncoding.Base64Garlic, text, IsGarlic64Length(text.Length));

            case MultiaddrProtocol.Garlic32:
                return AppendGarlic(ref bytes, protocol, BaseEncoding.Base32Lower, text, IsGarlic32Length(text.Length));

            case MultiaddrProtocol.P2p or MultiaddrProtocol.CertHash:
                return AppendHash(ref bytes, protocol, text);

            case MultiaddrProtocol.WsWithPath or MultiaddrProtocol.WssWithPath:
                return AppendPath(ref bytes, protocol, text);
        }

        bytes.AppendVarint((uint)protocol);
        if (valueLength != ProtocolTable.Variable)
        {
            return valueLength == 0 ? MultiaddrError.None : ReadFixed(protocol, text, bytes.Take(valueLength));
        }

        bytes.AppendVarint((uint)text.Length);
        bytes.Append(text);
        return MultiaddrError.None;
    }

    private static MultiaddrError ReadFixed(MultiaddrProtocol protocol, ReadOnlySpan<byte> text, Span<byte> value)
    {
        switch (protocol)
        {
            case MultiaddrProtocol.Ip4:
                return IpText.TryParseIp4(text, value) ? MultiaddrError.None : MultiaddrError.ParsingError;

            case MultiaddrProtocol.Ip6:
                return IpText.TryParseIp6(text, value) ? MultiaddrError.None : MultiaddrError.ParsingError;

            case MultiaddrProtocol.Onion or MultiaddrProtocol.Onion3:
                return ReadOnion(text, value);

            default:
                return ReadNumber(text, value);
        }
    }

    private static MultiaddrError ReadNumber(ReadOnlySpan<byte> text, Span<byte> value)
    {
        ulong maximum = ulong.MaxValue >> (8 * (sizeof(ulong) - value.Length));
        if (!TryParseNumber(text, maximum, out ulong number))
        {
            return MultiaddrError.ParsingError;
        }

        Span<byte> bytes = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(bytes, number);
        bytes[^value.Length..].CopyTo(value);
        return MultiaddrError.None;
    }

    // The order of the checks decides between the two errors, and is the reference's.
    private static MultiaddrError ReadOnion(ReadOnlySpan<byte> text, Span<byte> value)
    {
        Span<byte> address = value[..^2];
        int colon = text.IndexOf((byte)':');
        ReadOnlySpan<byte> label = colon < 0 ? text : text[..colon];
        if (label.Length != BaseEncoding.Base32Upper.EncodedLength(address.Length) || colon < 0)
        {
            return MultiaddrError.InvalidMultiaddr;
        }

        ReadOnlySpan<byte> port = text[(colon + 1)..];
        colon = port.IndexOf((byte)':');
        if (!TryParseNumber(colon < 0 ? port : port[..colon], ushort.MaxValue, out ulong number))
        {
            return MultiaddrError.ParsingError;
        }

        // 16 characters for the older version, 56 for the newer one.
        Span<byte> upper = stackalloc byte[56];
        upper = upper[..label.Length];
        for (int i = 0; i < label.Length; i++)
        {
            upper[i] = label[i] is >= (byte)'a' and <= (byte)'z' ? (byte)(label[i] - 0x20) : label[i];
        }

        if (number == 0 || colon >= 0 || !BaseEncoding.Base32Upper.TryDecode(upper, address))
        {
            return MultiaddrError.InvalidMultiaddr;
        }

        BinaryPrimitives.WriteUInt16BigEndian(value[^2..], (ushort)number);
        return MultiaddrError.None;
    }

    private static MultiaddrError AppendGarlic(
        ref ByteBuilder bytes, MultiaddrProtocol protocol, BaseEncoding encoding, ReadOnlySpan<byte> text, bool isLength)
    {
        if (!isLength)
        {
            return MultiaddrError.InvalidProtocolString;
        }

        int length = encoding.DecodedLength(text.Length);
        bytes.AppendVarint((uint)protocol);
        bytes.AppendVarint((uint)length);
        return encoding.TryDecode(text, bytes.Take(length)) ? MultiaddrError.None : MultiaddrError.ParsingError;
    }

    private static MultiaddrError AppendHash(ref ByteBuilder bytes, MultiaddrProtocol protocol, ReadOnlySpan<byte> text)
    {
        Span<byte> decoded = stackalloc byte[Multihash.MaxLength];
        bool isDecoded = protocol == MultiaddrProtocol.P2p
            ? PositionalEncoding.Base58Btc.TryDecode(text, decoded, out int length)
            : Multibase.TryDecode(text, decoded, out length);
        if (!isDecoded || !Multihash.TryRead(decoded[..length], out Multihash hash) ||
            (protocol == MultiaddrProtocol.P2p && !hash.IsPeerId))
        {
            return MultiaddrError.ParsingError;
        }

        bytes.AppendVarint((uint)protocol);
        bytes.AppendVarint((uint)hash.Length);
        hash.WriteTo(bytes.Take(hash.Length));
        return MultiaddrError.None;
    }

    private static MultiaddrError AppendPath(ref ByteBuilder bytes, MultiaddrProtocol protocol, ReadOnlySpan<byte> text)
    {
        var decoded = new ByteBuilder(stackalloc byte[256]);
        try
        {
            PercentEncoding.AppendDecoded(ref decoded, text);
            if (!Utf8.IsValid(decoded.Written))
            {
                return MultiaddrError.ParsingError;
            }

            // A path of one slash is what the protocol without a path means.
            if (decoded.Written.SequenceEqual("/"u8))
            {
                bytes.AppendVarint((uint)(protocol == MultiaddrProtocol.WsWithPath ? MultiaddrProtocol.Ws : MultiaddrProtocol.Wss));
                return MultiaddrError.None;
            }

            bytes.AppendVarint((uint)protocol);
            bytes.AppendVarint((uint)decoded.Written.Length);
            bytes.Append(decoded.Written);
            return MultiaddrError.None;
        }
        finally
        {
            decoded.Dispose();
        }
    }

    // Pieces between slashes; an empty text is one empty piece.
    private bool TryTake(out ReadOnlySpan<byte> piece)
    {
        piece = default;
        if (_isAtEnd)
        {
            return false;
        }

        int slash = _rest.IndexOf((byte)'/');
        _isAtEnd = slash < 0;
        piece = _isAtEnd ? _rest : _rest[..slash];
        _rest = _isAtEnd ? default : _rest[(slash + 1)..];
        return true;
    }
}
