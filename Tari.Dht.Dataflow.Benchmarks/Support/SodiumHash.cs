using System.Reflection;
using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Interop;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>BLAKE2b by libsodium, which the library itself does not use.</summary>
internal static class SodiumHash
{
    private const string ImportName = "libsodium-for-benchmarks";

    static SodiumHash()
    {
        Sodium.EnsureInitialized();
        nint library = SodiumLibrary.Load(SodiumLibrary.CurrentPlatform, new NativeSodiumLoader());
        NativeLibrary.SetDllImportResolver(Assembly.GetExecutingAssembly(), (name, _, _) => name == ImportName ? library : 0);
    }

    /// <summary>Hashes without a key.</summary>
    /// <param name="data">What to hash.</param>
    /// <param name="digest">16 to 64 bytes.</param>
    public static void Hash(byte[] data, byte[] digest)
    {
        if (crypto_generichash(digest, (nuint)digest.Length, data, (ulong)data.Length, 0, 0) != 0)
        {
            throw new InvalidOperationException("libsodium refused to hash.");
        }
    }

    [DllImport(ImportName)]
    private static extern int crypto_generichash(
        byte[] output, nuint outputLength, byte[] input, ulong inputLength, nint key, nuint keyLength);
}
