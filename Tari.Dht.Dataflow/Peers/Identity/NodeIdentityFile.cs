using Tari.Dht.Dataflow.Interop;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>A node's own identity in a file, as the JSON that the network's nodes keep; each can load the other's files.</summary>
/// <remarks>
/// <para>
/// The secret key is in the file in the clear. On Unix a file that is saved is open to its owner alone (0600) from the first byte on; on
/// Windows the access list of its folder decides, so that folder has to be one of the user's own. Loading changes no file:
/// <see cref="LoadedNodeIdentity.IsOpenToOthers"/> tells of one that others may read.
/// </para>
/// <para>
/// A file is replaced in one step: it is written under another name beside the old one, reaches the disk, and is renamed. What fails or
/// ends in between leaves the old file as it was; at worst a file with the ending <c>.new</c> stays beside it, which is as private. After
/// a loss of power the old file, or none, may be back if the folder had not reached the disk yet.
/// </para>
/// <para>
/// A symbolic link in the place of the file is refused; links among its folders are not. Thread safe: within a process one save follows
/// another, so that what stays in the file is the identity as of the last one.
/// </para>
/// </remarks>
public static class NodeIdentityFile
{
    /// <summary>Bytes of the longest file that is read.</summary>
    public const int MaxLength = 1024 * 1024;

    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite;
    private const UnixFileMode Others =
        UnixFileMode.GroupRead | UnixFileMode.GroupWrite | UnixFileMode.GroupExecute
        | UnixFileMode.OtherRead | UnixFileMode.OtherWrite | UnixFileMode.OtherExecute;

    // Held from the look at the identity to the renaming, or an older claim could replace a newer one.
    private static readonly Lock s_saving = new();

    /// <summary>Loads an identity. Its id and public key have to belong to its secret key.</summary>
    /// <param name="path">The file.</param>
    /// <param name="timeProvider">The clock that dates signatures, and by which the stored one is checked; the system's by default.</param>
    /// <returns>The identity, the caller's to dispose of. A signature that peers would refuse, or none, is replaced by a new one.</returns>
    /// <exception cref="NodeIdentityException">There is no identity to be had from the file; the reason is in it.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty or has a zero in it.</exception>
    /// <exception cref="SodiumException">libsodium is missing or can't be used.</exception>
    public static LoadedNodeIdentity Load(string path, TimeProvider? timeProvider = null)
    {
        ThrowIfNoPath(path);
        using var buffer = new SecretBuffer();
        try
        {
            ReadOnlyMemory<byte> json = Read(path, buffer, out bool isOpenToOthers);
            NodeIdentityFault? fault = NodeIdentityJson.TryRead(
                json, timeProvider ?? TimeProvider.System, out NodeIdentity? identity, out bool isSignedAnew);
            return fault is { } wrong
                ? throw new NodeIdentityException(wrong.Error, path, wrong.Member, wrong.What)
                : new LoadedNodeIdentity(identity!, isSignedAnew, isOpenToOthers);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NodeIdentityException(NodeIdentityError.NotFound, path, null, "does not exist", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Inaccessible(path, "read", exception);
        }
    }

    /// <summary>Saves an identity as of one moment, in the place of the file if there is one.</summary>
    /// <param name="identity">The identity.</param>
    /// <param name="path">The file, in a folder that exists.</param>
    /// <exception cref="NodeIdentityException">It can't be saved, and the file is as it was; the reason is in it.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty or has a zero in it.</exception>
    /// <exception cref="ObjectDisposedException">The identity was disposed of.</exception>
    public static void Save(NodeIdentity identity, string path) => Save(identity, path, overwrite: true);

    /// <summary>Saves an identity as of one moment in a new file.</summary>
    /// <param name="identity">The identity.</param>
    /// <param name="path">The file, which must not exist yet, in a folder that does.</param>
    /// <exception cref="NodeIdentityException">It can't be saved, for instance because there is a file; the reason is in it.</exception>
    /// <exception cref="ArgumentException"><paramref name="path"/> is empty or has a zero in it.</exception>
    /// <exception cref="ObjectDisposedException">The identity was disposed of.</exception>
    public static void SaveNew(NodeIdentity identity, string path) => Save(identity, path, overwrite: false);

    private static void Save(NodeIdentity identity, string path, bool overwrite)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ThrowIfNoPath(path);
        try
        {
            lock (s_saving)
            {
                using var json = new SecretBuffer();
                NodeIdentityJson.Write(identity, json);
                Check(path);
                Write(json.Written, path, overwrite);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw !overwrite && File.Exists(path)
                ? new NodeIdentityException(NodeIdentityError.AlreadyExists, path, null, "exists already", exception)
                : Inaccessible(path, "written", exception);
        }
    }

    // The content is a part of the buffer, which the caller disposes of whatever happens here.
    private static ReadOnlyMemory<byte> Read(string path, SecretBuffer buffer, out bool isOpenToOthers)
    {
        Check(path);

        // Pipes, sockets and devices have no length; opening one might wait for ever. That there is no file is for opening it to say: here
        // one that cannot be looked up seems not to exist either.
        var file = new FileInfo(path);
        if (file.Exists && file.Length == 0)
        {
            throw new NodeIdentityException(NodeIdentityError.NotJson, path, null, "is empty");
        }

        // No buffer of the stream's own: the secret is to be where it can be zeroed, and nowhere else.
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0);
        isOpenToOthers = !OperatingSystem.IsWindows() && (File.GetUnixFileMode(stream.SafeFileHandle) & Others) != 0;
        long size = stream.Length;
        if (size > MaxLength)
        {
            throw new NodeIdentityException(NodeIdentityError.TooLong, path, null, $"has {size} bytes, more than {MaxLength}");
        }

        Memory<byte> content = buffer.GetMemory((int)size)[..(int)size];
        return content[..stream.ReadAtLeast(content.Span, content.Length, throwOnEndOfStream: false)];
    }

    private static void Write(ReadOnlySpan<byte> json, string path, bool overwrite)
    {
        string temporary = $"{path}.{Guid.NewGuid():N}.new";
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write, BufferSize = 0 };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = OwnerOnly;
        }

        try
        {
            using (var stream = new FileStream(temporary, options))
            {
                stream.Write(json);
                stream.Flush(flushToDisk: true);
            }

            File.Move(temporary, path, overwrite);
        }
        finally
        {
            // Gone already when all went well.
            File.Delete(temporary);
        }
    }

    private static void Check(string path)
    {
        if (new FileInfo(path).LinkTarget is not null)
        {
            throw new NodeIdentityException(NodeIdentityError.SymbolicLink, path, null, "is a symbolic link");
        }

        if (Directory.Exists(path))
        {
            throw new NodeIdentityException(NodeIdentityError.Inaccessible, path, null, "is a folder");
        }
    }

    private static NodeIdentityException Inaccessible(string path, string what, Exception exception) =>
        new(NodeIdentityError.Inaccessible, path, null, $"can't be {what} ({exception.Message.TrimEnd('.')})", exception);

    private static void ThrowIfNoPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A path has no zero in it.", nameof(path));
        }
    }
}
