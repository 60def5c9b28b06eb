using System.Runtime.InteropServices;

namespace Tari.Dht.Dataflow.Interop;

// sqlite3.h: what the managed binding leaves out, in the library that it brings.
internal static partial class Interop
{
    /// <summary>Asks whether the file has another place than when it was opened, or none; the answer is an int.</summary>
    internal const int SQLITE_FCNTL_HAS_MOVED = 20;

    /// <summary>Asks the file below a database something. <paramref name="zDbName"/> of null means the main one.</summary>
    [LibraryImport("e_sqlite3")]
    internal static unsafe partial int sqlite3_file_control(SafeHandle db, byte* zDbName, int op, void* pArg);
}
