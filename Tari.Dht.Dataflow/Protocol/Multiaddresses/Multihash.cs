namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>A hash with the code of its function: <c>varint(code) varint(length) digest</c>. Borrows what it was read from.</summary>
internal readonly ref struct Multihash
{
    /// <summary>Bytes of the longest one.</summary>
    public const int MaxLength = (2 * MaxVarintBytes) + MaxDigestLength;

    private const int MaxVarintBytes = 10;
    private const int MaxDigestLength = 64;
    private const ulong Identity = 0x00;
    private const ulong Sha256 = 0x12;
    private const int MaxIdentityLength = 42;

    private readonly ulong _code;
    private readonly ReadOnlySpan<byte> _digest;

    private Multihash(ulong code, ReadOnlySpan<byte> digest)
    {
        _code = code;
        _digest = digest;
    }

    /// <summary>Whether a libp2p peer id may be this.</summary>
    public bool IsPeerId => _code == Sha256 || (_code == Identity && _digest.Length <= MaxIdentityLength);

    /// <summary>Bytes as <see cref="WriteTo"/> writes them.</summary>
    public int Length => VarintLength(_code) + 1 + _digest.Length;

    /// <summary>Reads all of untrusted bytes.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Multihash hash)
    {
        hash = default;
        if (!MultiaddrBinary.TryReadVarint(bytes, MaxVarintBytes, out ulong code, out int codeLength) ||
            !MultiaddrBinary.TryReadVarint(bytes[codeLength..], MaxVarintBytes, out ulong length, out int prefixLength))
        {
            return false;
        }

        ReadOnlySpan<byte> digest = bytes[(codeLength + prefixLength)..];
        if (length > MaxDigestLength || (int)length != digest.Length)
        {
            return false;
        }

        hash = new Multihash(code, digest);
        return true;
    }

    /// <summary>Writes <see cref="Length"/> bytes: the same as were read, but for varints of ten bytes with bits beyond the 64th.</summary>
    public void WriteTo(Span<byte> destination)
    {
        int position = 0;
        ulong code = _code;
        for (; code >= 0x80; code >>= 7)
        {
            destination[position++] = (byte)(code | 0x80);
        }

        destination[position++] = (byte)code;
        destination[position++] = (byte)_digest.Length;
        _digest.CopyTo(destination[position..]);
    }

    private static int VarintLength(ulong value)
    {
        int length = 1;
        for (; value >= 0x80; value >>= 7)
        {
            length++;
        }

        return length;
    }
}
