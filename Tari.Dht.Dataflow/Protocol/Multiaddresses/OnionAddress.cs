using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>The address of a hidden service of version 3: its key (32 bytes), a checksum (2) and the version byte.</summary>
public static class OnionAddress
{
    /// <summary>Bytes of the address, without the port.</summary>
    public const int Length = KeyLength + ChecksumLength + 1;

    /// <summary>Bytes of the key.</summary>
    public const int KeyLength = 32;

    private const int ChecksumLength = 2;
    private const byte Version = 3;

    /// <summary>Whether version and checksum are as they must be; whether the key is a point of the curve is not looked at.</summary>
    /// <param name="value">The address, with or without bytes after it, such as the value of an <c>onion3</c> component.</param>
    /// <returns>False also for fewer than <see cref="Length"/> bytes.</returns>
    public static bool IsValid(ReadOnlySpan<byte> value)
    {
        if (value.Length < Length || value[Length - 1] != Version)
        {
            return false;
        }

        Span<byte> expected = stackalloc byte[Length];
        Write(value[..KeyLength], expected);
        return expected.SequenceEqual(value[..Length]);
    }

    /// <summary>Writes the address of a key.</summary>
    internal static void Write(ReadOnlySpan<byte> key, Span<byte> destination)
    {
        ReadOnlySpan<byte> salt = ".onion checksum"u8;
        Span<byte> input = stackalloc byte[salt.Length + KeyLength + 1];
        salt.CopyTo(input);
        key.CopyTo(input[salt.Length..]);
        input[^1] = Version;

        Span<byte> digest = stackalloc byte[Sha3.DigestLength];
        Sha3.Hash256(input, digest);
        key.CopyTo(destination);
        digest[..ChecksumLength].CopyTo(destination[KeyLength..]);
        destination[Length - 1] = Version;
    }
}
