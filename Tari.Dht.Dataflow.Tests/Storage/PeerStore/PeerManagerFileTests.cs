using Microsoft.Data.Sqlite;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Rows;
using Tari.Dht.Dataflow.Tests.Storage.Sqlite;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>The manager over a real file.</summary>
[TestFixture]
internal sealed class PeerManagerFileTests
{
    private readonly ManualTimeProvider _time = new();
    private TemporaryFolder _folder = null!;
    private PeerManagerOptions _options = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _options = new PeerManagerOptions { DatabasePath = _folder["peers.db"], TimeProvider = _time };
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public async Task Scenario_58_peers_come_back_after_reopening_and_a_deleted_one_stays()
    {
        await using (PeerManager manager = await PeerManager.OpenAsync(_options))
        {
            Assert.That(manager.Path, Is.EqualTo(_folder["peers.db"]));
            Assert.That(manager.Health, Is.EqualTo(PeerStoreHealth.Persistent));
            for (int i = 0; i < 3; i++)
            {
                manager.AddOrUpdatePeer(PeerMaker.Node(i, _time.GetUtcNow()));
            }
        }

        await using (var manager = PeerManager.Open(_options))
        {
            Assert.That(manager.Count, Is.EqualTo(3));
            Assert.That(Enumerable.Range(0, 3).Select(i => manager.Find(PeerMaker.Key(i))), Has.All.Not.Null);
            manager.SoftDeletePeer(PeerMaker.Id(1));
            await manager.FlushAsync();
        }

        await using var again = PeerManager.Open(_options);
        Assert.That(again.Count, Is.EqualTo(3));
        Assert.That(again.Find(PeerMaker.Id(1))!.DeletedAt, Is.EqualTo(_time.GetUtcNow()));
    }

