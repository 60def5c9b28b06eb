using System.Runtime.CompilerServices;
using Tari.Dht.Dataflow.Interop;
using static Tari.Dht.Dataflow.Cryptography.Primitives.PrimitiveArguments;
using static Tari.Dht.Dataflow.Interop.Interop;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>Arithmetic in the Ristretto255 group (RFC 9496) on encoded elements of 32 bytes.</summary>
/// <remarks>
/// The identity, 32 zero bytes, is an element like any other, as operand and as result. Bytes that are not a canonical encoding give
/// <see langword="false"/>, never an exception; wrong lengths are the caller's mistake and throw. Scalars have to be canonical
/// (<see cref="RistrettoScalar.IsCanonical"/>). Results may overwrite their operands. Constant time in the scalars; allocates nothing;
/// thread safe.
/// </remarks>
internal static class Ristretto255
{
    /// <summary>Bytes of an encoded element.</summary>
    internal const int ElementLength = crypto_core_ristretto255_BYTES;

    /// <summary>Whether <paramref name="bytes"/> is the identity, 32 zero bytes.</summary>
    internal static bool IsIdentity(ReadOnlySpan<byte> bytes)
    {
        ThrowIfNotLength(bytes, ElementLength);
        return !bytes.ContainsAnyExcept((byte)0);
    }

    /// <summary>Whether <paramref name="bytes"/> is the canonical encoding of an element.</summary>
    internal static bool IsPoint(ReadOnlySpan<byte> bytes)
    {
        ThrowIfNotLength(bytes, ElementLength);
        Sodium.EnsureInitialized();
        return IsBelow2Power255(bytes) && crypto_core_ristretto255_is_valid_point(bytes) == 1;
    }

    /// <summary>scalar · G.</summary>
    /// <param name="scalar">A canonical scalar of 32 bytes; zero gives the identity.</param>
    /// <param name="result">32 bytes, written whole.</param>
    internal static void MultiplyBase(ReadOnlySpan<byte> scalar, Span<byte> result)
    {
        ThrowIfNotLength(scalar, RistrettoScalar.Length);
        ThrowIfNotLength(result, ElementLength);
        Sodium.EnsureInitialized();
        if (crypto_scalarmult_ristretto255_base(result, scalar) != 0)
        {
            // The only failure libsodium knows here: the result is the identity.
            result.Clear();
        }
    }

    /// <summary>scalar · element.</summary>
    /// <param name="scalar">A canonical scalar of 32 bytes; zero gives the identity.</param>
    /// <param name="element">32 bytes, which may be anything.</param>
    /// <param name="result">32 bytes, written whole; zeros on failure.</param>
    /// <returns><see langword="false"/> if <paramref name="element"/> is not an element.</returns>
    internal static bool TryMultiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element, Span<byte> result)
    {
        ThrowIfNotLength(scalar, RistrettoScalar.Length);
        ThrowIfNotLength(element, ElementLength);
        ThrowIfNotLength(result, ElementLength);
        Sodium.EnsureInitialized();
        if (!IsBelow2Power255(element))
        {
            result.Clear();
            return false;
        }

        return crypto_scalarmult_ristretto255(result, scalar, element) == 0 || IsIdentityResult(element, result);
    }

    /// <summary>left + right.</summary>
    /// <param name="left">32 bytes, which may be anything.</param>
    /// <param name="right">32 bytes, which may be anything.</param>
    /// <param name="result">32 bytes; undefined on failure.</param>
    /// <returns><see langword="false"/> if an operand is not an element.</returns>
    internal static bool TryAdd(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> result)
    {
        ThrowIfNotLength(left, ElementLength);
        ThrowIfNotLength(right, ElementLength);
        ThrowIfNotLength(result, ElementLength);
        Sodium.EnsureInitialized();
        return IsBelow2Power255(left) && IsBelow2Power255(right) && crypto_core_ristretto255_add(result, left, right) == 0;
    }

    /// <summary>left - right.</summary>
    /// <param name="left">32 bytes, which may be anything.</param>
    /// <param name="right">32 bytes, which may be anything.</param>
    /// <param name="result">32 bytes; undefined on failure.</param>
    /// <returns><see langword="false"/> if an operand is not an element.</returns>
    internal static bool TrySubtract(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> result)
    {
        ThrowIfNotLength(left, ElementLength);
        ThrowIfNotLength(right, ElementLength);
        ThrowIfNotLength(result, ElementLength);
        Sodium.EnsureInitialized();
        return IsBelow2Power255(left) && IsBelow2Power255(right) && crypto_core_ristretto255_sub(result, left, right) == 0;
    }

    // libsodium 1.0.18 ignores the topmost bit, which every canonical encoding has clear.
    private static bool IsBelow2Power255(ReadOnlySpan<byte> bytes) => (bytes[ElementLength - 1] & 0x80) == 0;

    // libsodium fails alike for an identity result and for bytes that are no element. Where result and element share their
    // bytes they are zeros after an identity result, which is an element too, and untouched after the other failure.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static bool IsIdentityResult(ReadOnlySpan<byte> element, Span<byte> result)
    {
        bool isIdentity = crypto_core_ristretto255_is_valid_point(element) == 1;
        result.Clear();
        return isIdentity;
    }
}
