using System.Buffers;
using System.Buffers.Binary;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Requests;

/// <summary>A message body in a buffer with room for what the stages put around it: written once, never moved.</summary>
/// <remarks>
/// <code>
/// clear:      | headroom for the header | body |
/// encrypted:  | headroom for the header | length, u32 LE | body | zeros to a multiple of 6000 | tag, 16 |
/// </code>
/// Owns the buffer until it is disposed or detached.
/// </remarks>
internal sealed class OutboundBody : IDisposable
{
    private const int Headroom = EnvelopeWriter.MaxPrefixLength;

    private BufferLease? _lease;

    private OutboundBody(BufferLease lease, int length)
    {
        _lease = lease;
        Length = length;
    }

    /// <summary>Bytes of the body as it stands: clear, padded or sealed.</summary>
    public int Length { get; private set; }

    public Span<byte> Span => Lease.Span.Slice(Headroom, Length);

    public ReadOnlyMemory<byte> Memory => Lease.Memory.Slice(Headroom, Length);

    private BufferLease Lease => _lease ?? throw new ObjectDisposedException(nameof(OutboundBody));

    /// <summary>
    /// A body of <paramref name="length"/> bytes, to be written by the caller, prefix and padding for encryption included.
    /// </summary>
    /// <exception cref="DhtOutboundException">The body is too long for a buffer.</exception>
    public static OutboundBody Create(ArrayPool<byte> pool, int length, bool encrypt)
    {
        if (!encrypt)
        {
            return new OutboundBody(Rent(pool, length), length);
        }

        if (MessageCipher.GetSealedLength(length, out long sealedLength) != DhtEncryptError.None)
        {
            throw TooLong(length);
        }

        OutboundBody body = CreateSealable(pool, sealedLength, MessageCipher.PrefixLength + length);
        BinaryPrimitives.WriteUInt32LittleEndian(body.Span, (uint)length);
        return body;
    }

    /// <summary>A copy of <paramref name="bytes"/>; for encryption they have their length prefix already, which nothing checks.</summary>
    /// <exception cref="DhtOutboundException">The body is too long for a buffer.</exception>
    public static OutboundBody Copy(ArrayPool<byte> pool, ReadOnlySpan<byte> bytes, bool encrypt)
    {
        OutboundBody body;
        if (!encrypt)
        {
            body = new OutboundBody(Rent(pool, bytes.Length), bytes.Length);
        }
        else if (MessageCipher.GetPaddedLength(bytes.Length, out long paddedLength) == DhtEncryptError.None)
        {
            body = CreateSealable(pool, paddedLength + MessageCipher.TagLength, bytes.Length);
        }
        else
        {
            throw TooLong(bytes.Length);
        }

        bytes.CopyTo(body.Span);
        return body;
    }

    /// <summary>The bytes that a caller writes: all of a clear body, what follows the length prefix of an encrypted one.</summary>
    public Span<byte> Content(int length, bool encrypt) => Lease.Span.Slice(Headroom + (encrypt ? MessageCipher.PrefixLength : 0), length);

    /// <summary>Grows the body by the cipher's tag and gives the whole of it.</summary>
    public Span<byte> ExtendForTag()
    {
        Length += MessageCipher.TagLength;
        return Span;
    }

    /// <summary>
    /// Puts <paramref name="prefix"/> right before the body and hands the buffer out as the bytes of an envelope, with so many references.
    /// </summary>
    public SharedBuffer Detach(ArrayPool<byte> pool, ReadOnlySpan<byte> prefix, int references)
    {
        BufferLease lease = Lease;
        if (prefix.Length <= Headroom)
        {
            prefix.CopyTo(lease.Span[(Headroom - prefix.Length)..]);
            _lease = null;
            return new SharedBuffer(lease, Headroom - prefix.Length, prefix.Length + Length, references);
        }

        // Only a given header with an oversized signature comes here.
        BufferLease joined = BufferLease.Rent(pool, prefix.Length + Length);
        prefix.CopyTo(joined.Span);
        Span.CopyTo(joined.Span[prefix.Length..]);
        Dispose();
        return new SharedBuffer(joined, 0, joined.Length, references);
    }

    public void Dispose()
    {
        BufferLease? lease = Interlocked.Exchange(ref _lease, null);
        lease?.Dispose();
    }

    private static OutboundBody CreateSealable(ArrayPool<byte> pool, long sealedLength, int prefixedLength)
    {
        BufferLease lease = Rent(pool, sealedLength);
        var body = new OutboundBody(lease, (int)sealedLength - MessageCipher.TagLength);
        MessageCipher.Pad(body.Span, prefixedLength);
        return body;
    }

    private static BufferLease Rent(ArrayPool<byte> pool, long length) => length > Array.MaxLength - Headroom
        ? throw TooLong(length)
        : BufferLease.Rent(pool, Headroom + (int)length);

    private static DhtOutboundException TooLong(long length) =>
        new(DhtOutboundError.InvalidMessageBody, $"A body of {length} bytes is too long to be sent.");
}
