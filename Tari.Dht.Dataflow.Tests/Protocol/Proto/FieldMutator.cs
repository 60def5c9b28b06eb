namespace Tari.Dht.Dataflow.Tests.Protocol.Proto;

/// <summary>Spoils encoded messages, for readers of messages whose fields are numbered 1 to 15.</summary>
internal static class FieldMutator
{
    /// <summary>
    /// Spoils bytes: anywhere, so that mostly a length is wrong, or a whole field at the top or within field 1, so that the rest stays.
    /// </summary>
    /// <param name="original">The bytes; not changed.</param>
    /// <param name="originals">Messages to append.</param>
    /// <param name="random">What decides.</param>
    public static byte[] Mutate(byte[] original, byte[][] originals, Random random)
    {
        byte[] bytes = original;
        for (int i = random.Next(3); i > 0 && bytes.Length > 0; i--)
        {
            int at = random.Next(bytes.Length);
            int end = Math.Min(bytes.Length, at + random.Next(1, 4));
            bytes = random.Next(8) switch
            {
                0 => [.. bytes[..at], .. bytes[end..]],
                1 => [.. bytes[..at], (byte)random.Next(256), .. bytes[at..]],
                2 => [.. bytes, .. originals[random.Next(originals.Length)]],
                _ => [.. bytes[..at], (byte)(bytes[at] ^ (1 << random.Next(8))), .. bytes[(at + 1)..]],
            };
        }

        return random.Next(4) switch
        {
            0 => [.. bytes, .. AnyField(random)],
            1 => [.. AnyField(random), .. bytes],
            2 when bytes.Length < 120 => [.. bytes, 0x0a, .. Delimited(AnyField(random))],
            _ => bytes,
        };
    }

    private static byte[] AnyField(Random random)
    {
        int depth = random.Next(4) == 0 ? random.Next(95, 102) : random.Next(1, 3);
        byte number = (byte)random.Next(1, 16);
        return random.Next(6) switch
        {
            0 => [(byte)(number << 3), (byte)random.Next(128)],
            1 => [(byte)((number << 3) | 1), 1, 2, 3, 4, 5, 6, 7, 8],
            2 => [(byte)((number << 3) | 2), 2, 8, 1],
            3 => [.. Enumerable.Repeat((byte)0x7b, depth), .. Enumerable.Repeat((byte)0x7c, depth)],
            4 => [(byte)((number << 3) | 5), 1, 2, 3, 4],
            _ => [(byte)((number << 3) | random.Next(8))],
        };
    }

    private static byte[] Delimited(byte[] bytes) => bytes.Length < 128
        ? [(byte)bytes.Length, .. bytes]
        : [(byte)(bytes.Length | 0x80), (byte)(bytes.Length >> 7), .. bytes];
}
