using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

/// <summary>libsodium's BLAKE2b, the independent implementation that ours is compared with.</summary>
internal static unsafe class SodiumHash
{
    private static readonly delegate* unmanaged[Cdecl]<byte*, nuint, byte*, ulong, byte*, nuint, int> s_hash = Load();

    public static byte[] Hash(ReadOnlySpan<byte> data, int digestLength)
    {
        byte[] digest = new byte[digestLength];
        fixed (byte* output = digest)
        fixed (byte* input = data)
        {
            int result = s_hash(output, (nuint)digestLength, input, (ulong)data.Length, null, 0);
            Assert.That(result, Is.Zero, "crypto_generichash");
        }

        return digest;
    }

    private static delegate* unmanaged[Cdecl]<byte*, nuint, byte*, ulong, byte*, nuint, int> Load()
    {
        foreach (string name in new[] { "libsodium.so.23", "libsodium.so.26", "libsodium.so", "libsodium" })
        {
            if (NativeLibrary.TryLoad(name, out nint library))
            {
                return (delegate* unmanaged[Cdecl]<byte*, nuint, byte*, ulong, byte*, nuint, int>)
                    NativeLibrary.GetExport(library, "crypto_generichash");
            }
        }

        throw new DllNotFoundException("libsodium is not installed.");
    }
}
