using System.Buffers.Binary;
using System.Diagnostics;
using System.Numerics;

namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>The inverse of a scalar modulo the order l, for a scalar that may be public: the time it takes depends on it.</summary>
/// <remarks>
/// The division steps of Bernstein and Yang (Fast constant-time gcd computation and modular inversion), 62 at a time: the steps only
/// look at the low words of the two numbers, and what they do is kept in a matrix that is then applied to the whole numbers.
/// <see cref="RistrettoScalar"/> inverts secrets with it, blinded. Allocates nothing; thread safe.
/// </remarks>
internal static class PublicInverse
{
    // Steps in a batch, and bits of a limb: the factors of a batch's matrix have at most one bit more, and the sign.
    private const int LimbBits = 62;
    private const int Limbs = 5;
    private const ulong LimbMask = (1UL << LimbBits) - 1;

    // l = 2^252 + 27742317777372353535851937790883648493 in limbs, and -1/l modulo 2^62.
    private const long Order0 = 0x1812631a5cf5d3ed;
    private const long Order1 = 0x137be77a8bde7359;
    private const long Order2 = 1;
    private const long Order4 = 1L << (252 - (4 * LimbBits));
    private const ulong NegativeInverseOfOrder = 0x12b51da312547e1b;

    /// <summary>Inverts a scalar.</summary>
    /// <param name="scalar">A canonical scalar of 32 bytes.</param>
    /// <param name="result">32 bytes, written whole; zero for zero. May be <paramref name="scalar"/>.</param>
    internal static void Invert(ReadOnlySpan<byte> scalar, Span<byte> result)
    {
        ulong w0 = BinaryPrimitives.ReadUInt64LittleEndian(scalar);
        ulong w1 = BinaryPrimitives.ReadUInt64LittleEndian(scalar[8..]);
        ulong w2 = BinaryPrimitives.ReadUInt64LittleEndian(scalar[16..]);
        ulong w3 = BinaryPrimitives.ReadUInt64LittleEndian(scalar[24..]);

        // Numbers are Σ limb[i]·2^(62i), with the sign in the topmost limb. Invariant: f ≡ d·scalar and g ≡ e·scalar modulo l.
        Span<long> f = [Order0, Order1, Order2, 0, Order4];
        Span<long> g =
        [
            (long)(w0 & LimbMask),
            (long)(((w0 >> 62) | (w1 << 2)) & LimbMask),
            (long)(((w1 >> 60) | (w2 << 4)) & LimbMask),
            (long)(((w2 >> 58) | (w3 << 6)) & LimbMask),
            (long)(w3 >> 56),
        ];
        Span<long> d = [0, 0, 0, 0, 0];
        Span<long> e = [1, 0, 0, 0, 0];

        // No more than 741 steps are needed for numbers below 2^256, which is the paper's bound, so that d and e stay below 13·l.
        int eta = -1;
        int batches = 0;
        while ((g[0] | g[1] | g[2] | g[3] | g[4]) != 0)
        {
            Debug.Assert(batches++ < 12);
            Matrix matrix = Matrix.OfSteps(ref eta, (ulong)f[0] | ((ulong)f[1] << LimbBits), (ulong)g[0] | ((ulong)g[1] << LimbBits));
            Apply(matrix, f, g);
            ApplyModulo(matrix, d, e);
        }

        // f is the greatest common divisor by now, 1 or -1; for a scalar of zero it's l still, and d zero.
        Write(d, isNegative: f[4] < 0, result);
    }

    /// <summary>(f, g) becomes matrix · (f, g) / 2^62, which is whole.</summary>
    private static void Apply(in Matrix matrix, Span<long> f, Span<long> g)
    {
        Sum left = default;
        Sum right = default;
        for (int i = 0; i < Limbs; i++)
        {
            long fi = f[i];
            long gi = g[i];
            left.AddProduct(matrix.U, fi);
            left.AddProduct(matrix.V, gi);
            right.AddProduct(matrix.Q, fi);
            right.AddProduct(matrix.R, gi);
            long leftLimb = left.TakeLimb();
            long rightLimb = right.TakeLimb();
            if (i > 0)
            {
                f[i - 1] = leftLimb;
                g[i - 1] = rightLimb;
            }
        }

        f[Limbs - 1] = left.Rest;
        g[Limbs - 1] = right.Rest;
    }

    /// <summary>(d, e) becomes matrix · (d, e) / 2^62 modulo l; the magnitudes grow by l at most.</summary>
    private static void ApplyModulo(in Matrix matrix, Span<long> d, Span<long> e)
    {
        // As many times l as it takes for the low limb to become zero.
        long leftFactor = (long)(((((ulong)matrix.U * (ulong)d[0]) + ((ulong)matrix.V * (ulong)e[0])) * NegativeInverseOfOrder) & LimbMask);
        long rightFactor = (long)(((((ulong)matrix.Q * (ulong)d[0]) + ((ulong)matrix.R * (ulong)e[0])) * NegativeInverseOfOrder) & LimbMask);
        ReadOnlySpan<long> order = [Order0, Order1, Order2, 0, Order4];
        Sum left = default;
        Sum right = default;
        for (int i = 0; i < Limbs; i++)
        {
            long di = d[i];
            long ei = e[i];
            left.AddProduct(matrix.U, di);
            left.AddProduct(matrix.V, ei);
            left.AddProduct(leftFactor, order[i]);
            right.AddProduct(matrix.Q, di);
            right.AddProduct(matrix.R, ei);
            right.AddProduct(rightFactor, order[i]);
            long leftLimb = left.TakeLimb();
            long rightLimb = right.TakeLimb();
            if (i > 0)
            {
                d[i - 1] = leftLimb;
                e[i - 1] = rightLimb;
            }
        }

        d[Limbs - 1] = left.Rest;
        e[Limbs - 1] = right.Rest;
    }

