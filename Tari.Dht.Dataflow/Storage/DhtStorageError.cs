namespace Tari.Dht.Dataflow.Storage;

/// <summary>Why a database file cannot be used.</summary>
public enum DhtStorageError
{
    /// <summary>The file or its folder cannot be reached: missing rights, a folder where a file should be, no such place.</summary>
    Inaccessible,

    /// <summary>The path is a symbolic link, or one of the files beside it is; links are not followed.</summary>
    SymbolicLink,

    /// <summary>The file is not an SQLite database, or is empty.</summary>
    NotADatabase,

    /// <summary>The file is the database of another program, or of another part of this one.</summary>
    ForeignDatabase,

    /// <summary>A newer version of the library wrote the file.</summary>
    NewerVersion,

    /// <summary>The file is damaged, or holds what the library never writes.</summary>
    Damaged,

    /// <summary>Another process, or another instance in this one, has the file open.</summary>
    InUse,

    /// <summary>Reading or writing failed: the disk is full, or the device reports an error.</summary>
    InputOutput,
}
