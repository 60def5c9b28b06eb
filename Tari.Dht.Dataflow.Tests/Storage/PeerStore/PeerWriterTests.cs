using System.Diagnostics.Metrics;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Storage;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>When changes reach the file, in what pieces, and what happens when they cannot.</summary>
[TestFixture]
internal sealed class PeerWriterTests
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);

    private ManualTimeProvider _time = null!;
    private QueuedTaskScheduler _scheduler = null!;
    private MemoryPeerStore _store = null!;
    private LogRecorder _log = null!;
    private List<PeerStoreHealth> _healths = null!;
    private PeerManager _manager = null!;

    private DateTimeOffset Now => _time.GetUtcNow();

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider();
        _scheduler = new QueuedTaskScheduler();
        _store = new MemoryPeerStore();
        _log = new LogRecorder();
        _healths = [];
        _manager = Open();
    }

    [TearDown]
    public async Task TearDown()
    {
        await CloseAsync();
        await _manager.DisposeAsync();
        Assert.That(_store.IsDisposed);
        _store.Dispose();
    }

    [Test]
    public void A_change_is_written_after_the_interval_and_not_before()
    {
        Save(1);
        _time.Advance(s_interval - TimeSpan.FromTicks(1));
        Assert.That(_scheduler.RunAll(), Is.Zero);
        Assert.That(_manager.GetStatistics().UnwrittenChanges, Is.EqualTo(1));
        _time.Advance(TimeSpan.FromTicks(1));
        Assert.That(_scheduler.RunAll(), Is.EqualTo(1));
        AssertWritten();
        Assert.That(_manager.GetStatistics().UnwrittenChanges, Is.Zero);
        Assert.That(_time.ArmedTimers, Is.Zero, "nothing wakes while nothing changes");
    }

    [Test]
    public void A_full_batch_is_written_without_waiting_in_one_transaction()
    {
        for (int i = 0; i < 16; i++)
        {
            Assert.That(_scheduler.Queued, Is.Zero);
            Save(i);
        }

        Assert.That(_scheduler.RunAll(), Is.EqualTo(1));
        Assert.That((_store.Commits, _store.Saves), Is.EqualTo((1, 16)));
        AssertWritten();
    }

    [Test]
    public void A_record_changed_again_and_again_is_written_once()
    {
        for (int i = 0; i < 100; i++)
        {
            _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now) with { UserAgent = $"agent {i}" });
        }

        Tick();
        Assert.That(_store.Saves, Is.EqualTo(1));
        AssertWritten();
    }

    [Test]
    public void A_ban_a_longer_ban_and_its_end_are_written_at_once_and_one_that_changes_nothing_is_not()
    {
        Save(1);
        Save(2);
        _manager.BanPeerByNodeId(PeerMaker.Id(1), 60, "x");
        AssertWrites(1);
        _manager.BanPeerByNodeId(PeerMaker.Id(1), 30, "shorter");
        AssertWrites(0);
        _manager.BanPeer(PeerMaker.Key(1), 90, "longer");
        AssertWrites(1);
        _manager.BanPeer(PeerMaker.Key(9), 90, "unknown");
        AssertWrites(1);
        _manager.UnbanPeer(PeerMaker.Id(1));
        AssertWrites(1);
        _manager.UnbanPeer(PeerMaker.Id(1));
        AssertWrites(0);
        _manager.UnbanAllPeers();
        AssertWrites(1);
        _manager.UnbanAllPeers();
        AssertWrites(0);
        _manager.AddOrUpdatePeer(PeerMaker.Node(2, Now) with { BannedUntil = Now.AddHours(1) });
        AssertWrites(1);
    }

    [Test]
    public void A_seed_is_written_at_once_and_also_when_it_is_one_no_more()
    {
        _manager.AddOrUpdatePeer(PeerMaker.Node(1, Now, flags: PeerFlags.Seed));
        AssertWrites(1);
        _manager.SetPeerMetadata(PeerMaker.Id(1), 1, [1]);
        AssertWrites(1);
        Save(1);
        AssertWrites(1);
        Save(1);
        AssertWrites(0);
    }

    [Test]
    public void A_ban_during_a_write_is_written_right_after_it()
    {
        Save(1);
        _store.DuringWrite = () =>
        {
            _store.DuringWrite = null;
            _manager.BanPeer(PeerMaker.Key(1), 60, "now");
        };
        Tick();
        Assert.That(_store.Commits, Is.EqualTo(2));
        AssertWritten();
    }

    [Test]
    public void A_change_during_a_write_is_written_after_the_next_interval()
    {
        Save(1);
        _store.DuringWrite = () =>
        {
            _store.DuringWrite = null;
            Save(2);
            _manager.SoftDeletePeer(PeerMaker.Id(1));
        };
        Tick();
        Assert.That(_store.Commits, Is.EqualTo(1));
        Assert.That(_store.Rows, Has.Count.EqualTo(1));
        Assert.That(_store.Rows.Values.Single().DeletedAt, Is.Null, "the write shows one instant");
        Tick();
        AssertWritten();
    }

    [Test]
    public void A_record_removed_before_it_was_written_leaves_no_trace_and_one_removed_during_a_write_is_deleted()
    {
        Save(1);
        _manager.CollectGarbage();
        Assert.That(_manager.Count, Is.Zero);
        Assert.That(_manager.GetStatistics().UnwrittenChanges, Is.Zero);

        Save(2);
        _store.DuringWrite = () =>
        {
            _store.DuringWrite = null;
            _manager.CollectGarbage();
        };
        Tick();
        Assert.That(_store.Rows, Has.Count.EqualTo(1));
        Tick();
        Assert.That(_store.Rows, Is.Empty);
        Assert.That(_store.Deletes, Is.EqualTo(1));
    }

    [Test]
    public void A_record_removed_and_added_again_has_a_new_row()
    {
        Save(1);
        long first = _manager.Find(PeerMaker.Id(1))!.Id;
        Tick();
        _manager.CollectGarbage();
        Save(1);
        Assert.That(_manager.Find(PeerMaker.Id(1))!.Id, Is.GreaterThan(first));
        Tick();
        AssertWritten();
    }

    [Test]
    public async Task FlushAsync_ends_when_all_that_came_before_is_written()
    {
        Save(1);
        Task flush = _manager.FlushAsync();
        Assert.That(flush.IsCompleted, Is.False);
        _scheduler.RunAll();
        await flush;
        AssertWritten();
        using var source = new CancellationTokenSource();
        Save(2);
        Task left = _manager.FlushAsync(source.Token);
        await source.CancelAsync();
        Assert.That(async () => await left, Throws.InstanceOf<OperationCanceledException>());
        _scheduler.RunAll();
        AssertWritten();
    }

    [Test]
    public async Task Scenario_74_no_save_waits_for_a_disk_that_takes_its_time()
    {
        // A write that does not end before it is told to, on a thread of its own.
        using var store = new MemoryPeerStore();
        using var entered = new ManualResetEventSlim();
        using var goOn = new ManualResetEventSlim();
        store.DuringWrite = () =>
        {
            entered.Set();
            goOn.Wait();
        };
        await using var manager = new PeerManager(
            new PeerManagerOptions { TaskScheduler = TaskScheduler.Default, TimeProvider = _time, FlushBatch = 1 }, store);
        manager.AddOrUpdatePeer(PeerMaker.Node(0, Now));
        entered.Wait();
        for (int i = 1; i <= 4; i++)
        {
            manager.AddOrUpdatePeer(PeerMaker.Node(i, Now));
            manager.BanPeer(PeerMaker.Key(i), 60, "");
        }

        Assert.That(manager.Count, Is.EqualTo(5));
        Assert.That(manager.RandomPeers(5), Has.Count.EqualTo(1));
        Assert.That(store.Rows, Is.Empty, "the disk still waits");
        store.DuringWrite = null;
        goOn.Set();
        await manager.FlushAsync();
        Assert.That(store.Rows, Has.Count.EqualTo(5));
    }

    [TestCase(MemoryPeerStore.Failure.Begin)]
    [TestCase(MemoryPeerStore.Failure.Save)]
    [TestCase(MemoryPeerStore.Failure.Commit)]
    public void While_writing_fails_everything_goes_on_in_memory_and_nothing_is_lost(object at)
    {
        Save(1);
        Tick();
        Assert.That(_manager.Health, Is.EqualTo(PeerStoreHealth.Persistent));
        _store.FailsAt = (MemoryPeerStore.Failure)at;
        _manager.CollectGarbage();
        Save(2);
        _manager.BanPeer(PeerMaker.Key(2), 60, "x");
        _scheduler.RunAll();
        Assert.That(_manager.Health, Is.EqualTo(PeerStoreHealth.Degraded));
        Assert.That(_healths, Is.EqualTo([PeerStoreHealth.Degraded]));
        Assert.That(_store.Rollbacks, Is.EqualTo(1));

        for (int i = 3; i < 40; i++)
        {
            Save(i);
            _manager.BanPeer(PeerMaker.Key(i), 60, "more than a batch of urgent changes");
        }

        Assert.That(_scheduler.Queued, Is.Zero, "only the timer tries again");
        Assert.That(_manager.GetBannedPeers(), Has.Count.EqualTo(38));
        Tick();
        Assert.That(_store.Rollbacks, Is.EqualTo(2));
        Assert.That(_store.Commits, Is.EqualTo(1));
        Assert.That(_manager.GetStatistics().UnwrittenChanges, Is.EqualTo(39), "38 records, and one that is gone");

        _store.FailsAt = MemoryPeerStore.Failure.None;
        Tick();
        Assert.That(_manager.Health, Is.EqualTo(PeerStoreHealth.Persistent));
        Assert.That(_healths, Is.EqualTo([PeerStoreHealth.Degraded, PeerStoreHealth.Persistent]));
        Assert.That(_log.Entries.Single(entry => entry.Id == StorageEventId.PeerWriteRecovered).Level, Is.EqualTo(LogLevel.Information));
        AssertWritten();
    }

    [Test]
    public void What_comes_and_goes_while_writing_fails_does_not_add_up()
    {
        _store.FailsAt = MemoryPeerStore.Failure.Commit;
        for (int i = 0; i < 200; i++)
        {
            Save(i);
            if (i % 3 == 0)
            {
                Tick();
            }

            _manager.CollectGarbage();
        }

        Tick();
        Assert.That(_manager.GetStatistics().UnwrittenChanges, Is.Zero);
        Save(1);
        _store.FailsAt = MemoryPeerStore.Failure.None;
        Tick();
        AssertWritten();
        Assert.That(_store.Deletes, Is.Zero);
    }

    [Test]
    public void What_changes_during_a_write_that_fails_is_written_as_it_is_at_last()
    {
        Save(1);
        Save(2);
        Save(3);
        Tick();
        _manager.SetPeerMetadata(PeerMaker.Id(1), 1, [1]);
        _manager.SetPeerMetadata(PeerMaker.Id(2), 1, [1]);
        _store.FailsAt = MemoryPeerStore.Failure.Commit;
        _store.DuringWrite = () =>
        {
            _store.DuringWrite = null;
            _manager.SetPeerMetadata(PeerMaker.Id(1), 1, [2]);
            Save(4);
            var rules = new PeerManager.CollectionRules(null, null, Now);
            Assert.That(_manager.Remove(PeerManager.CollectionPass.NeverSeen, rules, [_manager.Find(PeerMaker.Id(2))!]), Is.EqualTo(1));
        };
        Tick();
        Assert.That(_store.Commits, Is.EqualTo(1));
        _store.FailsAt = MemoryPeerStore.Failure.None;
        Tick();
        AssertWritten();
        Assert.That(_store.Rows.Values.Select(peer => peer.NodeId), Is.EquivalentTo([PeerMaker.Id(1), PeerMaker.Id(3), PeerMaker.Id(4)]));
    }

    [Test]
    public void Failure_is_reported_at_most_once_in_ten_seconds()
    {
        _store.FailsAt = MemoryPeerStore.Failure.Commit;
        Save(1);
        for (int second = 0; second < 25; second++)
        {
            Tick();
        }

        Assert.That(
            _log.Entries.Where(entry => entry.Id == StorageEventId.PeerWriteFailed).Select(entry => entry.Level),
            Is.EqualTo<LogLevel>([LogLevel.Warning, LogLevel.Warning, LogLevel.Warning]));
        Assert.That(_healths, Has.Count.EqualTo(1));
        _store.FailsAt = MemoryPeerStore.Failure.None;
        Tick();
    }

    [Test]
    public async Task A_file_that_cannot_be_written_from_the_start_is_tried_again_even_if_nothing_changes()
    {
        var store = new MemoryPeerStore
        {
            WriteFailure = new DhtStorageException(DhtStorageError.Inaccessible, "memory", "read-only"),
            FailsAt = MemoryPeerStore.Failure.Begin,
        };
        var manager = new PeerManager(Options(), store);
        Assert.That(manager.Health, Is.EqualTo(PeerStoreHealth.Degraded));
        Assert.That(_log.Count(StorageEventId.PeerWriteFailed), Is.EqualTo(1));
        Tick();
        Assert.That(manager.Health, Is.EqualTo(PeerStoreHealth.Degraded));
        manager.BanPeer(PeerMaker.Key(1), 60, "");
        Assert.That(_scheduler.Queued, Is.Zero);
        manager.UnbanPeer(PeerMaker.Id(1));
        store.FailsAt = MemoryPeerStore.Failure.None;
        Tick();
        Assert.That(manager.Health, Is.EqualTo(PeerStoreHealth.Persistent));
        Assert.That(_healths, Is.EqualTo([PeerStoreHealth.Persistent]), "the first state is not a change");
        ValueTask disposal = manager.DisposeAsync();
        _scheduler.RunAll();
        await disposal;
        store.Dispose();
    }

    [Test]
    public async Task A_callback_that_throws_disturbs_nobody()
    {
        var store = new MemoryPeerStore { FailsAt = MemoryPeerStore.Failure.Commit };
        var manager = new PeerManager(Options() with { HealthChanged = _ => throw new InvalidOperationException("deaf") }, store);
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        Tick();
        store.FailsAt = MemoryPeerStore.Failure.None;
        Tick();
        Assert.That(store.Rows, Has.Count.EqualTo(1));
        Assert.That(_log.Count(StorageEventId.PeerHealthCallbackFailed), Is.EqualTo(2));
        ValueTask disposal = manager.DisposeAsync();
        _scheduler.RunAll();
        await disposal;
        store.Dispose();
    }

    [Test]
    public async Task A_callback_may_use_the_store_it_is_told_of()
    {
        var store = new MemoryPeerStore { FailsAt = MemoryPeerStore.Failure.Commit };
        PeerManager? manager = null;
        var flushes = new List<Task>();
        manager = new PeerManager(
            Options() with
            {
                TaskScheduler = new InlineTaskScheduler(),
                HealthChanged = health =>
                {
                    manager!.BanPeer(PeerMaker.Key(manager.Count + 1), 60, health.ToString());
                    flushes.Add(manager.FlushAsync());
                    store.FailsAt = MemoryPeerStore.Failure.None;
                },
            },
            store);
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now));
        Assert.That(async () => await manager.FlushAsync(), Throws.InstanceOf<DhtStorageException>());
        Assert.That(flushes, Has.Count.EqualTo(2), "told of the failure, and of the success that followed at once");
        Assert.That(flushes, Has.All.Property(nameof(Task.IsCompletedSuccessfully)).True);
        Assert.That(store.Rows, Has.Count.EqualTo(3));
        await manager.DisposeAsync();
        store.Dispose();
    }

    [Test]
    public async Task A_scheduler_that_was_shut_down_before_the_store_costs_nothing()
    {
        var schedulers = new ConcurrentExclusiveSchedulerPair();
        var store = new MemoryPeerStore();
        var manager = new PeerManager(Options() with { TaskScheduler = schedulers.ExclusiveScheduler }, store);
        schedulers.Complete();
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now, flags: PeerFlags.Seed));
        manager.AddOrUpdatePeer(PeerMaker.Node(2, Now));
        await manager.DisposeAsync();
        Assert.That(store.Rows, Has.Count.EqualTo(2));
        Assert.That(store.IsDisposed);
        store.Dispose();
    }

    [Test]
    public void FlushAsync_that_fails_says_so()
    {
        _store.FailsAt = MemoryPeerStore.Failure.Commit;
        Save(1);
        Task flush = _manager.FlushAsync();
        _scheduler.RunAll();
        Assert.That(async () => await flush, Throws.InstanceOf<DhtStorageException>());
        _store.FailsAt = MemoryPeerStore.Failure.None;
    }

    [Test]
    public async Task Dispose_writes_what_is_left()
    {
        Save(1);
        Save(2);
        await CloseAsync();
        Assert.That(_store.Rows, Has.Count.EqualTo(2));
        Assert.That(_log.Count(StorageEventId.PeersLostOnClose), Is.Zero);
        await _manager.FlushAsync();
    }

    [Test]
    public async Task Dispose_that_cannot_write_does_not_throw_and_reports_the_loss()
    {
        Save(1);
        Save(2);
        _store.FailsAt = MemoryPeerStore.Failure.Save;
        await CloseAsync();
        Assert.That(_log.Entries.Single(entry => entry.Id == StorageEventId.PeersLostOnClose).Text, Does.Contain("2 changes"));
        Assert.That(async () => await _manager.FlushAsync(), Throws.InstanceOf<DhtStorageException>());
    }

    [Test]
    public async Task Rows_go_on_rising_after_a_restart_and_records_come_back_as_they_were()
    {
        Save(1);
        Save(2);
        _manager.BanPeer(PeerMaker.Key(3), 60, "x");
        await CloseAsync();
        string[] before = [.. _manager_All().Select(PeerMaker.Describe)];
        PeerManager reopened = new(Options(), new MemoryPeerStore { Rows = _store.Rows });
        Assert.That(reopened.All().OrderBy(peer => peer.Id).Select(PeerMaker.Describe), Is.EqualTo(before));
        Assert.That(reopened.AddOrUpdatePeer(PeerMaker.Node(4, Now)), Is.EqualTo(4));
        ValueTask disposal = reopened.DisposeAsync();
        _scheduler.RunAll();
        await disposal;

        IEnumerable<Peer> _manager_All() => new[] { 1, 2, 3 }.Select(i => _manager.Find(PeerMaker.Id(i))!);
    }

    [Test]
    public async Task Rows_left_out_are_reported()
    {
        var store = new MemoryPeerStore { Skipped = 3 };
        var manager = new PeerManager(Options(), store);
        Assert.That(_log.Entries.Single(entry => entry.Id == StorageEventId.PeerRowsSkipped).Level, Is.EqualTo(LogLevel.Warning));
        ValueTask disposal = manager.DisposeAsync();
        _scheduler.RunAll();
        await disposal;
        store.Dispose();
    }

    [Test]
    public async Task Of_rows_with_one_node_id_or_one_key_the_last_counts_and_the_others_leave_the_file()
    {
        Peer other = PeerMaker.Node(2, Now) with { NodeId = PeerMaker.Id(7) };
        var store = new MemoryPeerStore
        {
            Rows = new SortedDictionary<long, Peer>
            {
                [3] = PeerMaker.Node(1, Now) with { Id = 3, UserAgent = "old" },
                [4] = PeerMaker.Node(2, Now) with { Id = 4 },
                [5] = PeerMaker.Node(1, Now) with { Id = 5, UserAgent = "new" },
                [6] = other with { Id = 6 },
            },
        };
        var manager = new PeerManager(Options(), store);
        Assert.That(manager.Count, Is.EqualTo(2));
        Assert.That(manager.Find(PeerMaker.Id(1))!.UserAgent, Is.EqualTo("new"));
        Assert.That(manager.Find(PeerMaker.Key(2))!.NodeId, Is.EqualTo(PeerMaker.Id(7)));
        Assert.That(manager.Find(PeerMaker.Id(2)), Is.Null);
        Tick();
        Assert.That(store.Rows.Keys, Is.EqualTo([5, 6]));
        ValueTask disposal = manager.DisposeAsync();
        _scheduler.RunAll();
        await disposal;
        store.Dispose();
    }

    [Test]
    public void Every_committed_state_is_one_that_the_memory_had()
    {
        // Each operation adds its number to two records, so any cut between operations shows equal notes.
        var random = new Random(11);
        Save(1);
        Save(2);
        Tick();
        _store.States.Clear();
        for (int i = 0; i < 300; i++)
        {
            byte[] note = BitConverter.GetBytes(i);
            int during = i;
            _store.DuringWrite = random.Next(3) == 0
                ? () =>
                {
                    _store.DuringWrite = null;
                    Note(BitConverter.GetBytes(during + 1_000_000));
                }
                : null;
            _store.FailsAt = random.Next(4) == 0 ? MemoryPeerStore.Failure.Commit : MemoryPeerStore.Failure.None;
            Note(note);
            if (random.Next(3) == 0)
            {
                Tick();
            }
        }

        _store.DuringWrite = null;
        _store.FailsAt = MemoryPeerStore.Failure.None;
        Tick();
        Assert.That(_store.States, Has.Count.GreaterThan(20));
        foreach (Peer[] state in _store.States)
        {
            Assert.That(state[0].Metadata[1].ToArray(), Is.EqualTo(state[1].Metadata[1].ToArray()));
        }

        AssertWritten();

        void Note(byte[] note)
        {
            _manager.SetPeerMetadata(PeerMaker.Id(1), 1, note);
            _manager.SetPeerMetadata(PeerMaker.Id(2), 1, note);
        }
    }

    [Test]
    public async Task Numbers_of_peers_by_state_are_measured_while_the_store_is_open()
    {
        using var metrics = new DhtMetrics();
        await using var manager = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time, Metrics = metrics });
        manager.AddOrUpdatePeer(PeerMaker.Node(1, Now, seen: Now, flags: PeerFlags.Seed));
        manager.AddOrUpdatePeer(PeerMaker.Node(2, Now, seen: Now.AddDays(-2)));
        manager.BanPeer(PeerMaker.Key(3), 60, "");
        manager.SoftDeletePeer(PeerMaker.Id(2));
        var measured = new Dictionary<string, int>();
        using var listener = new MeterListener
        {
            InstrumentPublished = (instrument, listener) =>
            {
                if (instrument.Name == "tari.dht.peers")
                {
                    listener.EnableMeasurementEvents(instrument);
                }
            },
        };
        listener.SetMeasurementEventCallback<int>((_, value, tags, _) => measured.Add((string)tags[0].Value!, value));
        listener.Start();
        measured.Clear();
        listener.RecordObservableInstruments();
        Assert.That(measured, Is.EquivalentTo(new Dictionary<string, int>
        {
            ["known"] = 3,
            ["node"] = 2,
            ["client"] = 1,
            ["banned"] = 1,
            ["deleted"] = 1,
            ["seed"] = 1,
            ["seen"] = 1,
            ["unwritten"] = 0,
        }));
        await manager.DisposeAsync();
        measured.Clear();
        listener.RecordObservableInstruments();
        Assert.That(measured, Is.Empty);
    }

    private PeerManagerOptions Options() => new()
    {
        MaxPeerRows = 0,
        FlushBatch = 16,
        TimeProvider = _time,
        TaskScheduler = _scheduler,
        Random = new Random(5),
        Logger = _log,
        HealthChanged = health => _healths.Add(health),
    };

    private PeerManager Open() => new(Options(), _store);

    private async Task CloseAsync()
    {
        ValueTask disposal = _manager.DisposeAsync();
        _scheduler.RunAll();
        await disposal;
    }

    private void Save(int number) => _manager.AddOrUpdatePeer(PeerMaker.Node(number, Now));

    /// <summary>Lets an interval pass and does what is due then.</summary>
    private void Tick()
    {
        _time.Advance(s_interval);
        _scheduler.RunAll();
    }

    private void AssertWrites(int tasks)
    {
        Assert.That(_scheduler.RunAll(), Is.EqualTo(tasks));
        if (tasks > 0)
        {
            AssertWritten();
        }
    }

    /// <summary>The file holds exactly what the memory holds.</summary>
    private void AssertWritten() =>
        Assert.That(
            _store.Rows.Values.Select(PeerMaker.Describe).Order(StringComparer.Ordinal),
            Is.EqualTo(_manager.All().Select(PeerMaker.Describe).Order(StringComparer.Ordinal)));
}