    /// <summary>Brings a number or its negative between zero and l and writes it.</summary>
    private static void Write(Span<long> number, bool isNegative, Span<byte> result)
    {
        if (isNegative)
        {
            for (int i = 0; i < Limbs; i++)
            {
                number[i] = -number[i];
            }
        }

        ReadOnlySpan<long> order = [Order0, Order1, Order2, 0, Order4];
        Normalise(number);
        while (number[Limbs - 1] < 0)
        {
            AddTo(number, order, 1);
        }

        while (Compare(number, order) >= 0)
        {
            AddTo(number, order, -1);
        }

        BinaryPrimitives.WriteUInt64LittleEndian(result, (ulong)number[0] | ((ulong)number[1] << 62));
        BinaryPrimitives.WriteUInt64LittleEndian(result[8..], ((ulong)number[1] >> 2) | ((ulong)number[2] << 60));
        BinaryPrimitives.WriteUInt64LittleEndian(result[16..], ((ulong)number[2] >> 4) | ((ulong)number[3] << 58));
        BinaryPrimitives.WriteUInt64LittleEndian(result[24..], ((ulong)number[3] >> 6) | ((ulong)number[4] << 56));
    }

    private static void AddTo(Span<long> number, ReadOnlySpan<long> other, long factor)
    {
        for (int i = 0; i < Limbs; i++)
        {
            number[i] += other[i] * factor;
        }

        Normalise(number);
    }

    // All limbs but the topmost from 0 to 2^62 - 1.
    private static void Normalise(Span<long> number)
    {
        long carry = 0;
        for (int i = 0; i < Limbs - 1; i++)
        {
            long sum = number[i] + carry;
            number[i] = sum & (long)LimbMask;
            carry = sum >> LimbBits;
        }

        number[Limbs - 1] += carry;
    }

    private static int Compare(ReadOnlySpan<long> left, ReadOnlySpan<long> right)
    {
        for (int i = Limbs - 1; i > 0; i--)
        {
            if (left[i] != right[i])
            {
                return left[i].CompareTo(right[i]);
            }
        }

        return left[0].CompareTo(right[0]);
    }

    /// <summary>What a batch of steps does to two numbers: 2^62 · (f, g) = (u·f + v·g, q·f + r·g).</summary>
    private struct Matrix
    {
        public long U;
        public long V;
        public long Q;
        public long R;

        /// <summary>Makes a batch of steps.</summary>
        /// <param name="eta">The negative of the steps' delta, before and after.</param>
        /// <param name="f">The low 64 bits of f, which is odd.</param>
        /// <param name="g">The low 64 bits of g.</param>
        public static Matrix OfSteps(ref int eta, ulong f, ulong g)
        {
            ulong u = 1, v = 0, q = 0, r = 1;
            int left = LimbBits;
            while (true)
            {
                // Steps in which g is even, as many as there are. Instead of halving g's row the other one is doubled.
                int zeros = BitOperations.TrailingZeroCount(g | (ulong.MaxValue << left));
                g >>= zeros;
                u <<= zeros;
                v <<= zeros;
                eta -= zeros;
                left -= zeros;
                if (left == 0)
                {
                    break;
                }

                if (eta < 0)
                {
                    eta = -eta;
                    (f, g) = (g, 0 - f);
                    (u, q) = (q, 0 - u);
                    (v, r) = (r, 0 - v);
                }

                // f stays for eta + 1 steps more: as many bits of g go at once, up to six, by f·(f² - 2) = -1/f modulo 64.
                int bits = Math.Min(Math.Min(eta + 1, left), 6);
                ulong factor = (f * g * ((f * f) - 2)) & ((1UL << bits) - 1);
                g += f * factor;
                q += u * factor;
                r += v * factor;
            }

            return new Matrix { U = (long)u, V = (long)v, Q = (long)q, R = (long)r };
        }
    }

    /// <summary>A sum of products, 128 bits with the sign.</summary>
    private struct Sum
    {
        private ulong _low;
        private long _high;

        /// <summary>All that is left, where it fits a limb with its sign.</summary>
        public readonly long Rest => (long)_low;

        public void AddProduct(long left, long right)
        {
            long high = Math.BigMul(left, right, out long low);
            _low += (ulong)low;
            _high += high + (_low < (ulong)low ? 1 : 0);
        }

        /// <summary>Takes the low limb off.</summary>
        public long TakeLimb()
        {
            long limb = (long)(_low & LimbMask);
            _low = (_low >> LimbBits) | ((ulong)_high << (64 - LimbBits));
            _high >>= LimbBits;
            return limb;
        }
    }
}
