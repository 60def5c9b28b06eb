using System.Buffers.Binary;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Components as text in UTF-8: <c>/name</c> or <c>/name/value</c> each.</summary>
internal static class MultiaddrTextWriter
{
    /// <summary>Writes the text of a whole address.</summary>
    public static void Append(ref ByteBuilder text, in Multiaddr address)
    {
        foreach (MultiaddrComponent component in address)
        {
            Append(ref text, component);
        }
    }

    /// <summary>
    /// Whether reading the text of a component gives its very bytes. Writes no text: what stands in the way is a slash in a name, an onion
    /// address with port 0, a garlic address of an odd length, a path of one slash, or a varint that would be written otherwise.
    /// </summary>
    /// <param name="component">The component.</param>
    /// <param name="length">Its bytes in the binary form.</param>
    public static bool ReadsBack(MultiaddrComponent component, int length)
    {
        ReadOnlySpan<byte> value = component.Value;
        bool variable = ProtocolTable.ValueLength(component.Protocol) == ProtocolTable.Variable;
        int prefix = variable ? MultiaddrBinary.VarintLength((uint)value.Length) : 0;
        if (length != MultiaddrBinary.VarintLength((uint)component.Protocol) + prefix + value.Length)
        {
            return false;
        }

        return component.Protocol switch
        {
            MultiaddrProtocol.Onion or MultiaddrProtocol.Onion3 => component.Port != 0,
            MultiaddrProtocol.Garlic64 => MultiaddrTextReader.IsGarlic64Length(BaseEncoding.Base64Garlic.EncodedLength(value.Length)),
            MultiaddrProtocol.Garlic32 => MultiaddrTextReader.IsGarlic32Length(BaseEncoding.Base32Lower.EncodedLength(value.Length)),
            MultiaddrProtocol.P2p or MultiaddrProtocol.CertHash =>
                Multihash.TryRead(value, out Multihash hash) && hash.Length == value.Length,
            MultiaddrProtocol.WsWithPath or MultiaddrProtocol.WssWithPath => !component.IsBareWebSocket,
            _ => !variable || !value.Contains((byte)'/'),
        };
    }

    private static void Append(ref ByteBuilder text, MultiaddrComponent component)
    {
        text.Append((byte)'/');
        AppendAscii(ref text, component.Name);
        if (ProtocolTable.ValueLength(component.Protocol) == 0 || component.IsBareWebSocket)
        {
            return;
        }

        text.Append((byte)'/');
        AppendValue(ref text, component);
    }

    private static void AppendValue(ref ByteBuilder text, MultiaddrComponent component)
    {
        ReadOnlySpan<byte> value = component.Value;
        switch (component.Protocol)
        {
            case MultiaddrProtocol.Ip4:
                IpText.AppendIp4(ref text, value);
                break;

            case MultiaddrProtocol.Ip6:
                IpText.AppendIp6(ref text, value);
                break;

            case MultiaddrProtocol.Tcp or MultiaddrProtocol.Udp or MultiaddrProtocol.Dccp or MultiaddrProtocol.Sctp:
                text.AppendDecimal(BinaryPrimitives.ReadUInt16BigEndian(value));
                break;

            case MultiaddrProtocol.IpCidr:
                text.AppendDecimal(value[0]);
                break;

            case MultiaddrProtocol.Memory:
                text.AppendDecimal(BinaryPrimitives.ReadUInt64BigEndian(value));
                break;

            case MultiaddrProtocol.Onion or MultiaddrProtocol.Onion3:
                AppendDigits(ref text, BaseEncoding.Base32Lower, value[..^2]);
                text.Append((byte)':');
                text.AppendDecimal(component.Port);
                break;

            case MultiaddrProtocol.Garlic64:
                AppendDigits(ref text, BaseEncoding.Base64Garlic, value);
                break;

            case MultiaddrProtocol.Garlic32:
                AppendDigits(ref text, BaseEncoding.Base32Lower, value);
                break;

            case MultiaddrProtocol.P2p or MultiaddrProtocol.CertHash:
                AppendHash(ref text, component);
                break;

            case MultiaddrProtocol.WsWithPath or MultiaddrProtocol.WssWithPath:
                PercentEncoding.Append(ref text, value);
                break;

            default:
                text.Append(value);
                break;
        }
    }

    private static void AppendHash(ref ByteBuilder text, MultiaddrComponent component)
    {
        Multihash.TryRead(component.Value, out Multihash hash);
        Span<byte> bytes = stackalloc byte[Multihash.MaxLength];
        bytes = bytes[..hash.Length];
        hash.WriteTo(bytes);
        if (component.Protocol == MultiaddrProtocol.P2p)
        {
            Span<byte> digits = stackalloc byte[8 * Multihash.MaxLength];
            text.Append(digits[..PositionalEncoding.Base58Btc.Encode(bytes, digits)]);
        }
        else
        {
            text.Append(Multibase.Base64UrlPrefix);
            AppendDigits(ref text, BaseEncoding.Base64Url, bytes);
        }
    }

    private static void AppendDigits(ref ByteBuilder text, BaseEncoding encoding, scoped ReadOnlySpan<byte> value) =>
        encoding.Encode(value, text.Take(checked((int)encoding.EncodedLength(value.Length))));

    private static void AppendAscii(ref ByteBuilder text, string ascii)
    {
        Span<byte> destination = text.Take(ascii.Length);
        for (int i = 0; i < ascii.Length; i++)
        {
            destination[i] = (byte)ascii[i];
        }
    }
}
