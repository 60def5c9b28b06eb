namespace Tari.Dht.Dataflow.Protocol.Proto;

/// <summary>
/// Reads the value of a known field; a wire type that is not the field's own is an error, as it is to the network's decoders.
/// </summary>
internal static class ProtoFields
{
    /// <summary>Reads the value of a bytes, string or message field.</summary>
    /// <param name="reader">Stands behind the field's key.</param>
    /// <param name="message">The bytes that <paramref name="reader"/> reads.</param>
    /// <param name="type">The wire type that the key gave.</param>
    /// <param name="value">The value, a part of <paramref name="message"/>.</param>
    public static bool TryReadBytes(
        scoped ref ProtoReader reader, ReadOnlySpan<byte> message, WireType type, out ReadOnlySpan<byte> value)
    {
        if (type == WireType.LengthDelimited && reader.TryReadDelimited(out int offset, out int length))
        {
            value = message.Slice(offset, length);
            return true;
        }

        value = default;
        return false;
    }

    /// <summary>Reads the value of an integer field; the caller truncates it to the field's width.</summary>
    /// <param name="reader">Stands behind the field's key.</param>
    /// <param name="type">The wire type that the key gave.</param>
    /// <param name="value">The value.</param>
    public static bool TryReadVarint(scoped ref ProtoReader reader, WireType type, out ulong value)
    {
        if (type == WireType.Varint)
        {
            return reader.TryReadVarint(out value, out _);
        }

        value = 0;
        return false;
    }
}
