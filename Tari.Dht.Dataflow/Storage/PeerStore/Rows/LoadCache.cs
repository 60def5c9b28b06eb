namespace Tari.Dht.Dataflow.Storage.PeerStore.Rows;

/// <summary>Values made from bytes that many rows have in common, so that those rows share one.</summary>
/// <remarks>As many entries as there are places; a value that finds its place taken moves in. Not thread safe.</remarks>
internal sealed class LoadCache<T>
{
    private const int Places = 1024;
    private const int MaxLength = 1024;

    private readonly byte[]?[] _keys = new byte[Places][];
    private readonly T[] _values = new T[Places];

    /// <summary>Makes a value.</summary>
    /// <returns>False when the bytes make no sense.</returns>
    public delegate bool Factory(ReadOnlySpan<byte> bytes, out T value);

    /// <summary>The value of some bytes, made now unless it is at hand.</summary>
    /// <returns>False when the bytes make no sense.</returns>
    public bool TryGet(ReadOnlySpan<byte> bytes, Factory factory, out T value)
    {
        HashCode hash = default;
        hash.AddBytes(bytes);
        int place = hash.ToHashCode() & (Places - 1);
        if (_keys[place] is { } key && bytes.SequenceEqual(key))
        {
            value = _values[place];
            return true;
        }

        if (!factory(bytes, out value))
        {
            return false;
        }

        if (bytes.Length <= MaxLength)
        {
            _keys[place] = bytes.ToArray();
            _values[place] = value;
        }

        return true;
    }
}
