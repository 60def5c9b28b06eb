namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>Protobuf fields written by hand, for envelopes that no writer of the library makes.</summary>
internal static class WireBytes
{
    /// <summary>An unknown field: number 15, varint 1.</summary>
    public static readonly byte[] UnknownField = [0x78, 0x01];

    public static byte[] Varint(int number, ulong value) => [.. Base128((ulong)number << 3), .. Base128(value)];

    public static byte[] Delimited(int number, params byte[] content) =>
        [.. Base128(((ulong)number << 3) | 2), .. Base128((ulong)content.Length), .. content];

    /// <summary>An envelope of these header fields and this body; null leaves one of them out.</summary>
    public static byte[] Envelope(byte[]? header, byte[]? body) =>
        [.. header is null ? [] : Delimited(1, header), .. body is null ? [] : Delimited(2, body)];

    /// <summary>An EnvelopeBody of this many empty parts.</summary>
    public static byte[] EmptyParts(int count) => EnvelopeFactory.EncodeBody([.. Enumerable.Repeat(Array.Empty<byte>(), count)]);

    private static IEnumerable<byte> Base128(ulong value)
    {
        for (; value >= 0x80; value >>= 7)
        {
            yield return (byte)(value | 0x80);
        }

        yield return (byte)value;
    }
}
