using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Metadata;
using Tari.Dht.Dataflow.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.Metadata;

[TestFixture]
internal sealed class DhtMetadataStoreTests
{
    private TemporaryFolder _folder = null!;
    private ManualTimeProvider _time = null!;
    private LogRecorder _log = null!;
    private string _path = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _time = new ManualTimeProvider();
        _log = new LogRecorder();
        _path = _folder["metadata.db"];
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Value_is_none_at_first_then_the_last_one_set([Values] bool withFile)
    {
        await using DhtMetadataStore store = Open(withFile);
        Assert.That(store.Get("key"), Is.Null);
        await store.SetAsync("key", [1, 2]);
        Assert.That(store.Get("key")!.Value.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
        await store.SetAsync("key", [3]);
        await store.SetAsync("other", []);
        Assert.That(store.Get("key")!.Value.ToArray(), Is.EqualTo(new byte[] { 3 }));
        Assert.That(store.Get("other")!.Value.Length, Is.Zero);
    }

    [Test]
    public async Task Restart_keeps_what_was_set()
    {
        await using (DhtMetadataStore store = Open())
        {
            await store.SetAsync("key", [1, 2]);
            await store.SetAsync("key", [3]);
            await store.SetAsync("empty", []);
        }

        Assert.That(_folder.Snapshot().Keys, Is.EqualTo<string>([_path]), "no log is left");
        await using (DhtMetadataStore store = Open())
        {
            Assert.That(store.Get("key")!.Value.ToArray(), Is.EqualTo(new byte[] { 3 }));
            Assert.That(store.Get("empty")!.Value.Length, Is.Zero);
        }
    }

    [Test]
    public async Task File_that_was_only_read_is_as_it_was()
    {
        await using (DhtMetadataStore store = Open())
        {
            await store.SetAsync("key", [1]);
        }

        SortedDictionary<string, string> before = _folder.Snapshot();
        await using (DhtMetadataStore store = Open())
        {
            Assert.That(store.Get("key"), Is.Not.Null);
        }

        Assert.That(_folder.Snapshot(), Is.EqualTo(before));
    }

    [Test]
    public async Task Change_is_visible_at_once_and_written_on_the_scheduler()
    {
        var scheduler = new QueuedTaskScheduler();
        Task<DhtMetadataStore> opening = DhtMetadataStore.OpenAsync(Options() with { TaskScheduler = scheduler });
        Assert.That(opening.IsCompleted, Is.False);
        scheduler.RunAll();
        DhtMetadataStore store = await opening;
        Task first = store.SetAsync("key", [1]);
        Task second = store.SetAsync("key", [2]);
        Assert.That(store.Get("key")!.Value.ToArray(), Is.EqualTo(new byte[] { 2 }));
        Assert.That(first.IsCompleted || second.IsCompleted, Is.False);
        scheduler.RunAll();
        await Task.WhenAll(first, second);
        SqliteFiles.Copy(_path, _folder["copy.db"]);
        Assert.That(SqliteFiles.Query(_folder["copy.db"], "SELECT hex(value) FROM dht_metadata"), Is.EqualTo<string>(["02"]));
        ValueTask disposal = store.DisposeAsync();
        scheduler.RunAll();
        await disposal;
    }

    [Test]
    public async Task Failed_write_is_told_and_tried_again()
    {
        SqliteDatabase database = SqliteDatabase.Open(_path, SqliteMetadataTable.Schema);
        var store = new DhtMetadataStore(Options(), new SqliteMetadataTable(database));
        await store.SetAsync("before", [1]);
        database.Execute("DROP TABLE dht_metadata");
        Assert.That(
            async () => await store.SetAsync("key", [2]),
            Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.Damaged));
        Assert.That(store.Get("key")!.Value.ToArray(), Is.EqualTo(new byte[] { 2 }), "the value stays in memory");
        Assert.That(_log.Count(StorageEventId.MetadataWriteFailed), Is.EqualTo(1));
        database.Execute(SqliteMetadataTable.Schema.StepTo(1));
        _time.Advance(TimeSpan.FromSeconds(1));
        Assert.That(_log.Count(StorageEventId.MetadataWriteRecovered), Is.EqualTo(1));
        await store.DisposeAsync();
        Assert.That(SqliteFiles.Query(_path, "SELECT key FROM dht_metadata"), Is.EqualTo<string>(["key"]));
        Assert.That(_log.Count(StorageEventId.MetadataLostOnClose), Is.Zero);
    }

