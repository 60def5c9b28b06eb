using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Cryptography.Curve;

/// <summary>
/// A secret scalar times a public element or times the generator, as in <see cref="Ristretto255"/> and with the same results.
/// </summary>
/// <remarks>
/// <para>
/// Where there are vectors (<see cref="FieldQuad.IsSupported"/>), in less time than libsodium takes; elsewhere by libsodium.
/// </para>
/// <para>
/// Timing: no branch and no address depends on the scalar or on a point that was made with it, each entry of a table is read for each
/// digit, and only instructions are used whose time doesn't depend on their operands on the processors in use. That is how it is written;
/// what the compiler of the runtime makes of it isn't proven, as it isn't for any other managed code. The time does depend on the element,
/// which is public, in that one that is refused takes less. The digits are zeroed; what else is left on the stack isn't, as in libsodium.
/// </para>
/// <para>Allocates nothing after the table for the generator, which the first use makes; thread safe.</para>
/// </remarks>
internal static class SecretMultiple
{
    // Digits of four bits from -8 to 8.
    private const int Digits = 64;
    private const int DigitBits = 4;
    private const int Multiples = 1 << (DigitBits - 1);

    // The multiples of G, of 2^8·G, of 2^16·G, ...: 40 KB, for every second digit. The sum of the digits between is multiplied by 16.
    private static readonly FieldQuad[] s_baseMultiples = FieldQuad.IsSupported ? CreateBaseMultiples() : [];

    /// <summary>scalar · element.</summary>
    /// <param name="scalar">32 bytes, a canonical scalar; zero gives the identity.</param>
    /// <param name="element">32 bytes, which may be anything.</param>
    /// <param name="result">32 bytes, written whole; zeros on failure. May be one of the others.</param>
    /// <returns><see langword="false"/> if <paramref name="element"/> is not an element.</returns>
    internal static bool TryMultiply(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element, Span<byte> result) =>
        FieldQuad.IsSupported
            ? TryMultiplyWithVectors(scalar, element, result)
            : Ristretto255.TryMultiply(scalar, element, result);

    /// <summary>scalar · element, only where <see cref="FieldQuad.IsSupported"/>.</summary>
    /// <param name="scalar">32 bytes, a canonical scalar; zero gives the identity.</param>
    /// <param name="element">32 bytes, which may be anything.</param>
    /// <param name="result">32 bytes, written whole; zeros on failure. May be one of the others.</param>
    /// <returns><see langword="false"/> if <paramref name="element"/> is not an element.</returns>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static bool TryMultiplyWithVectors(ReadOnlySpan<byte> scalar, ReadOnlySpan<byte> element, Span<byte> result)
    {
        PrimitiveArguments.ThrowIfNotLength(scalar, RistrettoScalar.Length);
        PrimitiveArguments.ThrowIfNotLength(element, Ristretto255.ElementLength);
        PrimitiveArguments.ThrowIfNotLength(result, Ristretto255.ElementLength);
        if (!ExtendedPoint.TryDecode(element, out ExtendedPoint point))
        {
            result.Clear();
            return false;
        }

        Span<FieldQuad> multiples = stackalloc FieldQuad[Multiples];
        PointQuad.FillMultiples(point, multiples);
        Span<int> digits = stackalloc int[Digits];
        FillDigits(scalar, digits);

        PointQuad sum = PointQuad.Neutral;
        AddMultiple(ref sum, multiples, digits[Digits - 1]);
        for (int i = Digits - 2; i >= 0; i--)
        {
            PointQuad.Double(ref sum);
            PointQuad.Double(ref sum);
            PointQuad.Double(ref sum);
            PointQuad.Double(ref sum);
            AddMultiple(ref sum, multiples, digits[i]);
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(digits));
        sum.ToExtended(out ExtendedPoint product);
        ExtendedPoint.Encode(product, result);
        return true;
    }

    /// <summary>scalar · G.</summary>
    /// <param name="scalar">32 bytes, a canonical scalar; zero gives the identity.</param>
    /// <param name="result">32 bytes, written whole. May be <paramref name="scalar"/>.</param>
    internal static void MultiplyBase(ReadOnlySpan<byte> scalar, Span<byte> result)
    {
        if (FieldQuad.IsSupported)
        {
            MultiplyBaseWithVectors(scalar, result);
        }
        else
        {
            Ristretto255.MultiplyBase(scalar, result);
        }
    }

    /// <summary>scalar · G, only where <see cref="FieldQuad.IsSupported"/>.</summary>
    /// <param name="scalar">32 bytes, a canonical scalar; zero gives the identity.</param>
    /// <param name="result">32 bytes, written whole. May be <paramref name="scalar"/>.</param>
    [SkipLocalsInit]
    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    internal static void MultiplyBaseWithVectors(ReadOnlySpan<byte> scalar, Span<byte> result)
    {
        PrimitiveArguments.ThrowIfNotLength(scalar, RistrettoScalar.Length);
        PrimitiveArguments.ThrowIfNotLength(result, Ristretto255.ElementLength);
        Span<int> digits = stackalloc int[Digits];
        FillDigits(scalar, digits);
        ReadOnlySpan<FieldQuad> multiples = s_baseMultiples;
        PointQuad sum = PointQuad.Neutral;
        for (int i = 1; i < Digits; i += 2)
        {
            AddMultiple(ref sum, multiples.Slice((i >> 1) * Multiples, Multiples), digits[i]);
        }

        PointQuad.Double(ref sum);
        PointQuad.Double(ref sum);
        PointQuad.Double(ref sum);
        PointQuad.Double(ref sum);
        for (int i = 0; i < Digits; i += 2)
        {
            AddMultiple(ref sum, multiples.Slice((i >> 1) * Multiples, Multiples), digits[i]);
        }

        CryptographicOperations.ZeroMemory(MemoryMarshal.AsBytes(digits));
        sum.ToExtended(out ExtendedPoint product);
        ExtendedPoint.Encode(product, result);
    }

    private static FieldQuad[] CreateBaseMultiples()
    {
        var multiples = new FieldQuad[Digits / 2 * Multiples];
        ExtendedPoint point = BaseMultiples.GeneratorPoint;
        for (int i = 0; i < Digits / 2; i++)
        {
            PointQuad.FillMultiples(point, multiples.AsSpan(i * Multiples, Multiples));
            point = PointMath.DoubleTimes(point, 2 * DigitBits);
        }

        return multiples;
    }

    /// <summary>The digits of a scalar, from -8 to 7, and the topmost to 8; least significant first.</summary>
    private static void FillDigits(ReadOnlySpan<byte> scalar, Span<int> digits)
    {
        int carry = 0;
        for (int i = 0; i < Digits - 1; i++)
        {
            int digit = ((scalar[i >> 1] >> ((i & 1) * DigitBits)) & 15) + carry;
            carry = (digit + 8) >> DigitBits;
            digits[i] = digit - (carry << DigitBits);
        }

        // Without the topmost bit, as in libsodium; canonical scalars have none of the three topmost.
        digits[Digits - 1] = ((scalar[^1] >> DigitBits) & 7) + carry;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void AddMultiple(ref PointQuad sum, ReadOnlySpan<FieldQuad> multiples, int digit)
    {
        int sign = digit >> 31;
        PointQuad.Pick(out FieldQuad multiple, multiples, (digit ^ sign) - sign);
        PointQuad.Add(ref sum, multiple, digit);
    }
}
