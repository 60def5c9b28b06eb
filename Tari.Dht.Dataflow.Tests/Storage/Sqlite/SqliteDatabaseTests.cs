using System.Net.Sockets;
using System.Runtime.Versioning;
using System.Text;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Support;

using Tari.Dht.Dataflow.Tests.Storage.Dedup;

namespace Tari.Dht.Dataflow.Tests.Storage.Sqlite;

/// <summary>Files that must not be used, and must be as they were afterwards.</summary>
[TestFixture]
internal sealed class SqliteDatabaseTests
{
    private TemporaryFolder _folder = null!;
    private string _path = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _path = _folder["dedup.db"];
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Text_file_is_not_a_database()
    {
        File.WriteAllText(_path, new string('x', 5000));
        AssertRefused(DhtStorageError.NotADatabase);
    }

    [Test]
    public void Empty_file_is_not_a_database()
    {
        File.WriteAllText(_path, "");
        AssertRefused(DhtStorageError.NotADatabase);
    }

    [Test]
    public void Short_file_is_not_a_database()
    {
        File.WriteAllBytes(_path, Encoding.ASCII.GetBytes("SQLite format 3\0"));
        AssertRefused(DhtStorageError.NotADatabase);
    }

    [Test]
    public void Folder_is_refused()
    {
        Directory.CreateDirectory(_path);
        AssertRefused(DhtStorageError.Inaccessible);
    }

    [Test]
    public void Path_through_a_file_is_refused()
    {
        File.WriteAllText(_folder["file"], "not a folder");
        _path = System.IO.Path.Combine(_folder["file"], "dedup.db");
        AssertRefused(DhtStorageError.Inaccessible);
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void Socket_is_refused()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        socket.Bind(new UnixDomainSocketEndPoint(_path));
        Assert.That(
            () => SqliteDedupStore.Open(_path),
            Throws.InstanceOf<DhtStorageException>()
                .With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.NotADatabase));
        Assert.That(File.Exists(_path), Is.True);
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void Symbolic_link_is_refused_even_to_a_good_file(
        [Values("", "-wal", "-journal", "-shm")] string suffix, [Values(false, true)] bool dangling)
    {
        Make(_folder["target.db"]);
        if (suffix.Length > 0)
        {
            Make(_path);
        }

        File.CreateSymbolicLink(_path + suffix, dangling ? _folder["nothing"] : _folder["target.db"]);
        AssertRefused(DhtStorageError.SymbolicLink);
    }

    [Test]
    public void Database_of_another_program_is_refused()
    {
        SqliteFiles.Execute(_path, "CREATE TABLE theirs (a); INSERT INTO theirs VALUES (1)");
        AssertRefused(DhtStorageError.ForeignDatabase);
    }

