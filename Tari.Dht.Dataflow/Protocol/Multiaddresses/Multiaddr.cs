namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>An address of several components, such as <c>/ip4/1.2.3.4/tcp/18189</c>, in its binary form.</summary>
/// <remarks>A value over bytes that were checked once; equality is that of the bytes. Immutable, thread safe.</remarks>
public readonly struct Multiaddr : IEquatable<Multiaddr>
{
    private readonly byte[]? _bytes;

    private Multiaddr(byte[] bytes) => _bytes = bytes;

    /// <summary>The address without any component.</summary>
    public static Multiaddr Empty => default;

    /// <summary>The binary form.</summary>
    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>The binary form.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <summary>Whether there is no component.</summary>
    public bool IsEmpty => _bytes is null or { Length: 0 };

    /// <summary>Whether the text form parses back to the identical bytes; a DNS name with a slash does not.</summary>
    public bool TextReadsBack => throw new NotImplementedException();

    /// <summary>Reads a binary form, which is copied.</summary>
    /// <param name="bytes">Untrusted bytes.</param>
    /// <param name="address">The address; empty unless the result is <see cref="MultiaddrError.None"/>.</param>
    public static MultiaddrError TryFromBytes(ReadOnlySpan<byte> bytes, out Multiaddr address) => throw new NotImplementedException();

    /// <summary>Reads a binary form, which is copied.</summary>
    /// <param name="bytes">The binary form.</param>
    /// <exception cref="MultiaddrException">It is none.</exception>
    public static Multiaddr FromBytes(ReadOnlySpan<byte> bytes)
    {
        MultiaddrError error = TryFromBytes(bytes, out Multiaddr address);
        return error == MultiaddrError.None ? address : throw new MultiaddrException(error);
    }

    /// <summary>Reads a text form.</summary>
    /// <param name="text">Untrusted text.</param>
    /// <param name="address">The address; empty unless the result is <see cref="MultiaddrError.None"/>.</param>
    public static MultiaddrError TryParse(ReadOnlySpan<char> text, out Multiaddr address) => throw new NotImplementedException();

    /// <summary>Reads a text form.</summary>
    /// <param name="text">The text form.</param>
    /// <exception cref="MultiaddrException">It is none.</exception>
    public static Multiaddr Parse(ReadOnlySpan<char> text)
    {
        MultiaddrError error = TryParse(text, out Multiaddr address);
        return error == MultiaddrError.None ? address : throw new MultiaddrException(error);
    }

    /// <inheritdoc/>
    public bool Equals(Multiaddr other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is Multiaddr other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <summary>The canonical text form; empty for the empty address.</summary>
    public override string ToString() => throw new NotImplementedException();

    /// <summary>Byte equality.</summary>
    public static bool operator ==(Multiaddr left, Multiaddr right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(Multiaddr left, Multiaddr right) => !left.Equals(right);
}
