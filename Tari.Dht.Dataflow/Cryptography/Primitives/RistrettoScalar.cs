using System.Buffers;
using System.Buffers.Binary;
using System.Security.Cryptography;
using Tari.Dht.Dataflow.Interop;
using static Tari.Dht.Dataflow.Cryptography.Primitives.PrimitiveArguments;
using static Tari.Dht.Dataflow.Interop.Interop;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>Scalars of the Ristretto255 group: 32 little-endian bytes, integers modulo the order l.</summary>
/// <remarks>
/// Operands are canonical (less than l) unless noted; results always are, and may overwrite their operands. Wrong lengths are the caller's
/// mistake and throw. The time depends on no operand; allocates nothing unless noted; thread safe.
/// </remarks>
internal static class RistrettoScalar
{
    /// <summary>Bytes of a scalar.</summary>
    internal const int Length = crypto_core_ristretto255_SCALARBYTES;

    /// <summary>Bytes that <see cref="ReduceWide"/> takes.</summary>
    internal const int WideLength = crypto_core_ristretto255_NONREDUCEDSCALARBYTES;

    private const int MaxScratchOnStack = 32 * Length;

    // l = 2^252 + 27742317777372353535851937790883648493, least significant word first.
    private const ulong Order0 = 0x5812631a5cf5d3ed;
    private const ulong Order1 = 0x14def9dea2f79cd6;
    private const ulong Order2 = 0;
    private const ulong Order3 = 0x1000000000000000;

    private static ReadOnlySpan<byte> One =>
        [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];

    /// <summary>Whether <paramref name="bytes"/> has 32 bytes and a value less than l.</summary>
    internal static bool IsCanonical(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length != Length)
        {
            return false;
        }

        // The borrow of bytes - l, word by word and without branches: the bytes may be a secret.
        ulong borrow = Borrow(BinaryPrimitives.ReadUInt64LittleEndian(bytes), Order0, 0);
        borrow = Borrow(BinaryPrimitives.ReadUInt64LittleEndian(bytes[8..]), Order1, borrow);
        borrow = Borrow(BinaryPrimitives.ReadUInt64LittleEndian(bytes[16..]), Order2, borrow);
        borrow = Borrow(BinaryPrimitives.ReadUInt64LittleEndian(bytes[24..]), Order3, borrow);
        return borrow != 0;

