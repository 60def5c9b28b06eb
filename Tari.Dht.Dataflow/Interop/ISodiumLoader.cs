namespace Tari.Dht.Dataflow.Interop;

/// <summary>What <see cref="SodiumLibrary"/> needs of the platform's loader.</summary>
internal interface ISodiumLoader
{
    /// <summary>Loads a library by file name or path.</summary>
    bool TryLoad(string name, out nint handle);

    /// <summary>Finds an exported function.</summary>
    bool TryGetExport(nint handle, string function, out nint address);

    /// <summary>Calls an exported function without parameters that returns a size.</summary>
    nuint ReadSize(nint address);

    /// <summary>Unloads a library that turned out to be unsuitable.</summary>
    void Free(nint handle);
}
