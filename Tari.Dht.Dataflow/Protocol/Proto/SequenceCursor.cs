using System.Buffers;

namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>A cursor over protobuf bytes in any number of segments, empty ones included.</summary>
/// <remarks>A mutable value: pass it by reference. The sequence is at most <see cref="int.MaxValue"/> bytes long.</remarks>
internal ref struct SequenceCursor : IWireCursor
{
    private SequenceReader<byte> _reader;

    public SequenceCursor(in ReadOnlySequence<byte> data) => _reader = new SequenceReader<byte>(data);

    public readonly int Position => (int)_reader.Consumed;

    public readonly int Remaining => (int)_reader.Remaining;

    public bool TryReadByte(out byte value) => _reader.TryRead(out value);

    public bool TryReadVarint(out ulong value, out int length)
    {
        value = 0;
        for (length = 1; length <= ProtoWire.MaxVarintLength && _reader.TryRead(out byte next); length++)
        {
            value |= (ulong)(next & 0x7f) << (7 * (length - 1));
            if (next < 0x80)
            {
                return length < ProtoWire.MaxVarintLength || next <= 1;
            }
        }

        return false;
    }

    public bool TrySkip(ulong count)
    {
        if (count > (ulong)_reader.Remaining)
        {
            return false;
        }

        _reader.Advance((long)count);
        return true;
    }
}
