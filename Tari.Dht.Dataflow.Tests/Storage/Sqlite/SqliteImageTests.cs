using System.Globalization;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.Sqlite;

/// <summary>The copy in memory of a file that cannot be written: what SQLite would find there, if it could write.</summary>
[TestFixture]
internal sealed class SqliteImageTests
{
    private static readonly SqliteSchema s_schema = new(
        "notes", 0x54446e6f, "CREATE TABLE notes (id INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT;");

    private TemporaryFolder _folder = null!;

    [SetUp]
    public void SetUp() => _folder = new TemporaryFolder();

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Copy_holds_what_recovery_finds_whatever_a_crash_left_of_the_log([Range(1, 6)] int seed)
    {
        var random = new Random(seed);
        string path = _folder["notes.db"], crashed = _folder["crashed.db"];
        SqliteDatabase database = SqliteDatabase.Open(path, s_schema);
        database.Accept();
        database.Execute("PRAGMA wal_autocheckpoint = 40");
        bool hadCut = false, hadLog = false;
        int usable = 0;
        for (int round = 0; round < 12; round++)
        {
            for (int transaction = random.Next(1, 8); transaction > 0; transaction--)
            {
                database.Execute("BEGIN");
                for (int change = random.Next(1, 20); change > 0; change--)
                {
                    string id = random.Next(200).ToString(CultureInfo.InvariantCulture);
                    database.Execute(random.Next(4) == 0
                        ? "DELETE FROM notes WHERE id = " + id
                        : $"REPLACE INTO notes VALUES ({id}, randomblob({random.Next(2500).ToString(CultureInfo.InvariantCulture)}))");
                }

                database.Execute("COMMIT");
            }

            if (round == 6)
            {
                database.Execute("VACUUM");
            }

            SqliteFiles.Copy(path, crashed);
            long logLength = new FileInfo(crashed + "-wal").Length;
            hadLog |= logLength > 0;
            switch (random.Next(3))
            {
                case 0 when logLength > 0:
                    using (FileStream log = File.OpenWrite(crashed + "-wal"))
                    {
                        log.SetLength(random.NextInt64(logLength));
                    }

                    hadCut = true;
                    break;
                case 1 when logLength > 0:
                    using (FileStream log = File.OpenWrite(crashed + "-wal"))
                    {
                        log.Position = random.NextInt64(logLength);
                        log.WriteByte(0xee);
                    }

                    hadCut = true;
                    break;
            }

            usable += AssertSame(crashed) ? 1 : 0;
        }

        database.Dispose();
        SqliteFiles.Copy(path, crashed);
        Assert.That(AssertSame(crashed), Is.True, "closed as it should be");
        Assert.That(hadCut && hadLog, Is.True);
        Assert.That(usable, Is.GreaterThan(2));
    }

    [Test]
    public void Copy_is_checked_as_the_file_would_be()
    {
        string path = _folder["notes.db"];
        SqliteDatabase.Open(path, s_schema).Dispose();
        SqliteFiles.Execute(path, "CREATE TABLE more (a)");
        using SqliteImage image = SqliteImage.TryRead(path)!;
        Assert.That(
            () => SqliteDatabase.OpenCopy(path, image, s_schema),
            Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.Damaged));
    }

    [Test]
    public void Copy_of_an_older_file_is_upgraded_and_the_file_is_not()
    {
        string path = _folder["notes.db"];
        SqliteDatabase.Open(path, s_schema).Dispose();
        SqliteFiles.Execute(path, "INSERT INTO notes VALUES (7, x'00')");
        SortedDictionary<string, string> before = _folder.Snapshot();
        var newer = new SqliteSchema(
            s_schema.Kind,
            s_schema.ApplicationId,
            s_schema.StepTo(1),
            "ALTER TABLE notes ADD COLUMN length INTEGER; UPDATE notes SET length = length(body);");
        using SqliteImage image = SqliteImage.TryRead(path)!;
        using SqliteDatabase copy = SqliteDatabase.OpenCopy(path, image, newer);
        using SqliteStatement rows = copy.Prepare("SELECT id, length FROM notes");
        Assert.That(rows.Step(), Is.True);
        Assert.That((rows.Integer(0), rows.Integer(1)), Is.EqualTo((7L, 1L)));
        Assert.That(_folder.Snapshot(), Is.EqualTo(before));
    }

    [Test]
    public void Files_that_cannot_be_read_or_make_no_sense_have_no_copy()
    {
        string path = _folder["notes.db"];
        Assert.That(SqliteImage.TryRead(path), Is.Null, "no file");
        File.WriteAllBytes(path, new byte[50]);
        Assert.That(SqliteImage.TryRead(path), Is.Null, "too short");
        File.WriteAllBytes(path, new byte[5000]);
        Assert.That(
            () => SqliteImage.TryRead(path),
            Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.Damaged));
    }

    /// <returns>Whether the file could be used.</returns>
    private static bool AssertSame(string path)
    {
        using SqliteImage image = SqliteImage.TryRead(path)!;
        byte[] hash = image.ContentHash;
        SqliteDatabase recovered;
        try
        {
            recovered = SqliteDatabase.Open(path, s_schema);
        }
        catch (DhtStorageException exception)
        {
            // A log that lost what was written back already; the copy is as bad.
            Assert.That(exception.Error, Is.EqualTo(DhtStorageError.Damaged));
            Assert.That(
                () => SqliteDatabase.OpenCopy(path, image, s_schema),
                Throws.InstanceOf<DhtStorageException>().With.Message.EqualTo(exception.Message));
            return false;
        }

        Assert.That(hash, Is.EqualTo(recovered.ContentHash()));
        using (SqliteDatabase copy = SqliteDatabase.OpenCopy(path, image, s_schema))
        {
            Assert.That(Rows(copy), Is.EqualTo(Rows(recovered)));
        }

        recovered.Abandon();
        return true;
    }

    private static List<string> Rows(SqliteDatabase database)
    {
        var rows = new List<string>();
        using SqliteStatement statement = database.Prepare("SELECT id, body FROM notes ORDER BY id");
        while (statement.Step())
        {
            rows.Add(statement.Integer(0) + Convert.ToHexString(statement.Blob(1)));
        }

        return rows;
    }
}
