using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

/// <summary>What the tests of hashing share.</summary>
internal static class HashingTest
{
    /// <summary>
    /// The category of tests that are worth a rerun with fewer instruction sets: <c>DOTNET_EnableAVX512=0</c>,
    /// <c>DOTNET_EnableAVX2=0</c>, <c>DOTNET_EnableHWIntrinsic=0</c>.
    /// </summary>
    public const string Category = "Hashing";

    public static byte[] Bytes(int seed, int length)
    {
        byte[] bytes = new byte[length];
        new Random(seed).NextBytes(bytes);
        return bytes;
    }

    public static void IgnoreUnlessSupported(Blake2bPath path)
    {
        if (!Blake2bState.IsSupported(path))
        {
            Assert.Ignore($"This processor, or the runtime's settings, lack {path}.");
        }
    }
}
