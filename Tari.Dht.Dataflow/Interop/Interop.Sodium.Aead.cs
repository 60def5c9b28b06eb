using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Interop;

// sodium/crypto_aead_chacha20poly1305.h, the variant of RFC 8439.
internal static partial class Interop
{
    internal const int crypto_aead_chacha20poly1305_ietf_KEYBYTES = 32;
    internal const int crypto_aead_chacha20poly1305_ietf_NPUBBYTES = 12;
    internal const int crypto_aead_chacha20poly1305_ietf_ABYTES = 16;

    /// <summary>Encrypts; <paramref name="c"/> may be <paramref name="m"/>. Always 0.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static unsafe partial int crypto_aead_chacha20poly1305_ietf_encrypt_detached(
        byte* c, byte* mac, ulong* maclen_p, byte* m, ulong mlen, byte* ad, ulong adlen, byte* nsec, byte* npub, byte* k);

    /// <summary>
    /// Checks the tag, then decrypts; <paramref name="m"/> may be <paramref name="c"/>. 0, or -1 for a wrong tag, and then
    /// <paramref name="m"/> is all zeros.
    /// </summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static unsafe partial int crypto_aead_chacha20poly1305_ietf_decrypt_detached(
        byte* m, byte* nsec, byte* c, ulong clen, byte* mac, byte* ad, ulong adlen, byte* npub, byte* k);
}
