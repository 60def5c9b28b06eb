using System.Buffers.Binary;

namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>Looks at a database file without SQLite, which would already change something: locks, a log, a recovery.</summary>
internal static class SqliteFile
{
    private const int HeaderLength = 100;
    private const int UserVersionOffset = 60;
    private const int ApplicationIdOffset = 68;
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    private static ReadOnlySpan<byte> Magic => "SQLite format 3\0"u8;

    /// <summary>The one path of a file that has many because of links among its folders.</summary>
    /// <param name="path">A full path.</param>
    /// <exception cref="DhtStorageException">A folder cannot be looked at.</exception>
    public static string Resolve(string path)
    {
        try
        {
            return Path.GetDirectoryName(path) is { } folder ? Path.Join(ResolveFolder(folder), Path.GetFileName(path)) : path;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw SqliteErrors.Create(DhtStorageError.Inaccessible, path, $"cannot be reached ({exception.Message})", exception);
        }
    }

    /// <summary>Whether there is a file to open. If not, one can be made.</summary>
    /// <exception cref="DhtStorageException">There is something that must be left alone.</exception>
    public static bool Exists(string path)
    {
        foreach (string file in (ReadOnlySpan<string>)[path, path + "-wal", path + "-journal", path + "-shm"])
        {
            if (new FileInfo(file).LinkTarget is not null)
            {
                string what = file == path ? "is a symbolic link" : $"has a symbolic link beside it, '{file}'";
                throw SqliteErrors.Create(DhtStorageError.SymbolicLink, path, what);
            }
        }

        if (Directory.Exists(path))
        {
            throw SqliteErrors.Create(DhtStorageError.Inaccessible, path, "is a folder");
        }

        bool exists = File.Exists(path);
        if (!exists && File.Exists(path + "-wal"))
        {
            // SQLite would play this log back into the new file.
            throw SqliteErrors.Create(DhtStorageError.Damaged, path, "is missing, but its log is there");
        }

        if (File.Exists(path + "-journal"))
        {
            // Files of this library never have one, and SQLite might play it back.
            throw SqliteErrors.Create(DhtStorageError.Damaged, path, "has a rollback journal beside it, which is not its own");
        }

        return exists;
    }

    /// <summary>Checks the first bytes of an existing file.</summary>
    /// <exception cref="DhtStorageException">It is not a database of this kind and version.</exception>
    public static void CheckHeader(string path, SqliteSchema schema)
    {
        Span<byte> header = stackalloc byte[HeaderLength];
        int length;
        try
        {
            // Pipes, sockets and devices have no length; opening one might wait for ever.
            if (new FileInfo(path).Length == 0)
            {
                throw SqliteErrors.Create(DhtStorageError.NotADatabase, path, "is empty");
            }

            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);
            length = stream.ReadAtLeast(header, HeaderLength, throwOnEndOfStream: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw SqliteErrors.Create(DhtStorageError.Inaccessible, path, $"cannot be read ({exception.Message})", exception);
        }

        if (length < HeaderLength || !header.StartsWith(Magic))
        {
            throw SqliteErrors.Create(DhtStorageError.NotADatabase, path, "is not an SQLite database");
        }

        int applicationId = BinaryPrimitives.ReadInt32BigEndian(header[ApplicationIdOffset..]);
        if (applicationId != schema.ApplicationId)
        {
            throw SqliteErrors.Create(
                DhtStorageError.ForeignDatabase,
                path,
                $"is not {schema.Kind} (application id {applicationId:x8}, not {schema.ApplicationId:x8})");
        }

        CheckVersion(path, BinaryPrimitives.ReadInt32BigEndian(header[UserVersionOffset..]), schema);
    }

    /// <summary>Checks the version of a database.</summary>
    /// <exception cref="DhtStorageException">The library does not know it.</exception>
    public static void CheckVersion(string path, int version, SqliteSchema schema)
    {
        if (version > schema.Version)
        {
            throw SqliteErrors.Create(
                DhtStorageError.NewerVersion, path, $"has version {version}; this library knows versions up to {schema.Version}");
        }

        if (version < 1)
        {
            throw SqliteErrors.Create(DhtStorageError.Damaged, path, $"has version {version}, which never was");
        }
    }

    /// <summary>Whether a file that is missing could be made if rights and space allowed it: no folder of its path is a file.</summary>
    public static bool CanAppear(string path)
    {
        for (string? folder = Path.GetDirectoryName(path); folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (Directory.Exists(folder))
            {
                return true;
            }

            // Also a link that leads nowhere.
            var file = new FileInfo(folder);
            if (file.Exists || file.LinkTarget is not null)
            {
                return false;
            }
        }

        return false;
    }

    /// <summary>Makes a new database in one step: it is built under another name beside it, and renamed when it is whole.</summary>
    /// <remarks>On Unix a new folder is open to its owner alone (0700), as is the file (0600); an existing folder stays as it is.</remarks>
    public static void Create(string path, SqliteSchema schema)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.new";
        try
        {
            CreateFolder(Path.GetDirectoryName(path)!);
            var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
            if (!OperatingSystem.IsWindows())
            {
                options.UnixCreateMode = OwnerOnly;
            }

            new FileStream(temporary, options).Dispose();
            try
            {
                SqliteDatabase.Build(temporary, schema);
                File.Move(temporary, path, overwrite: false);
            }
            finally
            {
                foreach (string file in (ReadOnlySpan<string>)[temporary, temporary + "-wal", temporary + "-journal"])
                {
                    File.Delete(file);
                }
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw SqliteErrors.Create(DhtStorageError.Inaccessible, path, $"cannot be made ({exception.Message})", exception);
        }
    }

    private static string ResolveFolder(string folder)
    {
        if (Path.GetDirectoryName(folder) is not { } parent)
        {
            return folder;
        }

        string resolved = Path.Join(ResolveFolder(parent), Path.GetFileName(folder));
        if (!Directory.Exists(resolved))
        {
            return resolved;
        }

        // The end of a chain of links may again lie in a folder that is a link.
        return new DirectoryInfo(resolved).ResolveLinkTarget(returnFinalTarget: true) is { } target
            ? ResolveFolder(target.FullName)
            : resolved;
    }

    private static void CreateFolder(string folder)
    {
        if (OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder);
        }
        else if (!Directory.Exists(folder))
        {
            // One by one: the mode holds for the last folder alone.
            if (Path.GetDirectoryName(folder) is { Length: > 0 } parent)
            {
                CreateFolder(parent);
            }

            Directory.CreateDirectory(folder, OwnerOnly | UnixFileMode.UserExecute);
        }
    }
}
