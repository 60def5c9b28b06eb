using System.Diagnostics.CodeAnalysis;
using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Where a message is going: to the owner of a key, or to nobody in particular.</summary>
/// <remarks>The default value is <see cref="Unknown"/>. The key is any 32 bytes, a point or not.</remarks>
public readonly struct NodeDestination : IEquatable<NodeDestination>
{
    /// <summary>Bytes of the form that enters the binding hash.</summary>
    public const int HashFormLength = 1 + CommsPublicKey.Length;

    private readonly CommsPublicKey _key;
    private readonly bool _hasKey;

    /// <summary>The destination that owns <paramref name="key"/>.</summary>
    /// <param name="key">Any 32 bytes.</param>
    public NodeDestination(in CommsPublicKey key)
    {
        _key = key;
        _hasKey = true;
    }

    /// <summary>No destination in particular.</summary>
    public static NodeDestination Unknown => default;

    /// <summary>Names no key.</summary>
    public bool IsUnknown => !_hasKey;

    /// <summary>The key, or null if unknown.</summary>
    public CommsPublicKey? PublicKey => _hasKey ? _key : null;

    /// <summary>Gives the key; false if unknown.</summary>
    /// <param name="key">The key, or 32 zero bytes.</param>
    public bool TryGetPublicKey(out CommsPublicKey key)
    {
        key = _key;
        return _hasKey;
    }

    /// <summary>Names exactly these 32 bytes. An unknown destination equals no key.</summary>
    /// <param name="key">The key to compare with.</param>
    public bool EqualsKey(in CommsPublicKey key) => _hasKey && _key.Equals(key);

    /// <summary>Writes what the binding hash takes: 33 zero bytes if unknown, else 1 and the key.</summary>
    /// <param name="destination">Exactly <see cref="HashFormLength"/> bytes.</param>
    /// <exception cref="ArgumentException">The span has another length.</exception>
    public void WriteHashForm(Span<byte> destination)
    {
        if (destination.Length != HashFormLength)
        {
            throw new ArgumentException($"The hash form has {HashFormLength} bytes, not {destination.Length}.", nameof(destination));
        }

        // The key of an unknown destination is all zeros already.
        destination[0] = _hasKey ? (byte)1 : (byte)0;
        _key.Bytes.CopyTo(destination[1..]);
    }

    /// <summary>The bytes of the key, empty if unknown; valid as long as this value.</summary>
    [UnscopedRef]
    internal ReadOnlySpan<byte> KeyBytes => _hasKey ? _key.Bytes : default;

    /// <inheritdoc/>
    public bool Equals(NodeDestination other) => _hasKey == other._hasKey && _key.Equals(other._key);

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is NodeDestination other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_hasKey, _key);

    /// <summary>"unknown", or the key in hexadecimal digits.</summary>
    public override string ToString() => _hasKey ? _key.ToString() : "unknown";

    /// <summary>Equality of the destinations.</summary>
    public static bool operator ==(NodeDestination left, NodeDestination right) => left.Equals(right);

    /// <summary>Inequality of the destinations.</summary>
    public static bool operator !=(NodeDestination left, NodeDestination right) => !left.Equals(right);
}
