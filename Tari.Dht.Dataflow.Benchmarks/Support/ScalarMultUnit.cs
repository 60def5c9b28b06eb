using System.Diagnostics;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Interop;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>
/// u: the time of one <c>crypto_scalarmult_ristretto255</c> of libsodium, the unit in which results travel between machines.
/// </summary>
internal static class ScalarMultUnit
{
    private const int Chunks = 5;
    private const int Multiplications = 16;

    private static readonly byte[] s_scalar = CreateScalar();
    private static readonly CommsPublicKey s_point = Parties.Node.PublicKey;

    /// <summary>Measures for about 3 ms.</summary>
    /// <returns>Microseconds, by the best of a few chunks.</returns>
    public static double Measure()
    {
        Span<byte> result = stackalloc byte[CommsPublicKey.Length];
        double best = double.MaxValue;
        for (int chunk = 0; chunk < Chunks; chunk++)
        {
            long start = Stopwatch.GetTimestamp();
            for (int i = 0; i < Multiplications; i++)
            {
                if (Interop.Interop.crypto_scalarmult_ristretto255(result, s_scalar, s_point.Bytes) != 0)
                {
                    throw new InvalidOperationException("The point is not valid.");
                }
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(start).TotalMicroseconds / Multiplications);
        }

        return best;
    }

    private static byte[] CreateScalar()
    {
        Sodium.EnsureInitialized();
        byte[] scalar = new byte[CommsSecretKey.Length];
        new Random(1).NextBytes(scalar);
        scalar[^1] &= 0x0f;
        return scalar;
    }
}
