using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Interop;

/// <summary>Loads and initialises libsodium once, before the first native call.</summary>
/// <remarks>
/// Thread safe. Every primitive calls <see cref="EnsureInitialized"/> first; after the first time that is one test of a flag.
/// </remarks>
internal static class Sodium
{
    private static readonly Lock s_lock = new();
    private static bool s_initialized;
    private static nint s_library;

    /// <summary>Makes native calls possible.</summary>
    /// <exception cref="SodiumException">The library is missing, unsuitable or fails to initialise.</exception>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    internal static void EnsureInitialized()
    {
        if (!Volatile.Read(ref s_initialized))
        {
            Initialize();
        }
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    private static void Initialize()
    {
        lock (s_lock)
        {
            if (s_initialized)
            {
                return;
            }

            if (s_library == 0)
            {
                nint library = SodiumLibrary.Load(SodiumLibrary.CurrentPlatform, new NativeSodiumLoader());
                NativeLibrary.SetDllImportResolver(typeof(Sodium).Assembly, Resolve);
                s_library = library;
            }

            // Also picks the fastest implementations for this processor.
            if (Interop.sodium_init() < 0)
            {
                throw new SodiumException("libsodium could not be initialised: sodium_init() failed.");
            }

            Volatile.Write(ref s_initialized, true);
        }
    }

    // 0 leaves the name to the default search.
    private static nint Resolve(string libraryName, Assembly assembly, DllImportSearchPath? searchPath) =>
        libraryName == SodiumLibrary.ImportName ? s_library : 0;
}
