using System.Buffers;
using System.Buffers.Binary;
using System.Collections.Immutable;
using System.Text;
using System.Text.Unicode;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Rows;

/// <summary>What a file of peers keeps as binary values.</summary>
/// <remarks>
/// Lengths are one to five bytes: seven bits each, the lowest first, the top bit says that another follows. Reading takes any bytes and
/// answers false for those that make no sense. Thread safe.
/// </remarks>
internal static class PeerBlobs
{
    // version u8 | nonce 32 | scalar 32 | updated_at i64 | nanoseconds u32 | features u32 | addresses      little-endian
    private const int NonceOffset = 1;
    private const int ScalarOffset = NonceOffset + CommsPublicKey.Length;
    private const int ScalarLength = 32;
    private const int UpdatedAtOffset = ScalarOffset + ScalarLength;
    private const int NanosecondsOffset = UpdatedAtOffset + sizeof(long);
    private const int FeaturesOffset = NanosecondsOffset + sizeof(uint);
    private const int ClaimHeaderLength = FeaturesOffset + sizeof(uint);

    /// <summary>Appends a claim.</summary>
    public static void WriteClaim(IBufferWriter<byte> writer, PeerIdentityClaim claim)
    {
        Span<byte> header = writer.GetSpan(ClaimHeaderLength);
        ref readonly IdentitySignature signature = ref claim.Signature;
        header[0] = signature.Version;
        signature.PublicNonce.Bytes.CopyTo(header[NonceOffset..]);
        signature.Scalar.CopyTo(header[ScalarOffset..]);
        BinaryPrimitives.WriteInt64LittleEndian(header[UpdatedAtOffset..], signature.UpdatedAt);
        BinaryPrimitives.WriteInt32LittleEndian(header[NanosecondsOffset..], signature.UpdatedAtNanoseconds);
        BinaryPrimitives.WriteUInt32LittleEndian(header[FeaturesOffset..], (uint)claim.Features);
        writer.Advance(ClaimHeaderLength);
        foreach (Multiaddr address in claim.Addresses)
        {
            WriteItem(writer, address.Bytes);
        }
    }

    /// <summary>Reads a claim.</summary>
    public static bool TryReadClaim(ReadOnlySpan<byte> bytes, out PeerIdentityClaim? claim)
    {
        claim = null;
        if (bytes.Length < ClaimHeaderLength)
        {
            return false;
        }

        int nanoseconds = BinaryPrimitives.ReadInt32LittleEndian(bytes[NanosecondsOffset..]);
        if (nanoseconds is < 0 or > 999_999_999
            || !PeerFeaturesExtensions.TryFromBits(
                BinaryPrimitives.ReadUInt32LittleEndian(bytes[FeaturesOffset..]), out PeerFeatures features))
        {
            return false;
        }

        ReadOnlySpan<byte> rest = bytes[ClaimHeaderLength..];
        if (!TryCount(rest, out int count))
        {
            return false;
        }

        var addresses = ImmutableArray.CreateBuilder<Multiaddr>(count);
        while (TryReadItem(ref rest, out ReadOnlySpan<byte> item))
        {
            if (Multiaddr.TryFromBytes(item, out Multiaddr address) != MultiaddrError.None)
            {
                return false;
            }

            addresses.Add(address);
        }

        claim = new PeerIdentityClaim(
            addresses.MoveToImmutable(),
            features,
            new IdentitySignature(
                bytes[0],
                new CommsPublicKey(bytes.Slice(NonceOffset, CommsPublicKey.Length)),
                bytes.Slice(ScalarOffset, ScalarLength),
                BinaryPrimitives.ReadInt64LittleEndian(bytes[UpdatedAtOffset..]),
                nanoseconds));
        return true;
    }

    /// <summary>Appends the names of protocols.</summary>
    public static void WriteProtocols(IBufferWriter<byte> writer, ImmutableArray<ProtocolId> protocols)
    {
        foreach (ProtocolId protocol in protocols)
        {
            WriteItem(writer, protocol.Bytes);
        }
    }

    /// <summary>Reads the names of protocols.</summary>
    public static bool TryReadProtocols(ReadOnlySpan<byte> bytes, out ImmutableArray<ProtocolId> protocols)
    {
        protocols = [];
        if (!TryCount(bytes, out int count))
        {
            return false;
        }

        var items = ImmutableArray.CreateBuilder<ProtocolId>(count);
        while (TryReadItem(ref bytes, out ReadOnlySpan<byte> item))
        {
            items.Add(new ProtocolId(item));
        }

        protocols = items.MoveToImmutable();
        return true;
    }

    /// <summary>Appends the notes of the application: a number and an item each.</summary>
    public static void WriteMetadata(IBufferWriter<byte> writer, ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> metadata)
    {
        foreach ((byte key, ReadOnlyMemory<byte> value) in metadata)
        {
            writer.GetSpan(1)[0] = key;
            writer.Advance(1);
            WriteItem(writer, value.Span);
        }
    }

    /// <summary>Reads the notes of the application.</summary>
    public static bool TryReadMetadata(ReadOnlySpan<byte> bytes, out ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>> metadata)
    {
        metadata = ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty;
        if (bytes.IsEmpty)
        {
            return true;
        }

        var items = metadata.ToBuilder();
        while (!bytes.IsEmpty)
        {
            byte key = bytes[0];
            bytes = bytes[1..];
            if (!TryReadItem(ref bytes, out ReadOnlySpan<byte> value) || !items.TryAdd(key, value.ToArray()))
            {
                return false;
            }
        }

        metadata = items.ToImmutable();
        return true;
    }

    /// <summary>Reads a text in UTF-8.</summary>
    public static bool TryReadText(ReadOnlySpan<byte> bytes, out string text)
    {
        text = "";
        if (!Utf8.IsValid(bytes))
        {
            return false;
        }

        text = Encoding.UTF8.GetString(bytes);
        return true;
    }

    private static void WriteItem(IBufferWriter<byte> writer, ReadOnlySpan<byte> item)
    {
        Span<byte> target = writer.GetSpan(item.Length + 5);
        int length = 0;
        uint rest = (uint)item.Length;
        for (; rest >= 0x80; rest >>= 7)
        {
            target[length++] = (byte)(rest | 0x80);
        }

        target[length++] = (byte)rest;
        item.CopyTo(target[length..]);
        writer.Advance(length + item.Length);
    }

    /// <summary>How many items follow, if all of them are whole.</summary>
    private static bool TryCount(ReadOnlySpan<byte> bytes, out int count)
    {
        for (count = 0; TryReadItem(ref bytes, out _); count++)
        {
        }

        return bytes.IsEmpty;
    }

    /// <summary>Takes an item off; false at the end and when it is not whole, which leaves the bytes.</summary>
    private static bool TryReadItem(ref ReadOnlySpan<byte> bytes, out ReadOnlySpan<byte> item)
    {
        item = default;
        ulong length = 0;
        for (int i = 0; i < bytes.Length && i < 5; i++)
        {
            length |= (ulong)(bytes[i] & 0x7f) << (7 * i);
            if (bytes[i] < 0x80)
            {
                ReadOnlySpan<byte> rest = bytes[(i + 1)..];
                if (length > (ulong)rest.Length)
                {
                    return false;
                }

                item = rest[..(int)length];
                bytes = rest[(int)length..];
                return true;
            }
        }

        return false;
    }
}
