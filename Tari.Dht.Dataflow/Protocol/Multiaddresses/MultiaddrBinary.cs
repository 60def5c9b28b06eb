using System.Text.Unicode;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>The binary form: components one after another.</summary>
/// <remarks>Each is a code as a varint, the length of the value as another where the protocol does not fix it, and the value.</remarks>
internal static class MultiaddrBinary
{
    private const int MaxCodeBytes = 5;
    private const int MaxLengthBytes = 10;

    /// <summary>Checks untrusted bytes, once through.</summary>
    public static MultiaddrError Check(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
        {
            MultiaddrError error = TrySplit(bytes, out MultiaddrProtocol protocol, out ReadOnlySpan<byte> value, out int length);
            if (error == MultiaddrError.None)
            {
                error = CheckValue(protocol, value);
            }

            if (error != MultiaddrError.None)
            {
                return error;
            }

            bytes = bytes[length..];
        }

        return MultiaddrError.None;
    }

    /// <summary>Splits off the first component; what its value holds is not looked at.</summary>
    /// <param name="bytes">Components, at least one byte.</param>
    /// <param name="protocol">The protocol.</param>
    /// <param name="value">The value without its length prefix.</param>
    /// <param name="length">Bytes of the whole component.</param>
    public static MultiaddrError TrySplit(
        ReadOnlySpan<byte> bytes, out MultiaddrProtocol protocol, out ReadOnlySpan<byte> value, out int length)
    {
        protocol = default;
        value = default;
        length = 0;
        if (!TryReadVarint(bytes, MaxCodeBytes, out ulong code, out int start))
        {
            return MultiaddrError.InvalidUvar;
        }

        // The reference reads 32 bits: what a fifth byte holds beyond them is dropped.
        var candidate = (MultiaddrProtocol)(int)(uint)code;
        int valueLength = ProtocolTable.ValueLength(candidate);
        if (valueLength == ProtocolTable.Unknown)
        {
            return MultiaddrError.UnknownProtocolId;
        }

        if (valueLength == ProtocolTable.Variable)
        {
            if (!TryReadVarint(bytes[start..], MaxLengthBytes, out ulong announced, out int prefix))
            {
                return MultiaddrError.InvalidUvar;
            }

            start += prefix;
            if (announced > (ulong)(bytes.Length - start))
            {
                return MultiaddrError.DataLessThanLen;
            }

            valueLength = (int)announced;
        }
        else if (bytes.Length - start < valueLength)
        {
            return MultiaddrError.DataLessThanLen;
        }

        protocol = candidate;
        value = bytes.Slice(start, valueLength);
        length = start + valueLength;
        return MultiaddrError.None;
    }

    /// <summary>Reads seven bits a byte, the low ones first; the last byte must not be zero unless it is the only one.</summary>
    /// <param name="bytes">The varint and what follows it.</param>
    /// <param name="maxBytes">The most bytes it may have.</param>
    /// <param name="value">The value; bits beyond the 64th are dropped.</param>
    /// <param name="length">Bytes read.</param>
    public static bool TryReadVarint(ReadOnlySpan<byte> bytes, int maxBytes, out ulong value, out int length)
    {
        value = 0;
        length = 0;
        for (int i = 0; i < bytes.Length && i < maxBytes; i++)
        {
            byte part = bytes[i];
            value |= (ulong)(part & 0x7F) << (7 * i);
            if (part < 0x80)
            {
                length = i + 1;
                return part != 0 || i == 0;
            }
        }

        return false;
    }

    /// <summary>Bytes of a varint as it is written.</summary>
    public static int VarintLength(uint value) => value < 0x80 ? 1 : (31 - System.Numerics.BitOperations.LeadingZeroCount(value)) / 7 + 1;

    private static MultiaddrError CheckValue(MultiaddrProtocol protocol, ReadOnlySpan<byte> value)
    {
        switch (protocol)
        {
            case MultiaddrProtocol.Ip6Zone or MultiaddrProtocol.Unix or MultiaddrProtocol.Sni
                or MultiaddrProtocol.Dns or MultiaddrProtocol.Dns4 or MultiaddrProtocol.Dns6 or MultiaddrProtocol.DnsAddr
                or MultiaddrProtocol.WsWithPath or MultiaddrProtocol.WssWithPath:
                return Utf8.IsValid(value) ? MultiaddrError.None : MultiaddrError.ParsingError;

            case MultiaddrProtocol.P2p:
                return Multihash.TryRead(value, out Multihash hash) && hash.IsPeerId ? MultiaddrError.None : MultiaddrError.ParsingError;

            case MultiaddrProtocol.CertHash:
                return Multihash.TryRead(value, out _) ? MultiaddrError.None : MultiaddrError.ParsingError;

            default:
                return MultiaddrError.None;
        }
    }
}