    [Test]
    public async Task Open_of_a_file_that_is_open_already_is_refused_and_the_first_goes_on()
    {
        await using var manager = PeerManager.Open(_options);
        Assert.That(
            () => PeerManager.Open(_options),
            Throws.InstanceOf<DhtStorageException>().With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.InUse));
        manager.BanPeer(PeerMaker.Key(1), TimeSpan.FromHours(1), "x");
        await manager.FlushAsync();
    }

    [Test]
    public void Open_of_a_file_of_something_else_is_refused_and_the_file_stays()
    {
        File.WriteAllText(_folder["peers.db"], "Not a database, but somebody's notes.");
        SortedDictionary<string, string> before = _folder.Snapshot();
        Assert.That(() => PeerManager.Open(_options), Throws.InstanceOf<DhtStorageException>());
        Assert.That(_folder.Snapshot(), Is.EqualTo(before));
    }

    [TestCase(long.MaxValue)]
    [TestCase(IPeerStore.MaxId - 2)]
    [TestCase(int.MaxValue)]
    public async Task Open_of_a_file_with_a_row_of_a_huge_id_leaves_room_for_more(long id)
    {
        await using (var manager = PeerManager.Open(_options))
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(1, _time.GetUtcNow()));
        }

        SqliteFiles.Execute(_options.DatabasePath!, $"UPDATE peers SET id = {id}; UPDATE addresses SET peer = {id}");
        await using (var manager = PeerManager.Open(_options))
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(2, _time.GetUtcNow()));
            manager.AddOrUpdatePeer(PeerMaker.Node(3, _time.GetUtcNow()));
            await manager.FlushAsync();
        }

        await using var again = PeerManager.Open(_options);
        Assert.That(again.Exists(PeerMaker.Id(2)) && again.Exists(PeerMaker.Id(3)));
    }

    [Test]
    public async Task After_the_last_row_that_there_can_be_nothing_is_added_and_all_else_goes_on()
    {
        await using (var manager = PeerManager.Open(_options))
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(1, _time.GetUtcNow()));
        }

        SqliteFiles.Execute(
            _options.DatabasePath!, $"UPDATE peers SET id = {IPeerStore.MaxId}; UPDATE addresses SET peer = {IPeerStore.MaxId}");
        await using var again = PeerManager.Open(_options);
        Assert.That(
            () => again.AddOrUpdatePeer(PeerMaker.Node(2, _time.GetUtcNow())),
            Throws.InstanceOf<PeerManagerException>()
                .With.Property(nameof(PeerManagerException.Error)).EqualTo(PeerManagerError.StorageError));
        Assert.That(() => again.BanPeer(PeerMaker.Key(2), 60, "x"), Throws.InstanceOf<PeerManagerException>());
        Assert.That(again.Count, Is.EqualTo(1));
        again.BanPeer(PeerMaker.Key(1), 60, "x");
        await again.FlushAsync();
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "There an open file cannot be moved.")]
    public async Task File_that_vanishes_while_it_is_open_is_one_that_cannot_be_written()
    {
        await using var manager = PeerManager.Open(_options with { TaskScheduler = new InlineTaskScheduler() });
        manager.BanPeer(PeerMaker.Key(1), 60, "x");
        Assert.That(manager.Health, Is.EqualTo(PeerStoreHealth.Persistent));
        File.Move(_options.DatabasePath!, _folder["elsewhere.db"]);
        manager.BanPeer(PeerMaker.Key(2), 60, "x");
        Assert.That(manager.Health, Is.EqualTo(PeerStoreHealth.Degraded));
        Assert.That(
            async () => await manager.FlushAsync(),
            Throws.InstanceOf<DhtStorageException>()
                .With.Property(nameof(DhtStorageException.Error)).EqualTo(DhtStorageError.Inaccessible));

        // Another file in its place is not the one that was read.
        File.WriteAllText(_options.DatabasePath!, "somebody's notes");
        _time.Advance(_options.FlushInterval);
        Assert.That(manager.Health, Is.EqualTo(PeerStoreHealth.Degraded));
        File.Move(_folder["elsewhere.db"], _options.DatabasePath!, overwrite: true);
        _time.Advance(_options.FlushInterval);
        Assert.That(manager.Health, Is.EqualTo(PeerStoreHealth.Persistent));
        await manager.FlushAsync();
        Assert.That(manager.GetStatistics().UnwrittenChanges, Is.Zero);
    }

    [Test]
    [Platform(Exclude = "Win", Reason = "There an open file cannot be removed.")]
    public async Task Dispose_of_a_store_whose_file_was_replaced_leaves_the_new_one_and_its_log_alone([Values] bool hasWritten)
    {
        var manager = PeerManager.Open(_options);
        if (hasWritten)
        {
            manager.BanPeer(PeerMaker.Key(1), 60, "x");
            await manager.FlushAsync();
        }

        File.Delete(_options.DatabasePath!);
        File.Delete(_options.DatabasePath + "-wal");
        using (SqliteConnection other = SqliteFiles.Open(_options.DatabasePath!))
        {
            using SqliteCommand command = other.CreateCommand();
            command.CommandText = "PRAGMA journal_mode = WAL; CREATE TABLE notes (text TEXT); INSERT INTO notes VALUES ('kept')";
            command.ExecuteNonQuery();
            await manager.DisposeAsync();
            Assert.That(File.Exists(_options.DatabasePath + "-wal"));
        }

        Assert.That(SqliteFiles.Query(_options.DatabasePath!, "SELECT text FROM notes"), Is.EqualTo(["kept"]));
    }

    [Test]
    public async Task Open_for_another_node_says_so_and_keeps_the_peers()
    {
        var log = new LogRecorder();
        PeerManagerOptions Of(int number) => _options with
        {
            Owner = new PeerStoreOwner(PeerMaker.Key(number), PeerMaker.Id(number), PeerFeatures.CommunicationNode),
            Logger = log,
        };
        await using (var manager = PeerManager.Open(Of(1)))
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(5, _time.GetUtcNow()));
        }

        await using (PeerManager.Open(Of(1)))
        {
            Assert.That(log.Count(StorageEventId.PeerStoreOwnerReplaced), Is.Zero);
        }

        await using var other = PeerManager.Open(Of(2));
        Assert.That(log.Count(StorageEventId.PeerStoreOwnerReplaced), Is.EqualTo(1));
        Assert.That(other.Exists(PeerMaker.Id(5)));
        Assert.That(log.Count(StorageEventId.PeerStoreOpened), Is.EqualTo(3));
    }
}
