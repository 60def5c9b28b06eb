namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Walks the components of a multiaddress; allocates nothing.</summary>
public ref struct MultiaddrEnumerator
{
    private ReadOnlySpan<byte> _rest;

    internal MultiaddrEnumerator(ReadOnlySpan<byte> checkedBytes)
    {
        _rest = checkedBytes;
        Current = default;
    }

    /// <summary>The component; meaningless unless <see cref="MoveNext"/> answered true.</summary>
    public MultiaddrComponent Current { get; private set; }

    /// <summary>Goes on to the next component.</summary>
    /// <returns>False at the end.</returns>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        // The bytes were checked when the address was made.
        MultiaddrBinary.TrySplit(_rest, out MultiaddrProtocol protocol, out ReadOnlySpan<byte> value, out int length);
        Current = new MultiaddrComponent(protocol, value);
        _rest = _rest[length..];
        return true;
    }
}
