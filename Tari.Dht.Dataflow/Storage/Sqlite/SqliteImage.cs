using System.Buffers.Binary;
using System.Security.Cryptography;
using SQLitePCL;

namespace Tari.Dht.Dataflow.Storage.Sqlite;

/// <summary>The content of a database file in memory, with its log played back; the files are only read.</summary>
/// <remarks>
/// For a file that cannot be written: SQLite needs to write to play a log back, and a copy on disk needs a disk with room. Not thread safe.
/// </remarks>
internal sealed class SqliteImage : IDisposable
{
    private const int PageSizeOffset = 16;
    private const int JournalModeOffset = 18;
    private const int HeaderLength = 100;

    private readonly int _length;
    private IntPtr _data;

    private SqliteImage(IntPtr data, int length)
    {
        _data = data;
        _length = length;
    }

    /// <summary>The digest of all pages, as <see cref="SqliteDatabase.ContentHash"/> finds it.</summary>
    public byte[] ContentHash { get; private set; } = [];

    private unsafe Span<byte> Bytes => new((void*)_data, _length);

    /// <summary>Reads a file and its log.</summary>
    /// <param name="path">A file that starts like a database.</param>
    /// <returns>Null when they cannot be read, or have more than 1 GiB or than there is room for.</returns>
    /// <exception cref="DhtStorageException">They make no sense.</exception>
    public static SqliteImage? TryRead(string path)
    {
        const int MaxLength = 1 << 30;
        try
        {
            byte[] log = [];
            if (new FileInfo(path + "-wal") is { Exists: true } logFile)
            {
                if (logFile.Length > MaxLength)
                {
                    return null;
                }

                using FileStream logStream = OpenRead(logFile.FullName);
                log = new byte[(int)Math.Min(logStream.Length, MaxLength)];
                logStream.ReadAtLeast(log, log.Length, throwOnEndOfStream: false);
            }

            using FileStream stream = OpenRead(path);
            Span<byte> header = stackalloc byte[HeaderLength];
            stream.ReadExactly(header);
            int pageSize = BinaryPrimitives.ReadUInt16BigEndian(header[PageSizeOffset..]);
            pageSize = pageSize == 1 ? 65_536 : pageSize;
            var pages = new Dictionary<uint, int>();
            if (!int.IsPow2(pageSize) || pageSize < 512 || !SqliteLog.TryRead(log, pageSize, pages, out uint pageCount))
            {
                throw SqliteErrors.Create(DhtStorageError.Damaged, path, "has a header or a log that makes no sense");
            }

            long length = pageCount == 0 ? stream.Length : (long)pageCount * pageSize;
            IntPtr data = length > MaxLength ? IntPtr.Zero : raw.sqlite3_malloc64(length);
            if (data == IntPtr.Zero)
            {
                return null;
            }

            var image = new SqliteImage(data, (int)length);
            try
            {
                image.Fill(stream, log, pageSize, pages);
                return image;
            }
            catch
            {
                image.Dispose();
                throw;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The caller has a better reason to give: why the file could not be opened.
            return null;
        }
    }

    /// <summary>Hands the bytes over; the receiver frees them with <c>sqlite3_free</c>.</summary>
    public (IntPtr Data, int Length) Detach() => (Interlocked.Exchange(ref _data, IntPtr.Zero), _length);

    public void Dispose() => raw.sqlite3_free(Interlocked.Exchange(ref _data, IntPtr.Zero));

    private static FileStream OpenRead(string path) =>
        new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite | FileShare.Delete, bufferSize: 0);

    private void Fill(FileStream stream, ReadOnlySpan<byte> log, int pageSize, Dictionary<uint, int> pages)
    {
        stream.Position = 0;
        int read = stream.ReadAtLeast(Bytes, _length, throwOnEndOfStream: false);
        Bytes[read..].Clear();
        foreach ((uint page, int start) in pages)
        {
            // Pages that a later transaction cut off are in the log as well.
            if (page <= _length / pageSize)
            {
                log.Slice(start, pageSize).CopyTo(Bytes[(int)((page - 1) * (long)pageSize)..]);
            }
        }

        ContentHash = SHA256.HashData(Bytes);

        // In memory there is no log; SQLite would refuse a database that says it has one.
        Bytes.Slice(JournalModeOffset, 2).Fill(1);
    }
}
