using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.Sqlite;

/// <summary>Files of an older version of the library, and upgrades that fail.</summary>
[TestFixture]
internal sealed class SqliteUpgradeTests
{
    private const int ApplicationId = 0x54446e6f;

    private const string First =
        """
        CREATE TABLE notes (id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
        CREATE TABLE tags (note INTEGER NOT NULL, tag TEXT NOT NULL, PRIMARY KEY (note, tag)) STRICT, WITHOUT ROWID;
        """;

    private const string Second =
        """
        CREATE TABLE better (id INTEGER PRIMARY KEY, body BLOB NOT NULL, length INTEGER NOT NULL) STRICT;
        INSERT INTO better SELECT id, CAST(text AS BLOB), length(text) FROM notes;
        DROP TABLE notes;
        ALTER TABLE better RENAME TO notes;
        CREATE INDEX notes_length ON notes (length);
        """;

    private const string Third = "ALTER TABLE tags ADD COLUMN weight INTEGER NOT NULL DEFAULT 1; UPDATE tags SET weight = 2;";

    private static readonly SqliteSchema s_one = new("notes", ApplicationId, First);
    private static readonly SqliteSchema s_two = new("notes", ApplicationId, First, Second);
    private static readonly SqliteSchema s_three = new("notes", ApplicationId, First, Second, Third);

