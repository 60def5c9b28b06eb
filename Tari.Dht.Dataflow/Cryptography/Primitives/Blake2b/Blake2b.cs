namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>Unkeyed BLAKE2b (RFC 7693) in one call.</summary>
/// <remarks>Stateless and thread safe; allocates nothing.</remarks>
public static class Blake2b
{
    /// <summary>The longest digest, in bytes.</summary>
    public const int MaxDigestLength = 64;

    /// <summary>Bytes of a message block.</summary>
    public const int BlockLength = 128;

    /// <summary>Hashes <paramref name="data"/> into <paramref name="digest"/>, whose length is the digest length parameter.</summary>
    /// <param name="data">The message, of any length.</param>
    /// <param name="digest">1 to 64 bytes; written whole.</param>
    /// <exception cref="ArgumentOutOfRangeException">The digest's length is not 1 to 64.</exception>
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> digest) => Hash(data, digest, Blake2bState.Path);

    /// <summary>As <see cref="Hash(ReadOnlySpan{byte}, Span{byte})"/>, by a path of the caller's choice.</summary>
    /// <param name="data">The message, of any length.</param>
    /// <param name="digest">1 to 64 bytes; written whole. It may overlap the message.</param>
    /// <param name="path">A path that <see cref="Blake2bState.IsSupported"/> admits.</param>
    internal static void Hash(ReadOnlySpan<byte> data, Span<byte> digest, Blake2bPath path)
    {
        ArgumentOutOfRangeException.ThrowIfZero(digest.Length, nameof(digest));
        ArgumentOutOfRangeException.ThrowIfGreaterThan(digest.Length, MaxDigestLength, nameof(digest));
        Span<ulong> chain = stackalloc ulong[Blake2bState.ChainLength];
        Blake2bState.Start(chain, digest.Length);

        // The last block is marked as such even when it is whole, so it stays out of those before it.
        int before = data.IsEmpty ? 0 : (data.Length - 1) & -BlockLength;
        if (before > 0)
        {
            Blake2bState.Compress(path, chain, data[..before], BlockLength, last: 0);
        }

        scoped ReadOnlySpan<byte> end = data[before..];
        Span<byte> padded = stackalloc byte[BlockLength];
        if (end.Length < BlockLength)
        {
            end.CopyTo(padded);
            padded[end.Length..].Clear();
            end = padded;
        }

        Blake2bState.Compress(path, chain, end, (uint)data.Length, last: ulong.MaxValue);
        Blake2bState.WriteDigest(chain, digest);
    }
}