        static ulong Borrow(ulong left, ulong right, ulong borrow)
        {
            UInt128 difference = (UInt128)left - right - borrow;
            return (ulong)(difference >> 64) & 1;
        }
    }

    /// <summary>A random scalar, not zero, from the system's generator.</summary>
    /// <param name="result">32 bytes, written whole.</param>
    internal static void Random(Span<byte> result)
    {
        ThrowIfNotLength(result, Length);
        Sodium.EnsureInitialized();
        crypto_core_ristretto255_scalar_random(result);
    }

    /// <summary>Reduces 64 little-endian bytes modulo l.</summary>
    /// <param name="wide">Exactly 64 bytes; any other length is a failure.</param>
    /// <param name="result">32 bytes; written only on success.</param>
    /// <returns><see cref="KeyFormatError.None"/> or <see cref="KeyFormatError.IncorrectLength"/>.</returns>
    internal static KeyFormatError ReduceWide(ReadOnlySpan<byte> wide, Span<byte> result)
    {
        ThrowIfNotLength(result, Length);
        if (wide.Length != WideLength)
        {
            return KeyFormatError.IncorrectLength;
        }

        Sodium.EnsureInitialized();
        crypto_core_ristretto255_scalar_reduce(result, wide);
        return KeyFormatError.None;
    }

    /// <summary>left + right mod l. Operands may be any values below 2^255.</summary>
    internal static void Add(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> result)
    {
        ThrowIfNotLength(left, Length);
        ThrowIfNotLength(right, Length);
        ThrowIfNotLength(result, Length);
        Sodium.EnsureInitialized();
        crypto_core_ristretto255_scalar_add(result, left, right);
    }

    /// <summary>left - right mod l. Operands may be any values below 2^255.</summary>
    internal static void Subtract(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> result)
    {
        ThrowIfNotLength(left, Length);
        ThrowIfNotLength(right, Length);
        ThrowIfNotLength(result, Length);
        Sodium.EnsureInitialized();
        crypto_core_ristretto255_scalar_sub(result, left, right);
    }

    /// <summary>left · right mod l. Operands may be any 32 bytes.</summary>
    internal static void Multiply(ReadOnlySpan<byte> left, ReadOnlySpan<byte> right, Span<byte> result)
    {
        ThrowIfNotLength(left, Length);
        ThrowIfNotLength(right, Length);
        ThrowIfNotLength(result, Length);
        Sodium.EnsureInitialized();
        crypto_core_ristretto255_scalar_mul(result, left, right);
    }

    /// <summary>The inverse modulo l. The operand may be any 32 bytes.</summary>
    /// <remarks>
    /// What is inverted is the scalar times a random one, by a way whose time depends on that product only. The product is as good as random
    /// whatever the scalar is, so that the time says nothing of it, except for whether it is zero.
    /// </remarks>
    /// <param name="scalar">The scalar to invert.</param>
    /// <param name="result">32 bytes, written whole; zero on failure.</param>
    /// <returns><see langword="false"/> if <paramref name="scalar"/> is zero modulo l.</returns>
    internal static bool TryInvert(ReadOnlySpan<byte> scalar, Span<byte> result)
    {
        ThrowIfNotLength(scalar, Length);
        ThrowIfNotLength(result, Length);
        Sodium.EnsureInitialized();
        InvertBlinded(scalar, result);
        return !IsZero(result);
    }

    /// <summary>Inverts many scalars in place for the price of one inversion and three multiplications each.</summary>
    /// <param name="scalars">n · 32 bytes, any values; each is replaced by its inverse, or by zero if it has none.</param>
    /// <param name="invertible">
    /// n flags, all written: false where the scalar is zero modulo l. Such a one does not affect the others.
    /// </param>
    /// <remarks>Up to 32 scalars are worked on without allocation, more with a rented buffer; both are zeroed.</remarks>
    /// <exception cref="ArgumentException">The lengths don't belong together.</exception>
    internal static void InvertBatch(Span<byte> scalars, Span<bool> invertible)
    {
        if (scalars.Length <= MaxScratchOnStack)
        {
            Span<byte> scratch = stackalloc byte[MaxScratchOnStack];
            InvertBatch(scalars, invertible, scratch[..scalars.Length]);
            return;
        }

        byte[] rented = ArrayPool<byte>.Shared.Rent(scalars.Length);
        try
        {
            InvertBatch(scalars, invertible, rented.AsSpan(0, scalars.Length));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(rented);
        }
    }

    /// <summary><see cref="InvertBatch(Span{byte}, Span{bool})"/> with a working space of the caller's.</summary>
    /// <param name="scalars">n · 32 bytes, any values; each is replaced by its inverse, or by zero if it has none.</param>
    /// <param name="invertible">n flags, all written.</param>
    /// <param name="scratch">n · 32 bytes apart from <paramref name="scalars"/>; zeroed at the end.</param>
    /// <exception cref="ArgumentException">The lengths don't belong together.</exception>
    internal static void InvertBatch(Span<byte> scalars, Span<bool> invertible, Span<byte> scratch)
    {
        int count = invertible.Length;
        ThrowIfNotLength(scalars, checked(count * Length));
        ThrowIfNotLength(scratch, scalars.Length);
        if (scalars.Overlaps(scratch))
        {
            throw new ArgumentException("The working space must be apart from the scalars.", nameof(scratch));
        }

        Sodium.EnsureInitialized();
        Span<byte> inverse = stackalloc byte[Length];
        try
        {
            // Montgomery's trick. scratch[i] is the product of the scalars up to i that are not zero.
            ReadOnlySpan<byte> product = One;
            for (int i = 0; i < count; i++)
            {
                Span<byte> next = At(scratch, i);
                crypto_core_ristretto255_scalar_mul(next, product, At(scalars, i));

                // The product before was not zero and l is prime, so it is this scalar that makes it zero.
                invertible[i] = !IsZero(next);
                if (!invertible[i])
                {
                    product.CopyTo(next);
                }

                product = next;
            }

            // inverse stays the inverse of scratch[i].
            InvertBlinded(product, inverse);
            for (int i = count - 1; i >= 0; i--)
            {
                Span<byte> scalar = At(scalars, i);
                if (!invertible[i])
                {
                    scalar.Clear();
                    continue;
                }

                Span<byte> own = At(scratch, i);
                crypto_core_ristretto255_scalar_mul(own, inverse, i == 0 ? One : At(scratch, i - 1));
                crypto_core_ristretto255_scalar_mul(inverse, inverse, scalar);
                own.CopyTo(scalar);
            }
        }
        finally
        {
            CryptographicOperations.ZeroMemory(inverse);
            CryptographicOperations.ZeroMemory(scratch);
        }

        static Span<byte> At(Span<byte> many, int index) => many.Slice(index * Length, Length);
    }

    /// <summary>blind · 1 / (scalar · blind); zero for zero and only for it, also where zero is written as a multiple of l.</summary>
    private static void InvertBlinded(ReadOnlySpan<byte> scalar, Span<byte> result)
    {
        Span<byte> blind = stackalloc byte[Length];
        Span<byte> blinded = stackalloc byte[Length];
        try
        {
            crypto_core_ristretto255_scalar_random(blind);
            crypto_core_ristretto255_scalar_mul(blinded, scalar, blind);
            PublicInverse.Invert(blinded, blinded);
            crypto_core_ristretto255_scalar_mul(result, blinded, blind);
        }
        finally
        {
            CryptographicOperations.ZeroMemory(blind);
            CryptographicOperations.ZeroMemory(blinded);
        }
    }

    // All bytes are looked at whatever they are.
    private static bool IsZero(ReadOnlySpan<byte> scalar) =>
        (BinaryPrimitives.ReadUInt64LittleEndian(scalar)
            | BinaryPrimitives.ReadUInt64LittleEndian(scalar[8..])
            | BinaryPrimitives.ReadUInt64LittleEndian(scalar[16..])
            | BinaryPrimitives.ReadUInt64LittleEndian(scalar[24..])) == 0;
}