    private TemporaryFolder _folder = null!;
    private string _path = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _path = _folder["notes.db"];
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void New_file_has_the_objects_of_all_steps_and_the_last_version()
    {
        SqliteDatabase.Open(_path, s_three).Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(
                SqliteFiles.Query(_path, "SELECT name FROM sqlite_schema ORDER BY name"),
                Is.EqualTo<string>(["notes", "notes_length", "tags"]));
            Assert.That(SqliteFiles.Query(_path, "PRAGMA user_version"), Is.EqualTo<string>(["3"]));
            Assert.That(_folder.Snapshot().Keys, Is.EqualTo<string>([_path]));
        });
        SqliteDatabase.Open(_path, s_three).Dispose();
    }

    [Test]
    public void Older_file_keeps_its_rows_through_all_steps()
    {
        MakeFirst();
        SqliteDatabase.Open(_path, s_three).Dispose();
        Assert.Multiple(() =>
        {
            Assert.That(SqliteFiles.Query(_path, "SELECT CAST(body AS TEXT) || length FROM notes"), Is.EqualTo<string>(["one3", "three5"]));
            Assert.That(SqliteFiles.Query(_path, "SELECT tag || weight FROM tags"), Is.EqualTo<string>(["a2", "b2"]));
            Assert.That(SqliteFiles.Query(_path, "PRAGMA user_version"), Is.EqualTo<string>(["3"]));
            Assert.That(s_three.ObjectsAt(3).Keys, Is.EqualTo<string>(["notes", "notes_length", "tags"]));
        });
        using SqliteDatabase again = SqliteDatabase.Open(_path, s_three);
        Assert.That(again.Objects(), Is.EqualTo(s_three.ObjectsAt(3)));
    }

    [Test]
    public void File_of_the_present_version_is_not_touched()
    {
        MakeFirst();
        SortedDictionary<string, string> before = _folder.Snapshot();
        SqliteDatabase.Open(_path, s_one).Abandon();
        Assert.That(_folder.Snapshot(), Is.EqualTo(before));
    }

    [Test]
    public void Upgrade_that_a_crash_left_in_the_log_counts()
    {
        MakeFirst();
        SqliteDatabase.Open(_path, s_two).Abandon();
        Assert.That(new FileInfo(_path + "-wal").Length, Is.Positive, "the header of the file still has the old version");
        AssertRefused(s_one, DhtStorageError.NewerVersion);
        SqliteDatabase.Open(_path, s_two).Dispose();
        Assert.That(SqliteFiles.Query(_path, "SELECT length FROM notes"), Is.EqualTo<string>(["3", "5"]));
    }

    [TestCase("CREATE TABLE more (a)")]
    [TestCase("DROP TABLE tags")]
    [TestCase("CREATE INDEX more ON tags (tag)")]
    [TestCase("CREATE TRIGGER more AFTER INSERT ON notes BEGIN DELETE FROM tags; END")]
    [TestCase("CREATE VIEW more AS SELECT 1")]
    [TestCase("ALTER TABLE tags ADD COLUMN weight INTEGER NOT NULL DEFAULT 1")]
    public void Older_file_that_is_not_as_its_version_was_is_not_upgraded(string change)
    {
        MakeFirst();
        SqliteFiles.Execute(_path, change);
        AssertRefused(s_three, DhtStorageError.Damaged);
    }

    [Test]
    public void Older_file_that_is_damaged_is_not_upgraded()
    {
        MakeFirst();
        byte[] bytes = File.ReadAllBytes(_path);
        bytes.AsSpan(4096, 200).Fill(0xee);
        File.WriteAllBytes(_path, bytes);
        AssertRefused(s_three, DhtStorageError.Damaged);
    }

    [TestCase("THIS IS NO STATEMENT")]
    [TestCase("UPDATE tags SET tag = NULL")]
    [TestCase("CREATE TABLE big (a BLOB); INSERT INTO big VALUES (zeroblob(20000000)); INSERT INTO nowhere VALUES (1)")]
    public void Step_that_fails_undoes_those_before_it_and_leaves_the_file_as_it_was(string step)
    {
        MakeFirst();
        AssertRefused(new SqliteSchema("notes", ApplicationId, First, Second, Third, step), null);
        SqliteDatabase.Open(_path, s_three).Dispose();
        Assert.That(SqliteFiles.Query(_path, "SELECT tag || weight FROM tags"), Is.EqualTo<string>(["a2", "b2"]));
    }

    [Test]
    public void Step_that_fails_leaves_the_log_of_a_crash_as_it_was()
    {
        MakeFirst();
        SqliteDatabase.Open(_path, s_two).Abandon();
        Assert.That(new FileInfo(_path + "-wal").Length, Is.Positive);
        AssertRefused(new SqliteSchema("notes", ApplicationId, First, Second, "UPDATE tags SET tag = NULL"), null);
    }

    [Test]
    public void Upgrade_that_finds_no_room_leaves_the_file_as_it_was()
    {
        MakeFirst();
        SortedDictionary<string, string> before = _folder.Snapshot();
        using (SqliteLease lease = SqliteLease.Take(_path))
        {
            SqliteDatabase database = SqliteDatabase.OpenAsIs(lease, s_three);
            database.Execute("PRAGMA max_page_count = 3");
            Assert.That(
                () => database.Upgrade(s_three),
                Throws.InstanceOf<DhtStorageException>()
                    .With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.InputOutput));
            database.Abandon();
        }

        Assert.That(_folder.Snapshot(), Is.EqualTo(before));
        SqliteDatabase.Open(_path, s_three).Dispose();
    }

    private void MakeFirst()
    {
        SqliteDatabase.Open(_path, s_one).Dispose();
        SqliteFiles.Execute(_path, "INSERT INTO notes VALUES (1, 'one'), (2, 'three'); INSERT INTO tags VALUES (1, 'a'), (2, 'b')");
    }

    private void AssertRefused(SqliteSchema schema, DhtStorageError? error)
    {
        SortedDictionary<string, string> before = _folder.Snapshot();
        DhtStorageException exception = Assert.Throws<DhtStorageException>(() => SqliteDatabase.Open(_path, schema))!;
        if (error is not null)
        {
            Assert.That(exception.Error, Is.EqualTo(error), exception.Message);
        }

        Assert.That(_folder.Snapshot(), Is.EqualTo(before), "nothing in the folder has changed");
    }
}
