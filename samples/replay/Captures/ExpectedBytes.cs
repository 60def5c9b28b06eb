using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>Bytes as they are, or the length and the 256-bit BLAKE2b digest of long ones.</summary>
internal sealed class ExpectedBytes
{
    /// <summary>Bytes of a digest.</summary>
    public const int DigestLength = 32;

    private readonly byte[] _bytes;
    private readonly int? _digestedLength;

    /// <param name="bytes">The bytes themselves.</param>
    public ExpectedBytes(byte[] bytes) => _bytes = bytes;

    /// <param name="length">How many bytes.</param>
    /// <param name="digest">Their digest.</param>
    public ExpectedBytes(int length, byte[] digest)
    {
        _digestedLength = length;
        _bytes = digest;
    }

    /// <summary>No bytes.</summary>
    public static ExpectedBytes None { get; } = new([]);

    public bool Matches(ReadOnlySpan<byte> actual)
    {
        if (_digestedLength is not { } length)
        {
            return actual.SequenceEqual(_bytes);
        }

        if (actual.Length != length)
        {
            return false;
        }

        Span<byte> digest = stackalloc byte[DigestLength];
        Blake2b.Hash(actual, digest);
        return digest.SequenceEqual(_bytes);
    }

    /// <inheritdoc/>
    public override string ToString() => _digestedLength is { } length
        ? $"{length} bytes with digest {Convert.ToHexStringLower(_bytes)}"
        : Convert.ToHexStringLower(_bytes);
}
