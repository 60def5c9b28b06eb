using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>A <see cref="GetPeersRequest"/> as protobuf (<c>GetPeersRequest</c>).</summary>
/// <remarks>Stateless, thread safe. No message in it, so that no bytes exceed the budget of objects.</remarks>
internal static class GetPeersRequestMessage
{
    // Four keys, three numbers of up to 5 bytes, a flag.
    private const int MaxEncodedLength = 4 + (3 * 5) + 1;

    /// <summary>The encoded message.</summary>
    /// <param name="request">The request.</param>
    public static byte[] Encode(in GetPeersRequest request)
    {
        Span<byte> encoded = stackalloc byte[MaxEncodedLength];
        int length = WriteField(encoded, 0x08, request.Count);
        length += WriteField(encoded[length..], 0x10, request.IncludeClients ? 1u : 0);
        length += WriteField(encoded[length..], 0x18, request.MaxClaims);
        length += WriteField(encoded[length..], 0x20, request.MaxAddressesPerClaim);
        return encoded[..length].ToArray();
    }

    /// <summary>Reads a message.</summary>
    /// <param name="encoded">Untrusted bytes.</param>
    /// <param name="request">The request; undefined on failure.</param>
    /// <returns>False if the bytes are no such message.</returns>
    public static bool TryDecode(ReadOnlySpan<byte> encoded, out GetPeersRequest request)
    {
        request = default;
        var reader = new ProtoReader(encoded);
        while (!reader.IsAtEnd)
        {
            if (!ProtoWire.TryReadKey(ref reader, out uint number, out WireType type))
            {
                return false;
            }

            if (number > 4)
            {
                if (!ProtoWire.TrySkipValue(ref reader, number, type))
                {
                    return false;
                }

                continue;
            }

            if (!ProtoFields.TryReadVarint(ref reader, type, out ulong value))
            {
                return false;
            }

            request = number switch
            {
                1 => request with { Count = (uint)value },
                2 => request with { IncludeClients = value != 0 },
                3 => request with { MaxClaims = (uint)value },
                _ => request with { MaxAddressesPerClaim = (uint)value },
            };
        }

        return true;
    }

    private static int WriteField(Span<byte> destination, byte key, uint value)
    {
        if (value == 0)
        {
            return 0;
        }

        destination[0] = key;
        return 1 + ProtoWire.WriteVarint(destination[1..], value);
    }
}
