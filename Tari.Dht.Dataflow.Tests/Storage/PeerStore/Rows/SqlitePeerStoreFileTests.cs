using System.Runtime.Versioning;
using Microsoft.Data.Sqlite;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Dedup;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;
using Tari.Dht.Dataflow.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;

/// <summary>Files that must not be used, and files and folders that cannot be written.</summary>
[TestFixture]
internal sealed class SqlitePeerStoreFileTests : SqlitePeerStoreFixture
{
    [Test]
    public void Text_file_is_refused()
    {
        File.WriteAllText(StorePath, new string('x', 5000));
        AssertRefused(DhtStorageError.NotADatabase);
    }

    [Test]
    public void File_of_another_part_of_the_library_is_refused()
    {
        SqliteDatabase.Open(StorePath, SqliteDedupStore.Schema).Dispose();
        AssertRefused(DhtStorageError.ForeignDatabase);
    }

    [Test]
    public void File_of_peers_is_no_duplicate_cache()
    {
        Save(1);
        Assert.That(
            () => SqliteDedupStore.Open(StorePath),
            Throws.InstanceOf<DhtStorageException>()
                .With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.ForeignDatabase));
    }

    [Test]
    public void Newer_file_is_refused()
    {
        Save(1);
        SqliteFiles.Execute(StorePath, "PRAGMA user_version = 2");
        AssertRefused(DhtStorageError.NewerVersion);
    }

    [TestCase("DROP TABLE owner")]
    [TestCase("CREATE INDEX more ON addresses (address)")]
    [TestCase("ALTER TABLE peers ADD COLUMN more INTEGER")]
    public void Other_tables_than_those_of_the_library_are_damage(string change)
    {
        Save(1);
        SqliteFiles.Execute(StorePath, change);
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public void Damaged_pages_are_found_wherever_they_are([Values(100, 4096, 8192, 12288, 16384, 40960)] int offset)
    {
        Save(500);
        byte[] bytes = File.ReadAllBytes(StorePath);
        bytes.AsSpan(offset, 200).Fill(0xee);
        File.WriteAllBytes(StorePath, bytes);
        AssertRefused(DhtStorageError.Damaged);
    }

    [Test]
    public void Folder_is_refused()
    {
        Directory.CreateDirectory(StorePath);
        AssertRefused(DhtStorageError.Inaccessible);
    }

    [Test]
    public void Path_through_a_file_is_refused()
    {
        File.WriteAllText(Folder["file"], "not a folder");
        StorePath = Path.Combine(Folder["file"], "deep", "peers.db");
        AssertRefused(DhtStorageError.Inaccessible);
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Path_through_a_link_that_leads_nowhere_is_refused()
    {
        Directory.CreateSymbolicLink(Folder["link"], Folder["nothing"]);
        StorePath = Path.Combine(Folder["link"], "peers.db");
        AssertRefused(DhtStorageError.Inaccessible);
    }

    [Test]
    [Platform(Exclude = "Win")]
    public void Symbolic_link_is_refused()
    {
        Save(1);
        File.CreateSymbolicLink(Folder["link.db"], StorePath);
        StorePath = Folder["link.db"];
        AssertRefused(DhtStorageError.SymbolicLink);
    }

    [Test]
    public void Second_store_of_this_process_is_refused_and_the_first_goes_on()
    {
        Save(1);
        using SqlitePeerStore first = Open();
        AssertRefused(DhtStorageError.InUse);
        Assert.That(first.Load().Count(), Is.EqualTo(1));
    }

    [Test]
    public void Folder_that_can_never_hold_a_file_gives_an_empty_store_that_cannot_be_written()
    {
        if (!OperatingSystem.IsLinux())
        {
            Assert.Ignore("There is no such folder here.");
        }

        StorePath = "/proc/tari-dht-dataflow/peers.db";
        using SqlitePeerStore store = Open();
        Assert.That(store.WriteFailure?.Error, Is.EqualTo(DhtStorageError.Inaccessible));
        Assert.That(store.Load(), Is.Empty);
        AssertUnwritable(store);
        AssertUnwritable(store);
        AssertRefused(DhtStorageError.InUse);
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void File_that_is_missing_in_a_folder_that_cannot_be_written_is_made_as_soon_as_it_can()
    {
        SqlitePeerStore store;
        using (new WriteProtection(Folder.Path))
        {
            store = Open();
            Assert.That(store.WriteFailure?.Error, Is.EqualTo(DhtStorageError.Inaccessible));
            Assert.That(store.Load(), Is.Empty);
            AssertUnwritable(store);
            Assert.That(Folder.Snapshot(), Is.Empty);
        }

        using (store)
        {
            Write(store, StoredPeers.Plain(1));
            Assert.That(store.WriteFailure, Is.Null);
        }

        AssertHolds(1);
        Assert.That(SqliteFiles.Query(StorePath, "SELECT count(*) FROM owner"), Is.EqualTo<string>(["1"]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void File_that_cannot_be_written_is_read_and_is_written_as_soon_as_it_can([Values] bool folderToo, [Values] bool withLog)
    {
        Save(3);
        if (withLog)
        {
            LeaveLog(4);
        }

        int stored = withLog ? 4 : 3;
        SortedDictionary<string, string> before = Folder.Snapshot();
        Assert.That(before, Has.Count.EqualTo(withLog ? 2 : 1));
        SqlitePeerStore store;
        using (new WriteProtection(StorePath))
        {
            using WriteProtection? folder = folderToo ? new WriteProtection(Folder.Path) : null;
            store = Open();
            Assert.That(store.WriteFailure?.Error, Is.EqualTo(DhtStorageError.Inaccessible));
            Assert.That(store.Load().Select(StoredPeers.Describe), Is.EqualTo(Expected(stored)));
            AssertUnwritable(store);
            AssertUnwritable(store);
            Assert.That(Folder.Snapshot(), Is.EqualTo(before));
        }

        using (store)
        {
            Write(store, StoredPeers.Plain(stored + 1));
            Assert.That(store.WriteFailure, Is.Null);
            Write(store, StoredPeers.Plain(stored + 2));
        }

        AssertHolds(stored + 2);
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void File_in_a_folder_that_cannot_be_written_is_read_with_its_log([Values] bool withLog)
    {
        Save(3);
        if (withLog)
        {
            LeaveLog(4);
        }

        int stored = withLog ? 4 : 3;
        SortedDictionary<string, string> before = Folder.Snapshot();
        using (new WriteProtection(Folder.Path))
        {
            // With its log there already, SQLite may well be able to write.
            using SqlitePeerStore store = Open();
            Assert.That(store.WriteFailure is null, Is.EqualTo(withLog));
            Assert.That(store.Load().Select(StoredPeers.Describe), Is.EqualTo(Expected(stored)));
        }

        Assert.That(Folder.Snapshot(), Is.EqualTo(before));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void Store_that_was_never_written_leaves_everything_as_it_was()
    {
        Save(3);
        SortedDictionary<string, string> before = Folder.Snapshot();
        using (new WriteProtection(StorePath))
        {
            using SqlitePeerStore store = SqlitePeerStore.Open(StorePath, StoredPeers.OwnerOf(5), Log);
            Assert.That(store.WriteFailure, Is.Not.Null);
            Assert.That(Log.Count(StorageEventId.PeerStoreOwnerReplaced), Is.EqualTo(1));
        }

        Assert.That(Folder.Snapshot(), Is.EqualTo(before));
        AssertHolds(3);
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void Another_owner_is_written_once_the_file_can_be()
    {
        Save(3);
        using (var protection = new WriteProtection(StorePath))
        {
            using SqlitePeerStore store = SqlitePeerStore.Open(StorePath, StoredPeers.OwnerOf(5), Log);
            protection.Dispose();
            store.Begin();
            store.Commit();
        }

        Assert.That(
            SqliteFiles.Query(StorePath, "SELECT hex(public_key) FROM owner"),
            Is.EqualTo<string>([Convert.ToHexString(StoredPeers.OwnerOf(5).PublicKey.Bytes)]));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void File_that_someone_changed_while_it_could_not_be_written_is_not_written_over()
    {
        Save(3);
        SqlitePeerStore store;
        using (new WriteProtection(StorePath))
        {
            store = Open();
        }

        SqliteFiles.Execute(StorePath, "UPDATE peers SET user_agent = 'someone else' WHERE id = 2");
        SortedDictionary<string, string> before = Folder.Snapshot();
        using (store)
        {
            AssertUnwritable(store, DhtStorageError.InUse);
            AssertUnwritable(store, DhtStorageError.InUse);
        }

        Assert.That(Folder.Snapshot(), Is.EqualTo(before));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void File_that_someone_removed_while_it_could_not_be_written_is_not_made_anew()
    {
        Save(3);
        SqlitePeerStore store;
        using (new WriteProtection(StorePath))
        {
            store = Open();
        }

        File.Delete(StorePath);
        using (store)
        {
            AssertUnwritable(store, DhtStorageError.InUse);
        }

        Assert.That(Folder.Snapshot(), Is.Empty);
    }

    [Test]
    public void Store_closed_in_the_middle_of_everything_lets_go_of_the_file()
    {
        Save(3);
        SqlitePeerStore store = Open();
        using IEnumerator<Peer> peers = store.Load().GetEnumerator();
        Assert.That(peers.MoveNext(), Is.True);
        store.Begin();
        store.Save(StoredPeers.Plain(9));
        store.Dispose();
        AssertHolds(3);
        Assert.That(Folder.Snapshot().Keys, Is.EqualTo<string>([StorePath]));
    }

    [Test]
    public void Store_that_is_told_no_owner_leaves_the_one_it_has()
    {
        Save(1);
        SortedDictionary<string, string> before = Folder.Snapshot();
        SqlitePeerStore.Open(StorePath, null, Log).Dispose();
        Assert.That(Folder.Snapshot(), Is.EqualTo(before));
        Assert.That(Log.Entries, Is.Empty);
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void File_that_someone_made_while_it_could_not_be_made_is_not_written_over()
    {
        Save(3);
        string elsewhere = Folder["elsewhere.db"];
        File.Move(StorePath, elsewhere);
        SqlitePeerStore store;
        using (new WriteProtection(Folder.Path))
        {
            store = Open();
        }

        File.Move(elsewhere, StorePath);
        using (store)
        {
            AssertUnwritable(store, DhtStorageError.InUse);
        }

        AssertHolds(3);
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void File_that_cannot_be_written_but_is_in_use_elsewhere_is_refused()
    {
        Save(3);
        using SqliteConnection other = SqliteFiles.Open(StorePath);
        using SqliteCommand command = other.CreateCommand();
        command.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE; UPDATE owner SET features = 0;";
        command.ExecuteNonQuery();
        using (new WriteProtection(StorePath))
        {
            AssertRefused(DhtStorageError.InUse);
        }
    }

    [Test]
    [Platform(Exclude = "Win")]
    [UnsupportedOSPlatform("windows")]
    public void File_that_cannot_be_written_and_is_damaged_is_refused()
    {
        Save(500);
        byte[] bytes = File.ReadAllBytes(StorePath);
        bytes.AsSpan(8192, 200).Fill(0xee);
        File.WriteAllBytes(StorePath, bytes);
        using (new WriteProtection(StorePath))
        {
            AssertRefused(DhtStorageError.Damaged);
        }
    }

    [Test]
    public void Write_that_finds_no_room_fails_and_succeeds_when_there_is_some()
    {
        SqliteDatabase database = SqliteDatabase.Open(StorePath, SqlitePeerStore.Schema);
        using (var store = new SqlitePeerStore(database, StoredPeers.Owner, Log))
        {
            Assert.That(store.WriteFailure, Is.Null);
            Write(store, StoredPeers.Plain(1));
            database.Execute("PRAGMA max_page_count = 5");
            Assert.That(
                () => Write(store, [.. Enumerable.Range(2, 200).Select(id => StoredPeers.Plain(id))]),
                Throws.InstanceOf<DhtStorageException>()
                    .With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.InputOutput));
            store.Rollback();
            database.Execute("PRAGMA max_page_count = 100000");
            Write(store, [.. Enumerable.Range(2, 200).Select(id => StoredPeers.Plain(id))]);
        }

        AssertHolds(201);
    }

    [Test]
    public void Owner_who_cannot_be_written_at_opening_comes_with_the_first_transaction()
    {
        SqliteDatabase database = SqliteDatabase.Open(StorePath, SqlitePeerStore.Schema);
        database.Execute("PRAGMA query_only = ON");
        using (var store = new SqlitePeerStore(database, StoredPeers.Owner, Log))
        {
            Assert.That(store.WriteFailure?.Error, Is.EqualTo(DhtStorageError.Inaccessible));
            Assert.That(store.Load(), Is.Empty);
            AssertUnwritable(store);
            database.Execute("PRAGMA query_only = OFF");
            Write(store, StoredPeers.Plain(1));
            Assert.That(store.WriteFailure, Is.Null);
        }

        AssertHolds(1);
        Assert.That(SqliteFiles.Query(StorePath, "SELECT count(*) FROM owner"), Is.EqualTo<string>(["1"]));
    }

    [Test]
    [Platform("Linux")]
    public void Full_disk_at_opening_is_no_reason_to_fail_and_the_file_is_made_when_there_is_room()
    {
        using var child = new ChildProcess(PeerDiskProgram.Verb, StorePath, "new");
        Assert.That(child.ReadLine(), Is.EqualTo("opened InputOutput 0"));
        Assert.That(child.ReadLine(), Is.EqualTo("write InputOutput"));
        Assert.That(child.ReadLine(), Is.EqualTo("write None"));
        Assert.That(child.ReadLine(), Is.EqualTo("closed"));
        AssertHolds(1);
        Assert.That(Folder.Snapshot().Keys, Is.EqualTo<string>([StorePath]), "no half-made file is left");
    }

    [Test]
    [Platform("Linux")]
    public void Full_disk_with_a_file_is_read_and_written_when_there_is_room([Values] bool withLog)
    {
        Save(3);
        if (withLog)
        {
            LeaveLog(4);
        }

        int stored = withLog ? 4 : 3;
        using var child = new ChildProcess(PeerDiskProgram.Verb, StorePath, "existing");
        Assert.That(child.ReadLine(), Is.EqualTo($"opened None {stored}"));
        Assert.That(child.ReadLine(), Is.EqualTo("write InputOutput"));
        Assert.That(child.ReadLine(), Is.EqualTo("write None"));
        Assert.That(child.ReadLine(), Is.EqualTo("closed"));
        AssertHolds(stored + 1);
    }

    private static string[] Expected(int count) =>
        [.. Enumerable.Range(1, count).Select(id => StoredPeers.Describe(StoredPeers.Plain(id)))];

    private static void Write(SqlitePeerStore store, params ReadOnlySpan<Peer> peers)
    {
        store.Begin();
        foreach (Peer peer in peers)
        {
            store.Save(peer);
        }

        store.Commit();
    }

    private static void AssertUnwritable(SqlitePeerStore store, DhtStorageError error = DhtStorageError.Inaccessible)
    {
        Assert.That(
            store.Begin, Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(error));
        store.Rollback();
    }

    /// <summary>Makes a file with peers of ids from 1.</summary>
    private void Save(int count)
    {
        using SqlitePeerStore store = Open();
        Write(store, [.. Enumerable.Range(1, count).Select(id => StoredPeers.Plain(id))]);
    }

    /// <summary>Adds a peer as a crash would leave it: in the log.</summary>
    private void LeaveLog(int id)
    {
        string copy = Folder["copy.db"];
        using (SqlitePeerStore store = Open())
        {
            Write(store, StoredPeers.Plain(id));
            SqliteFiles.Copy(StorePath, copy);
        }

        File.Move(copy, StorePath, overwrite: true);
        File.Move(copy + "-wal", StorePath + "-wal");
        Assert.That(new FileInfo(StorePath + "-wal").Length, Is.Positive);
    }

    private void AssertHolds(int count)
    {
        using SqlitePeerStore store = Open();
        Assert.That(store.Load().Select(StoredPeers.Describe), Is.EqualTo(Expected(count)));
        Assert.That(store.Skipped, Is.Zero);
        Assert.That(store.WriteFailure, Is.Null);
    }

    private void AssertRefused(DhtStorageError error)
    {
        SortedDictionary<string, string> before = Folder.Snapshot();
        DhtStorageException exception = Assert.Throws<DhtStorageException>(() => Open().Dispose())!;
        Assert.Multiple(() =>
        {
            Assert.That(exception.Error, Is.EqualTo(error), exception.Message);
            Assert.That(exception.Path, Is.EqualTo(StorePath));
            Assert.That(exception.Message, Does.Contain(StorePath));
            Assert.That(Folder.Snapshot(), Is.EqualTo(before), "nothing in the folder has changed");
        });
    }
}
