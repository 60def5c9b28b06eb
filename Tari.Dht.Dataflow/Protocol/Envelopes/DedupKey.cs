using System.Diagnostics.CodeAnalysis;
using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>What the duplicate cache knows a message by: 32 bytes, or none at all.</summary>
/// <remarks>
/// A hash over the signature and the body. Of an unsigned clear-text body only the parts count, not how they were encoded; a signed
/// or encrypted body counts byte for byte. The rest of the header does not count at all.
/// </remarks>
[StructLayout(LayoutKind.Sequential)]
public readonly struct DedupKey : IEquatable<DedupKey>
{
    /// <summary>Bytes of a key that is not empty.</summary>
    public const int Length = 32;

    private readonly ulong _w0;
    private readonly ulong _w1;
    private readonly ulong _w2;
    private readonly ulong _w3;

    /// <summary>Copies a key of 32 bytes.</summary>
    /// <param name="bytes">Exactly 32 bytes.</param>
    /// <exception cref="ArgumentException">The length is not 32.</exception>
    public DedupKey(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            throw new ArgumentException($"A dedup key has {Length} bytes, not {bytes.Length}.", nameof(bytes));
        }

        this = MemoryMarshal.Read<DedupKey>(bytes);
    }

    /// <summary>There is no key; a message without one is discarded. (A digest of nothing but zeros does not happen.)</summary>
    public bool IsEmpty => (_w0 | _w1 | _w2 | _w3) == 0;

    /// <summary>32 bytes, or none for the empty key.</summary>
    [UnscopedRef]
    public ReadOnlySpan<byte> Bytes => IsEmpty ? default : MemoryMarshal.AsBytes(new ReadOnlySpan<DedupKey>(in this));

    /// <summary>The key of a signed or encrypted message, or of one whose body was not decoded.</summary>
    /// <param name="signature">The canonical encoding of the signature; empty for none.</param>
    /// <param name="body">The body as on the wire.</param>
    public static DedupKey Compute(ReadOnlySpan<byte> signature, ReadOnlySpan<byte> body)
    {
        DomainHasher hasher = DomainHasher.Dedup();
        hasher.Append(signature);
        hasher.Append(body);
        return Finish(ref hasher);
    }

    /// <summary>The key of an unsigned message in clear text.</summary>
    /// <param name="body">The decoded body.</param>
    public static DedupKey ComputeUnsigned(in EnvelopeBody body)
    {
        DomainHasher hasher = DomainHasher.Dedup();
        hasher.Append(default);
        body.AppendCanonicalTo(ref hasher);
        return Finish(ref hasher);
    }

    /// <summary>The key of a message whose signature, if it has one, was verified.</summary>
    /// <param name="verifiedSignature">The header's signature, known to be canonical; empty for none.</param>
    /// <param name="flags">The header's flags.</param>
    /// <param name="wireBody">The body as on the wire.</param>
    /// <param name="decodedBody">The body decoded from <paramref name="wireBody"/>, or null if it was not or could not be.</param>
    public static DedupKey Compute(
        ReadOnlySpan<byte> verifiedSignature, DhtMessageFlags flags, ReadOnlySpan<byte> wireBody, in EnvelopeBody? decodedBody) =>
        verifiedSignature.IsEmpty && (flags & DhtMessageFlags.Encrypted) == 0 && decodedBody is { } body
            ? ComputeUnsigned(body)
            : Compute(verifiedSignature, wireBody);

    /// <summary>The key of a message whose signature nobody looked at yet: it counts as decoded, in whatever encoding it came.</summary>
    /// <param name="receivedSignature">The header's signature as received; empty for none.</param>
    /// <param name="flags">The header's flags.</param>
    /// <param name="wireBody">The body as on the wire.</param>
    /// <param name="decodedBody">The body decoded from <paramref name="wireBody"/>, or null if it was not or could not be.</param>
    /// <returns>The empty key if the signature is not empty and is no signature either.</returns>
    public static DedupKey ComputeUndecoded(
        ReadOnlySpan<byte> receivedSignature, DhtMessageFlags flags, ReadOnlySpan<byte> wireBody, in EnvelopeBody? decodedBody)
    {
        if (receivedSignature.IsEmpty)
        {
            return Compute(receivedSignature, flags, wireBody, decodedBody);
        }

        if (!MessageSignatureCodec.TryDecode(receivedSignature, out MessageSignatureFields fields)
            || MessageSignatureCodec.Convert(receivedSignature, fields) != MessageSignatureStatus.Ok)
        {
            return default;
        }

        Span<byte> canonical = stackalloc byte[MessageSignatureCodec.EncodedLength];
        MessageSignatureCodec.WriteCanonical(receivedSignature, fields, canonical);
        return Compute(canonical, wireBody);
    }

    /// <inheritdoc/>
    public bool Equals(DedupKey other) => _w0 == other._w0 && _w1 == other._w1 && _w2 == other._w2 && _w3 == other._w3;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is DedupKey other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_w0, _w1, _w2, _w3);

    /// <summary>64 lowercase hexadecimal digits, or nothing for the empty key.</summary>
    public override string ToString() => Convert.ToHexStringLower(Bytes);

    /// <summary>Byte equality.</summary>
    public static bool operator ==(DedupKey left, DedupKey right) => left.Equals(right);

    /// <summary>Byte inequality.</summary>
    public static bool operator !=(DedupKey left, DedupKey right) => !left.Equals(right);

    private static DedupKey Finish(ref DomainHasher hasher)
    {
        Span<byte> digest = stackalloc byte[Length];
        hasher.Finish(digest);
        return new DedupKey(digest);
    }
}
