using System.Buffers;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>A path as one segment: <c>%</c> and two capital hexadecimal digits for what cannot stand in one.</summary>
internal static class PercentEncoding
{
    /// <summary>Writes bytes, each that is a control character, not ASCII, or has a meaning in a URL as three characters.</summary>
    public static void Append(ref ByteBuilder text, ReadOnlySpan<byte> bytes)
    {
        foreach (byte part in bytes)
        {
            if (part is > 0x20 and < 0x7F && !"%/`?{}\"#<>"u8.Contains(part))
            {
                text.Append(part);
                continue;
            }

            text.Append((byte)'%');
            text.Append("0123456789ABCDEF"u8[part >> 4]);
            text.Append("0123456789ABCDEF"u8[part & 0xF]);
        }
    }

    /// <summary>Reads text; a <c>%</c> that no two hexadecimal digits follow stands for itself.</summary>
    public static void AppendDecoded(ref ByteBuilder bytes, ReadOnlySpan<byte> text)
    {
        Span<byte> decoded = stackalloc byte[1];
        for (int i = 0; i < text.Length; i++)
        {
            if (text[i] == (byte)'%' && i + 2 < text.Length &&
                Convert.FromHexString(text.Slice(i + 1, 2), decoded, out _, out _) == OperationStatus.Done)
            {
                bytes.Append(decoded[0]);
                i += 2;
            }
            else
            {
                bytes.Append(text[i]);
            }
        }
    }
}
