using System.Diagnostics.CodeAnalysis;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>The parts of a clear-text body, as views of the bytes they were decoded from.</summary>
/// <remarks>
/// Borrows its memory and is good as long as that is. Immutable and thread safe; 32 bytes, and nothing is allocated: the parts are found by
/// walking the bytes again. The default value is a body without parts.
/// </remarks>
[SuppressMessage("Naming", "CA1710:Identifiers should have correct suffix", Justification = "The protocol's name.")]
public readonly struct EnvelopeBody
{
    /// <summary>The most parts that a body may have.</summary>
    public const int MaxParts = 16;

    /// <summary>The most parts that are decoded at all.</summary>
    public const int MaxDecodeItems = 1024;

    private const byte PartKey = 0x0a;

    private readonly ReadOnlyMemory<byte> _encoded;
    private readonly int _totalLength;
    private readonly byte _partCount;
    private readonly bool _isNonCanonical;

    /// <summary>A body that was decoded before.</summary>
    internal EnvelopeBody(ReadOnlyMemory<byte> encoded, int totalLength, int partCount, bool isCanonical)
    {
        _encoded = encoded;
        _totalLength = totalLength;
        _partCount = (byte)partCount;
        _isNonCanonical = !isCanonical;
    }

    /// <summary>How many parts there are, 0 to <see cref="MaxParts"/>.</summary>
    public int PartCount => _partCount;

    /// <summary>Bytes of all parts together.</summary>
    public int TotalLength => _totalLength;

    /// <summary>The bytes decoded are what encoding the parts gives.</summary>
    public bool IsCanonical => !_isNonCanonical;

    /// <summary>The bytes decoded, canonical or not.</summary>
    public ReadOnlyMemory<byte> Encoded => _encoded;

    /// <summary>A part.</summary>
    /// <param name="index">0 to <see cref="PartCount"/> - 1.</param>
    /// <exception cref="ArgumentOutOfRangeException">There is no such part.</exception>
    public ReadOnlyMemory<byte> this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, PartCount);
            Enumerator parts = GetEnumerator();
            do
            {
                parts.MoveNext();
            }
            while (--index >= 0);
            return parts.Current;
        }
    }

    /// <summary>Decodes a body. Unknown fields are passed over.</summary>
    /// <param name="encoded">The encoded body, which may be empty; borrowed by the result.</param>
    /// <param name="body">The parts; without any unless the answer is <see cref="EnvelopeBodyStatus.Ok"/>.</param>
    public static EnvelopeBodyStatus Decode(ReadOnlyMemory<byte> encoded, out EnvelopeBody body)
    {
        body = default;
        var reader = new ProtoReader(encoded.Span);
        int total = 0;
        int count = 0;
        int canonicalLength = 0;
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return NotDecoded(encoded.Span);
            }

            if (number == 1 && type == WireType.LengthDelimited)
            {
                if (!reader.TryReadDelimited(out _, out int length))
                {
                    return NotDecoded(encoded.Span);
                }

                if (++count > MaxDecodeItems)
                {
                    return EnvelopeBodyStatus.BudgetExceeded;
                }

                total += length;
                canonicalLength += 1 + ProtoWire.DelimitedLength(length);
            }
            else if (number == 1 || !ProtoWire.TrySkipValue(ref reader, number, type))
            {
                return NotDecoded(encoded.Span);
            }
        }

        if (count > MaxParts)
        {
            return EnvelopeBodyStatus.TooManyParts;
        }

        // No field can be written shorter than canonically, so equal lengths mean equal bytes.
        body = new EnvelopeBody(encoded, total, count, canonicalLength == encoded.Length);
        return EnvelopeBodyStatus.Ok;
    }

    // Items are counted before anything is decoded, so parts behind a fault that the count can pass still weigh.
    private static EnvelopeBodyStatus NotDecoded(ReadOnlySpan<byte> encoded) =>
        DecodeBudget.Count(encoded, MessageShape.EnvelopeBody, MaxDecodeItems).IsExceeded
            ? EnvelopeBodyStatus.BudgetExceeded
            : EnvelopeBodyStatus.Malformed;

    /// <summary>Enumerates the parts in order, without allocating.</summary>
    public Enumerator GetEnumerator() => new(this);

    /// <summary>Adds the canonical encoding of the parts to a hash, as one input.</summary>
    /// <param name="hasher">The hash.</param>
    internal void AppendCanonicalTo(ref DomainHasher hasher)
    {
        if (IsCanonical)
        {
            hasher.Append(_encoded.Span);
            return;
        }

        long length = 0;
        foreach (ReadOnlyMemory<byte> part in this)
        {
            length += 1 + ProtoWire.DelimitedLength(part.Length);
        }

        hasher.AppendLength(length);
        Span<byte> prefix = stackalloc byte[1 + ProtoWire.MaxVarintLength];
        prefix[0] = PartKey;
        foreach (ReadOnlyMemory<byte> part in this)
        {
            int prefixLength = 1 + ProtoWire.WriteVarint(prefix[1..], (uint)part.Length);
            hasher.AppendRaw(prefix[..prefixLength]);
            hasher.AppendRaw(part.Span);
        }
    }

    /// <summary>Walks over the parts of a body.</summary>
    /// <remarks>A mutable value; not thread safe.</remarks>
    public struct Enumerator
    {
        private readonly ReadOnlyMemory<byte> _encoded;
        private int _position;
        private int _left;

        internal Enumerator(in EnvelopeBody body)
        {
            _encoded = body._encoded;
            _left = body.PartCount;
        }

        /// <summary>The part.</summary>
        public ReadOnlyMemory<byte> Current { get; private set; }

        /// <summary>Goes on to the next part; false after the last.</summary>
        public bool MoveNext()
        {
            if (_left == 0)
            {
                return false;
            }

            _left--;
            var reader = new ProtoReader(_encoded.Span[_position..]);

            // The bytes decoded once, so they do again and there is another part.
            while (ProtoWire.TryReadKey(ref reader, out uint number, out WireType type) && number != 1)
            {
                ProtoWire.TrySkipValue(ref reader, number, type);
            }

            reader.TryReadDelimited(out int offset, out int length);
            Current = _encoded.Slice(_position + offset, length);
            _position += reader.Position;
            return true;
        }
    }
}
