using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Interop;

// sodium/crypto_core_ristretto255.h and sodium/crypto_scalarmult_ristretto255.h.
// Sizes are checked by the callers; the names of the parameters are those of the headers.
internal static partial class Interop
{
    internal const int crypto_core_ristretto255_BYTES = 32;
    internal const int crypto_core_ristretto255_SCALARBYTES = 32;
    internal const int crypto_core_ristretto255_NONREDUCEDSCALARBYTES = 64;
    internal const int crypto_scalarmult_ristretto255_BYTES = 32;
    internal const int crypto_scalarmult_ristretto255_SCALARBYTES = 32;

    /// <summary>1 if <paramref name="p"/> is a canonical encoding of a group element, the identity included; else 0.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial int crypto_core_ristretto255_is_valid_point(ReadOnlySpan<byte> p);

    /// <summary>0, or -1 if an operand is not a point.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial int crypto_core_ristretto255_add(Span<byte> r, ReadOnlySpan<byte> p, ReadOnlySpan<byte> q);

    /// <summary>0, or -1 if an operand is not a point.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial int crypto_core_ristretto255_sub(Span<byte> r, ReadOnlySpan<byte> p, ReadOnlySpan<byte> q);

    /// <summary>0, or -1 both if <paramref name="p"/> is not a point and if the result is the identity.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial int crypto_scalarmult_ristretto255(Span<byte> q, ReadOnlySpan<byte> n, ReadOnlySpan<byte> p);

    /// <summary>0, or -1 if the result is the identity.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial int crypto_scalarmult_ristretto255_base(Span<byte> q, ReadOnlySpan<byte> n);

    /// <summary>A random scalar, 0 &lt; r &lt; l, from the system's generator.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial void crypto_core_ristretto255_scalar_random(Span<byte> r);

    /// <summary>0, or -1 if <paramref name="s"/> is 32 zero bytes.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial int crypto_core_ristretto255_scalar_invert(Span<byte> recip, ReadOnlySpan<byte> s);

    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial void crypto_core_ristretto255_scalar_add(Span<byte> z, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y);

    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial void crypto_core_ristretto255_scalar_sub(Span<byte> z, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y);

    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial void crypto_core_ristretto255_scalar_mul(Span<byte> z, ReadOnlySpan<byte> x, ReadOnlySpan<byte> y);

    /// <summary>Reduces 64 little-endian bytes modulo the order of the group.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial void crypto_core_ristretto255_scalar_reduce(Span<byte> r, ReadOnlySpan<byte> s);
}
