namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>The values of a repeated bytes field, read from the encoded message one after the other.</summary>
/// <remarks>
/// Over a message that was walked once and found well formed. Allocates nothing: a list made beforehand would cost many times the bytes of
/// its empty values.
/// </remarks>
internal readonly ref struct RepeatedBytes
{
    private readonly ReadOnlySpan<byte> _message;
    private readonly uint _number;

    /// <param name="message">A well formed message.</param>
    /// <param name="number">The field's number.</param>
    /// <param name="count">How many values the field has in it.</param>
    public RepeatedBytes(ReadOnlySpan<byte> message, uint number, int count)
    {
        _message = message;
        _number = number;
        Count = count;
    }

    /// <summary>How many values there are.</summary>
    public int Count { get; }

    public Enumerator GetEnumerator() => new(_message, _number, Count);

    public ref struct Enumerator
    {
        private readonly ReadOnlySpan<byte> _message;
        private readonly uint _number;
        private ProtoReader _reader;
        private int _left;

        public Enumerator(ReadOnlySpan<byte> message, uint number, int count)
        {
            _message = message;
            _number = number;
            _reader = new ProtoReader(message);
            _left = count;
        }

        public ReadOnlySpan<byte> Current { get; private set; }

        public bool MoveNext()
        {
            while (_left > 0 && ProtoWire.TryReadKey(ref _reader, out uint number, out WireType type))
            {
                if (number != _number)
                {
                    if (!ProtoWire.TrySkipValue(ref _reader, number, type))
                    {
                        break;
                    }

                    continue;
                }

                if (!ProtoFields.TryReadBytes(ref _reader, _message, type, out ReadOnlySpan<byte> value))
                {
                    break;
                }

                _left--;
                Current = value;
                return true;
            }

            // Nothing is left, or the message is not what it was said to be: the end either way.
            _left = 0;
            Current = default;
            return false;
        }
    }
}