    [Test]
    public void Newer_version_is_refused()
    {
        Make(_path);
        SqliteFiles.Execute(_path, "PRAGMA user_version = 2");
        AssertRefused(DhtStorageError.NewerVersion);
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void Version_that_never_was_is_damage(int version)
    {
        Make(_path);
        SqliteFiles.Execute(_path, $"PRAGMA user_version = {version}");
        AssertRefused(DhtStorageError.Damaged);
    }

    [TestCase("DROP TABLE dedup_cache")]
    [TestCase("CREATE TABLE more (a)")]
    [TestCase("CREATE INDEX more ON dedup_cache (key)")]
    [TestCase("ALTER TABLE dedup_cache ADD COLUMN more INTEGER")]
    [TestCase("DROP TABLE dedup_cache; CREATE TABLE dedup_cache (slot)")]
    public void Other_tables_than_those_of_the_library_are_damage(string change)
    {
        Make(_path);
        SqliteFiles.Execute(_path, change);
        AssertRefused(DhtStorageError.Damaged);
    }

    [TestCase("slot = -1")]
    [TestCase("slot = 10100000")]
    [TestCase("slot = 9223372036854775807")]
    [TestCase("key = zeroblob(33)")]
    [TestCase("sender = zeroblob(31)")]
    [TestCase("sender = zeroblob(33)")]
    [TestCase("hits = 0")]
    [TestCase("hits = -1")]
    [TestCase("hits = 4294967295")]
    [TestCase("stored_at = -1")]
    [TestCase("last_hit_at = 9223372036854775807")]
    [TestCase("keep_until = -5")]
    [TestCase("is_signed = 2")]
    public void Rows_that_make_no_sense_are_damage(string change)
    {
        Make(_path);
        SqliteFiles.Execute(_path, $"UPDATE dedup_cache SET {change} WHERE slot = 2");
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public void Two_rows_of_one_key_and_one_time_are_damage()
    {
        Make(_path);
        const string Columns = "key, sender, hits, stored_at, last_hit_at, keep_until, is_signed";
        SqliteFiles.Execute(_path, $"INSERT INTO dedup_cache SELECT 999, {Columns} FROM dedup_cache WHERE slot = 2");
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public void Damaged_pages_are_found_wherever_they_are([Values(100, 4096, 8192, 12288)] int offset)
    {
        Make(_path, entries: 500);
        byte[] bytes = File.ReadAllBytes(_path);
        bytes.AsSpan(offset, 200).Fill(0xee);
        File.WriteAllBytes(_path, bytes);
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public void File_that_was_cut_short_is_damage()
    {
        Make(_path, entries: 500);
        byte[] bytes = File.ReadAllBytes(_path);
        File.WriteAllBytes(_path, bytes[..8192]);
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public void Damaged_file_with_a_log_keeps_its_log()
    {
        Make(_path, entries: 500);
        CopyWithLog(_path, _folder["copy.db"]);
        _path = _folder["copy.db"];
        byte[] bytes = File.ReadAllBytes(_path);
        bytes.AsSpan(8192, 200).Fill(0xee);
        File.WriteAllBytes(_path, bytes);
        Assert.That(new FileInfo(_path + "-wal").Length, Is.Positive);
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public async Task Log_that_a_crash_left_is_played_back()
    {
        Make(_path, entries: 500);
        CopyWithLog(_path, _folder["copy.db"]);
        Assert.That(new FileInfo(_folder["copy.db"] + "-wal").Length, Is.Positive);
        await using var cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = _folder["copy.db"] });
        Assert.That(cache.HitCount(9999), Is.EqualTo(1));
        Assert.That(cache.Count, Is.EqualTo(501));
    }

    [Test]
    public void Log_without_its_database_is_not_played_into_a_new_one()
    {
        File.WriteAllText(_path + "-wal", "an old log");
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public void Rollback_journal_of_someone_else_is_not_played_back()
    {
        Make(_path);
        File.WriteAllText(_path + "-journal", "a journal");
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public async Task Second_cache_of_this_process_is_refused_at_once_and_the_first_goes_on()
    {
        await using var first = DedupCache.Open(new DedupCacheOptions { DatabasePath = _path });
        first.Hit(1);
        await first.FlushAsync();
        AssertRefused(DhtStorageError.InUse);
        Assert.That(first.Hit(1), Is.EqualTo(2));
        await first.FlushAsync();
    }

    [Test]
    public async Task Refused_file_can_be_opened_once_it_is_right_again()
    {
        Make(_path);
        byte[] good = File.ReadAllBytes(_path);
        SqliteFiles.Execute(_path, "PRAGMA user_version = 2");
        AssertRefused(DhtStorageError.NewerVersion);
        File.WriteAllBytes(_path, good);
        await using var cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = _path });
        Assert.That(cache.Count, Is.EqualTo(5));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void File_that_may_not_be_read_or_written_is_refused(
        [Values(UnixFileMode.None, UnixFileMode.UserRead)] UnixFileMode mode)
    {
        Assume.That(Environment.IsPrivilegedProcess, Is.False, "this user may read and write anything");
        Make(_path);
        File.SetUnixFileMode(_path, mode);
        Assert.That(
            () => SqliteDedupStore.Open(_path),
            Throws.InstanceOf<DhtStorageException>()
                .With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.Inaccessible));
        Assert.That(File.GetUnixFileMode(_path), Is.EqualTo(mode));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public async Task New_file_and_its_new_folders_belong_to_the_owner_alone()
    {
        _path = System.IO.Path.Combine(_folder["a"], "b", "dedup.db");
        await using (var cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = _path }))
        {
            cache.Hit(1);
            await cache.FlushAsync();
            Assert.That(File.GetUnixFileMode(_path + "-wal"), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
        }

        const UnixFileMode Folder = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Assert.Multiple(() =>
        {
            Assert.That(File.GetUnixFileMode(_path), Is.EqualTo(UnixFileMode.UserRead | UnixFileMode.UserWrite));
            Assert.That(File.GetUnixFileMode(_folder["a"]), Is.EqualTo(Folder));
            Assert.That(File.GetUnixFileMode(System.IO.Path.Combine(_folder["a"], "b")), Is.EqualTo(Folder));
        });
    }

    [Test]
    public void New_file_has_the_kind_and_the_version_in_its_header_and_the_log_turned_on()
    {
        Make(_path);
        byte[] header = File.ReadAllBytes(_path)[..100];
        Assert.Multiple(() =>
        {
            Assert.That(Encoding.ASCII.GetString(header, 68, 4), Is.EqualTo("TDdc"));
            Assert.That(header[60..64], Is.EqualTo<byte>([0, 0, 0, 1]));
            Assert.That(header[18..20], Is.EqualTo<byte>([2, 2]), "write-ahead log");
        });
    }

    private static void Make(string path, int entries = 5)
    {
        var cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = path, TaskScheduler = new InlineTaskScheduler() });
        for (int key = 0; key < entries; key++)
        {
            cache.Hit(key);
        }

        cache.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    /// <summary>Copies a database with a log that holds one entry more, as a crash would leave them.</summary>
    private static void CopyWithLog(string path, string copy)
    {
        var cache = DedupCache.Open(new DedupCacheOptions { DatabasePath = path, TaskScheduler = new InlineTaskScheduler() });
        cache.Hit(9999);
        Assert.That(cache.FlushAsync().IsCompleted, Is.True);
        File.Copy(path, copy);
        File.Copy(path + "-wal", copy + "-wal");
        cache.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }

    private void AssertRefused(DhtStorageError error)
    {
        SortedDictionary<string, string> before = _folder.Snapshot();
        DhtStorageException exception = Assert.Throws<DhtStorageException>(
            () => DedupCache.Open(new DedupCacheOptions { DatabasePath = _path }))!;
        Assert.Multiple(() =>
        {
            Assert.That(exception.Error, Is.EqualTo(error), exception.Message);
            Assert.That(exception.Path, Is.EqualTo(_path));
            Assert.That(exception.Message, Does.Contain(_path));
            Assert.That(_folder.Snapshot(), Is.EqualTo(before), "nothing in the folder has changed");
        });
    }
}
