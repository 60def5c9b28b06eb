using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Interop;

// sodium/core.h
internal static partial class Interop
{
    /// <summary>0: done; 1: it was done before; -1: failed.</summary>
    [LibraryImport(SodiumLibrary.ImportName)]
    internal static partial int sodium_init();
}
