using System.Buffers.Binary;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>The 32 bytes that a message signature signs: they bind the header, without tag and signature, to the body.</summary>
/// <remarks>Stateless and thread safe; allocates nothing.</remarks>
public static class BindingHash
{
    /// <summary>Bytes of the digest.</summary>
    public const int Length = 32;

    // Each input has its length as 8 little-endian bytes before it. No expiry hashes as 0, no ephemeral key as 32 zeros.
    //
    //   0      8         12     20            53     61     65     73      77     85        93     101             133      141
    //   +------+---------+------+-------------+------+------+------+-------+------+---------+------+---------------+--------+------
    //   | 4    | version | 33   | destination | 4    | type | 4    | flags | 8    | expires | 32   | ephemeral key | length | body
    //   +------+---------+------+-------------+------+------+------+-------+------+---------+------+---------------+--------+------

    /// <summary>Bytes hashed before the body.</summary>
    internal const int HeadLength = 141;

    /// <summary>Hashes a header and its body.</summary>
    /// <param name="header">The header.</param>
    /// <param name="body">The body as on the wire: for an encrypted message the ciphertext with its tag.</param>
    /// <param name="digest">Exactly <see cref="Length"/> bytes.</param>
    /// <exception cref="ArgumentException">The digest has another length.</exception>
    public static void Compute(in DhtHeaderView header, ReadOnlySpan<byte> body, Span<byte> digest)
    {
        Span<byte> head = stackalloc byte[HeadLength];
        WriteHead(header, body.Length, head);
        DomainHasher hasher = DomainHasher.Challenge();
        hasher.AppendRaw(head);
        hasher.AppendRaw(body);
        hasher.Finish(digest);
    }

    /// <summary>Writes what is hashed before the body, for a hasher that takes several messages at once.</summary>
    /// <param name="header">The header.</param>
    /// <param name="bodyLength">Bytes of the body.</param>
    /// <param name="head">Exactly <see cref="HeadLength"/> bytes.</param>
    internal static void WriteHead(in DhtHeaderView header, int bodyLength, Span<byte> head)
    {
        head = head[..HeadLength];
        head.Clear();
        head[0] = sizeof(uint);
        BinaryPrimitives.WriteUInt32LittleEndian(head[8..], (uint)header.Version);
        head[12] = NodeDestination.HashFormLength;
        header.Destination.WriteHashForm(head.Slice(20, NodeDestination.HashFormLength));
        head[53] = sizeof(int);
        BinaryPrimitives.WriteInt32LittleEndian(head[61..], (int)header.MessageType);
        head[65] = sizeof(uint);
        BinaryPrimitives.WriteUInt32LittleEndian(head[73..], (uint)header.Flags);
        head[77] = sizeof(ulong);
        BinaryPrimitives.WriteUInt64LittleEndian(head[85..], header.ExpiresOrZero);
        head[93] = CommsPublicKey.Length;
        header.EphemeralPublicKey.CopyTo(head[101..]);
        BinaryPrimitives.WriteInt64LittleEndian(head[133..], bodyLength);
    }
}
