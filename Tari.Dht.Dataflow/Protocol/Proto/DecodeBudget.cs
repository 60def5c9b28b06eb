namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>Counts, before a message is decoded, the objects that decoding it would make.</summary>
/// <remarks>
/// Malformed bytes end the count without a verdict: the decoder rejects them. Unknown fields and groups are free. Messages nested
/// more than <see cref="MaxDepth"/> deep are over any budget.
/// </remarks>
internal readonly record struct DecodeBudget(long Items, bool IsExceeded)
{
    /// <summary>How deep messages may nest.</summary>
    public const int MaxDepth = 128;

    /// <summary>Counts the items in <paramref name="encoded"/>.</summary>
    /// <param name="encoded">An encoded message, well formed or not.</param>
    /// <param name="shape">Its type.</param>
    /// <param name="max">Items allowed; the count stops at the first one above.</param>
    public static DecodeBudget Count(ReadOnlySpan<byte> encoded, MessageShape shape, int max)
    {
        var counter = new Counter(max);
        counter.Walk(encoded, shape, 0);
        return new DecodeBudget(counter.Items, counter.IsExceeded);
    }

    private struct Counter(int max)
    {
        private bool _tooDeep;

        public long Items { get; private set; }

        public readonly bool IsExceeded => _tooDeep || Items > max;

        /// <summary>Walks one message; false ends the whole count.</summary>
        public bool Walk(ReadOnlySpan<byte> message, MessageShape shape, int depth)
        {
            if (depth > MaxDepth)
            {
                _tooDeep = true;
                return false;
            }

            var reader = new ProtoReader(message);
            while (!reader.IsAtEnd)
            {
                if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type)
                    || !WalkField(ref reader, message, number, type, shape[number], depth))
                {
                    return false;
                }
            }

            return true;
        }

        private bool WalkField(
            ref ProtoReader reader, ReadOnlySpan<byte> message, uint number, WireType type, MessageShape.Field field, int depth)
        {
            // The decoders read a map's entries as length-delimited whatever their key says.
            if (field.Kind == FieldKind.Map)
            {
                return reader.TryReadDelimited(out int entry, out int entryLength)
                    && Charge(1)
                    && (field.Nested is null || WalkEntry(message.Slice(entry, entryLength), field.Nested, depth));
            }

            if (type == WireType.LengthDelimited)
            {
                if (!reader.TryReadDelimited(out int offset, out int length))
                {
                    return false;
                }

                return field.Kind switch
                {
                    FieldKind.Message => Charge(1) && Walk(message.Slice(offset, length), field.Nested!, depth + 1),
                    FieldKind.RepeatedBytes => Charge(1),
                    FieldKind.RepeatedScalar => Charge(length),
                    _ => true,
                };
            }

            bool isScalar = type is WireType.Varint or WireType.Fixed32 or WireType.Fixed64;
            return ProtoWire.TrySkipValue(ref reader, number, type)
                && (field.Kind != FieldKind.RepeatedScalar || !isScalar || Charge(1));
        }

        /// <summary>A map's entry: its value is field 2.</summary>
        private bool WalkEntry(ReadOnlySpan<byte> entry, MessageShape valueShape, int depth)
        {
            var reader = new ProtoReader(entry);
            while (!reader.IsAtEnd)
            {
                if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
                {
                    return false;
                }

                if (number != 2 || type != WireType.LengthDelimited)
                {
                    if (!ProtoWire.TrySkipValue(ref reader, number, type))
                    {
                        return false;
                    }
                }
                else if (!reader.TryReadDelimited(out int offset, out int length)
                    || !Charge(1)
                    || !Walk(entry.Slice(offset, length), valueShape, depth + 1))
                {
                    return false;
                }
            }

            return true;
        }

        private bool Charge(long items)
        {
            Items += items;
            return Items <= max;
        }
    }
}
