using System.Text;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>The name of a protocol that a peer speaks: bytes, usually printable ASCII.</summary>
/// <remarks>A value over bytes that nobody changes; equality is that of the bytes.</remarks>
public readonly struct ProtocolId : IEquatable<ProtocolId>
{
    private readonly byte[]? _bytes;

    /// <param name="bytes">The name; copied.</param>
    public ProtocolId(ReadOnlySpan<byte> bytes) => _bytes = bytes.ToArray();

    /// <summary>The name.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes;

    /// <inheritdoc/>
    public bool Equals(ProtocolId other) => Bytes.SequenceEqual(other.Bytes);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is ProtocolId other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode()
    {
        HashCode hash = default;
        hash.AddBytes(Bytes);
        return hash.ToHashCode();
    }

    /// <summary>The name as text; bytes that are no UTF-8 are replaced.</summary>
    public override string ToString() => Encoding.UTF8.GetString(Bytes);

    /// <summary>Byte equality.</summary>
    public static bool operator ==(ProtocolId left, ProtocolId right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(ProtocolId left, ProtocolId right) => !left.Equals(right);
}