    [Test]
    public async Task What_cannot_be_written_at_the_end_is_logged()
    {
        SqliteDatabase database = SqliteDatabase.Open(_path, SqliteMetadataTable.Schema);
        var store = new DhtMetadataStore(Options(), new SqliteMetadataTable(database));
        database.Execute("DROP TABLE dht_metadata");
        Assert.That(async () => await store.SetAsync("key", [2]), Throws.InstanceOf<DhtStorageException>());
        await store.DisposeAsync();
        Assert.That(_log.Count(StorageEventId.MetadataLostOnClose), Is.EqualTo(1));
    }

    [Test]
    public async Task Closed_store_refuses()
    {
        DhtMetadataStore store = Open();
        await store.DisposeAsync();
        await store.DisposeAsync();
        Assert.That(() => store.Get("key"), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => store.SetAsync("key", []), Throws.InstanceOf<ObjectDisposedException>());
    }

    [Test]
    public async Task Second_store_on_one_file_is_refused()
    {
        await using DhtMetadataStore store = Open();
        AssertRefused(DhtStorageError.InUse);
    }

    [Test]
    public void File_of_another_kind_is_refused_and_left_alone()
    {
        SqliteFiles.Execute(_path, "PRAGMA application_id = 7; CREATE TABLE t (x)");
        AssertRefused(DhtStorageError.ForeignDatabase);
    }

    [Test]
    public void File_that_is_no_database_is_refused_and_left_alone()
    {
        File.WriteAllText(_path, new string('x', 5000));
        AssertRefused(DhtStorageError.NotADatabase);
    }

    [Test]
    public async Task File_of_a_newer_version_is_refused_and_left_alone()
    {
        await Open().DisposeAsync();
        SqliteFiles.Execute(_path, "PRAGMA user_version = 99");
        AssertRefused(DhtStorageError.NewerVersion);
    }

    [Test]
    public async Task File_with_another_table_is_refused_and_left_alone()
    {
        await Open().DisposeAsync();
        SqliteFiles.Execute(_path, "CREATE TABLE more (x)");
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public async Task Entries_of_unknown_keys_stay()
    {
        await Open().DisposeAsync();
        SqliteFiles.Execute(_path, "INSERT INTO dht_metadata VALUES ('future', x'0102')");
        await using (DhtMetadataStore store = Open())
        {
            await store.SetAsync("key", [1]);
        }

        Assert.That(SqliteFiles.Query(_path, "SELECT key FROM dht_metadata ORDER BY key"), Is.EqualTo<string>(["future", "key"]));
    }

    [Test]
    public async Task Many_writers_at_once_lose_nothing()
    {
        await using (DhtMetadataStore store = DhtMetadataStore.Open(Options() with { TaskScheduler = TaskScheduler.Default }))
        {
            await Parallel.ForAsync(0, 200, async (i, _) => await store.SetAsync($"key {i}", [(byte)i]));
        }

        Assert.That(SqliteFiles.Query(_path, "SELECT count(*) FROM dht_metadata"), Is.EqualTo<string>(["200"]));
    }

    [Test]
    public void Options_out_of_range_are_a_mistake_of_the_caller()
    {
        Assert.That(() => DhtMetadataStore.Open(Options() with { DatabasePath = " " }), Throws.InstanceOf<ArgumentException>());
        Assert.That(
            () => DhtMetadataStore.Open(Options() with { RetryInterval = TimeSpan.Zero }),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    private void AssertRefused(DhtStorageError error)
    {
        SortedDictionary<string, string> before = _folder.Snapshot();
        Assert.That(
            () => Open(), Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(error));
        Assert.That(_folder.Snapshot(), Is.EqualTo(before));
    }

    private DhtMetadataStoreOptions Options() =>
        new() { DatabasePath = _path, TimeProvider = _time, TaskScheduler = new InlineTaskScheduler(), Logger = _log };

    private DhtMetadataStore Open(bool withFile = true) => DhtMetadataStore.Open(Options() with { DatabasePath = withFile ? _path : null });
}
