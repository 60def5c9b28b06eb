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
    public static void Hash(ReadOnlySpan<byte> data, Span<byte> digest)
    {
        var state = new Blake2bState(digest.Length);
        state.Update(data);
        state.Finish(digest);
    }
}
