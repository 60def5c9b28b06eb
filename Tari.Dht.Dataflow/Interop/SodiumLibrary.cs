using System.Globalization;

namespace Tari.Dht.Dataflow.Interop;

/// <summary>Finds libsodium under the names it has on each platform and makes sure that it can do what is asked of it.</summary>
/// <remarks>Stateless; what it finds is kept by <see cref="Sodium"/>.</remarks>
internal static class SodiumLibrary
{
    /// <summary>The name in the declarations of <see cref="Interop"/>, resolved by <see cref="Sodium"/>.</summary>
    internal const string ImportName = "libsodium";

    // The plain name first: it is what an application that brings its own copy has, and its copy goes before the system's.
    // 23 is the soname of 1.0.18, 26 that of 1.0.19 and later.
    private static readonly string[] s_linuxNames = ["libsodium.so", "libsodium.so.26", "libsodium.so.23"];

    // The loader doesn't look into Homebrew's folders by itself: Apple silicon, then Intel.
    private static readonly string[] s_macNames =
        ["libsodium.dylib", "/opt/homebrew/lib/libsodium.dylib", "/usr/local/lib/libsodium.dylib"];

    private static readonly string[] s_windowsNames = ["libsodium.dll"];

    private static readonly string[] s_functions =
    [
        nameof(Interop.sodium_init),
        nameof(Interop.crypto_core_ristretto255_is_valid_point),
        nameof(Interop.crypto_core_ristretto255_add),
        nameof(Interop.crypto_core_ristretto255_sub),
        nameof(Interop.crypto_core_ristretto255_scalar_random),
        nameof(Interop.crypto_core_ristretto255_scalar_invert),
        nameof(Interop.crypto_core_ristretto255_scalar_add),
        nameof(Interop.crypto_core_ristretto255_scalar_sub),
        nameof(Interop.crypto_core_ristretto255_scalar_mul),
        nameof(Interop.crypto_core_ristretto255_scalar_reduce),
        nameof(Interop.crypto_scalarmult_ristretto255),
        nameof(Interop.crypto_scalarmult_ristretto255_base),
        nameof(Interop.crypto_aead_chacha20poly1305_ietf_encrypt_detached),
        nameof(Interop.crypto_aead_chacha20poly1305_ietf_decrypt_detached),
    ];

    private static readonly (string Function, int Size)[] s_sizes =
    [
        ("crypto_core_ristretto255_bytes", Interop.crypto_core_ristretto255_BYTES),
        ("crypto_core_ristretto255_scalarbytes", Interop.crypto_core_ristretto255_SCALARBYTES),
        ("crypto_core_ristretto255_nonreducedscalarbytes", Interop.crypto_core_ristretto255_NONREDUCEDSCALARBYTES),
        ("crypto_scalarmult_ristretto255_bytes", Interop.crypto_scalarmult_ristretto255_BYTES),
        ("crypto_scalarmult_ristretto255_scalarbytes", Interop.crypto_scalarmult_ristretto255_SCALARBYTES),
        ("crypto_aead_chacha20poly1305_ietf_keybytes", Interop.crypto_aead_chacha20poly1305_ietf_KEYBYTES),
        ("crypto_aead_chacha20poly1305_ietf_npubbytes", Interop.crypto_aead_chacha20poly1305_ietf_NPUBBYTES),
        ("crypto_aead_chacha20poly1305_ietf_abytes", Interop.crypto_aead_chacha20poly1305_ietf_ABYTES),
    ];

    /// <summary>The platform this process runs on.</summary>
    internal static SodiumPlatform CurrentPlatform =>
        OperatingSystem.IsWindows() ? SodiumPlatform.Windows
        : OperatingSystem.IsMacOS() ? SodiumPlatform.MacOS
        : SodiumPlatform.Linux;

    /// <summary>The names to try on a platform, in this order.</summary>
    internal static ReadOnlySpan<string> NamesOn(SodiumPlatform platform) => platform switch
    {
        SodiumPlatform.Windows => s_windowsNames,
        SodiumPlatform.MacOS => s_macNames,
        _ => s_linuxNames,
    };

    /// <summary>Loads the first library that has every function and every size.</summary>
    /// <param name="platform">Whose names to try.</param>
    /// <param name="loader">Loads and asks the libraries.</param>
    /// <returns>The handle of a loaded library.</returns>
    /// <exception cref="SodiumNotFoundException">None of the names could be loaded.</exception>
    /// <exception cref="SodiumUnsuitableException">
    /// Only unsuitable libraries were found; the message names what the first one lacks.
    /// </exception>
    internal static nint Load(SodiumPlatform platform, ISodiumLoader loader)
    {
        SodiumUnsuitableException? unsuitable = null;
        foreach (string name in NamesOn(platform))
        {
            if (!loader.TryLoad(name, out nint handle))
            {
                continue;
            }

            string? fault = FindFault(handle, loader);
            if (fault is null)
            {
                return handle;
            }

            loader.Free(handle);
            unsuitable ??= new SodiumUnsuitableException(
                $"The libsodium found as '{name}' can't be used: {fault}. Version 1.0.18 or later with ristretto255 is needed "
                + $"(a full build, not a minimal one). {InstallAdvice(platform)}");
        }

        throw unsuitable ?? (SodiumException)new SodiumNotFoundException(
            $"libsodium was not found (tried: {string.Join(", ", NamesOn(platform).ToArray())}). {InstallAdvice(platform)}");
    }

    private static string? FindFault(nint handle, ISodiumLoader loader)
    {
        foreach (string function in s_functions)
        {
            if (!loader.TryGetExport(handle, function, out _))
            {
                return Missing(function);
            }
        }

        foreach ((string function, int size) in s_sizes)
        {
            if (!loader.TryGetExport(handle, function, out nint address))
            {
                return Missing(function);
            }

            nuint actual = loader.ReadSize(address);
            if (actual != (nuint)size)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{function}() is {actual} instead of {size}");
            }
        }

        return null;

        static string Missing(string function) => function.Contains("ristretto255", StringComparison.Ordinal)
            ? $"it was built without ristretto255 ('{function}' is missing)"
            : $"'{function}' is missing";
    }

    private static string InstallAdvice(SodiumPlatform platform) => platform switch
    {
        SodiumPlatform.Windows =>
            "On Windows put libsodium.dll (from libsodium's releases, or the NuGet package 'libsodium') beside the application.",
        SodiumPlatform.MacOS => "On macOS install it with: brew install libsodium",
        _ => "On Debian or Ubuntu install it with: apt-get install libsodium23 (elsewhere the package is mostly called libsodium).",
    };
}
