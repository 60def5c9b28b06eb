namespace Tari.Dht.Dataflow.Cryptography.Primitives;

/// <summary>The ways that BLAKE2b's compression is written here; all give the same bytes.</summary>
internal enum Blake2bPath
{
    /// <summary>Plain 64 bit arithmetic.</summary>
    Scalar,

    /// <summary>One message, a row of the state to a 256 bit vector.</summary>
    Avx2,

    /// <summary>As <see cref="Avx2"/>, with AVX-512's rotations and permutations.</summary>
    Avx512,
}
