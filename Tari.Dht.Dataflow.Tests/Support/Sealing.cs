using System.Buffers.Binary;
using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>The steps from a message to its sealed form, as the outbound graph takes them.</summary>
internal static class Sealing
{
    /// <summary>Seals a message that lies 4 bytes into a buffer of the sealed length.</summary>
    public static void Seal(ReadOnlySpan<byte> key, ReadOnlySpan<byte> associatedData, Span<byte> buffer, int messageLength)
    {
        BinaryPrimitives.WriteUInt32LittleEndian(buffer, (uint)messageLength);
        MessageCipher.Pad(buffer[..^MessageCipher.TagLength], MessageCipher.PrefixLength + messageLength);
        MessageCipher.Seal(key, associatedData, buffer);
    }
}
