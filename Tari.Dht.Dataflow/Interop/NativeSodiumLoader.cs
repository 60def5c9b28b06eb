using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Interop;

/// <summary>The loader of the platform: the application's folders first, then the system's.</summary>
internal sealed class NativeSodiumLoader : ISodiumLoader
{
    /// <inheritdoc/>
    public bool TryLoad(string name, out nint handle) =>
        NativeLibrary.TryLoad(name, typeof(NativeSodiumLoader).Assembly, searchPath: null, out handle);

    /// <inheritdoc/>
    public bool TryGetExport(nint handle, string function, out nint address) => NativeLibrary.TryGetExport(handle, function, out address);

    /// <inheritdoc/>
    public unsafe nuint ReadSize(nint address) => ((delegate* unmanaged[Cdecl]<nuint>)address)();

    /// <inheritdoc/>
    public void Free(nint handle) => NativeLibrary.Free(handle);
}
