using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Actor;

[TestFixture]
internal sealed class BanQueueTests
{
    private static readonly CommsPublicKey s_key = IndexPeers.Key(7);
    private static readonly NodeId s_id = NodeId.FromPublicKey(s_key);

    [TestCase(OffenceSeverity.Low, 60)]
    [TestCase(OffenceSeverity.Medium, 60)]
    [TestCase(OffenceSeverity.High, 3600)]
    public async Task Ban_goes_to_connectivity_with_the_duration_of_its_severity(OffenceSeverity severity, int seconds)
    {
        await using var probe = new ActorProbe(
            config: new DhtConfig { BanDurationShort = TimeSpan.FromSeconds(60), BanDuration = TimeSpan.FromSeconds(3600) });
        probe.Peers.AddOrUpdatePeer(new Peer(s_key));
        probe.Requester.BanPeer(s_key, severity, "test");
        Assert.That(probe.Connectivity.Bans, Is.EqualTo<(NodeId, TimeSpan, string)>([(s_id, TimeSpan.FromSeconds(seconds), "test")]));
        Assert.That(probe.Peers.Find(s_key)!.BannedUntil, Is.Null, "the store of a known peer is connectivity's");
    }

    [Test]
    public void Durations_are_those_of_the_reference()
    {
        var config = new DhtConfig();
        Assert.That(config.BanDurationFor(OffenceSeverity.Low), Is.EqualTo(TimeSpan.FromMinutes(10)));
        Assert.That(config.BanDurationFor(OffenceSeverity.Medium), Is.EqualTo(TimeSpan.FromMinutes(10)));
        Assert.That(config.BanDurationFor(OffenceSeverity.High), Is.EqualTo(TimeSpan.FromHours(2)));
    }

    [Test]
    public async Task Ban_of_an_unknown_peer_is_kept_in_the_store()
    {
        await using var probe = new ActorProbe();
        probe.Requester.Report(s_key, OffenceSeverity.High, "test");
        Peer stored = probe.Peers.Find(s_key)!;
        Assert.That(stored.BannedUntil, Is.EqualTo(probe.Time.GetUtcNow() + TimeSpan.FromHours(2)));
        Assert.That(stored.BannedReason, Is.EqualTo("test"));
        Assert.That(probe.Connectivity.Bans, Has.Count.EqualTo(1));
    }

    [Test]
    public async Task Ban_of_an_unknown_peer_on_the_allow_list_is_not_kept()
    {
        await using var probe = new ActorProbe();
        await probe.Connectivity.AddPeerToAllowListAsync(s_id);
        probe.Requester.Report(s_key, OffenceSeverity.High, "test");
        Assert.That(probe.Connectivity.Bans, Has.Count.EqualTo(1), "connectivity judges by its list itself");
        Assert.That(probe.Peers.Exists(s_key), Is.False);
    }

    [Test]
    public async Task Ban_of_this_node_is_ignored()
    {
        await using var probe = new ActorProbe();
        probe.Requester.Report(probe.Identity.PublicKey, OffenceSeverity.High, "test");
        Assert.That(probe.Connectivity.Bans, Is.Empty);
        Assert.That(probe.Peers.Exists(probe.Identity.PublicKey), Is.False);
    }

    [Test]
    public async Task Bans_never_wait_and_go_one_after_the_other_in_order()
    {
        await using var probe = new ActorProbe();
        var answers = new List<TaskCompletionSource>();
        probe.Connectivity.OnBan = _ =>
        {
            answers.Add(new TaskCompletionSource());
            return new(answers[^1].Task);
        };
        for (int i = 0; i < 5; i++)
        {
            probe.Requester.Report(IndexPeers.Key(i), OffenceSeverity.Low, $"reason {i}");
        }

        for (int i = 0; i < 5; i++)
        {
            Assert.That(probe.Connectivity.Bans, Has.Count.EqualTo(i + 1), "the next one waits for the one before");
            Assert.That(probe.Connectivity.Bans[i].Reason, Is.EqualTo($"reason {i}"));
            answers[i].SetResult();
        }

        Assert.That(probe.Peers.GetBannedPeers(), Has.Count.EqualTo(5));
        probe.Connectivity.OnBan = null;
        probe.Requester.Report(IndexPeers.Key(9), OffenceSeverity.Low, "after a pause");
        Assert.That(probe.Connectivity.Bans, Has.Count.EqualTo(6));
    }

    [Test]
    public async Task Ban_that_fails_is_logged_and_the_next_one_goes_on()
    {
        await using var probe = new ActorProbe();
        probe.Connectivity.OnBan = id => id == s_id
            ? ValueTask.FromException(new ConnectivityException(ConnectivityError.RequestTimedOut, "no answer"))
            : ValueTask.CompletedTask;
        probe.Requester.Report(s_key, OffenceSeverity.Low, "first");
        probe.Requester.Report(IndexPeers.Key(8), OffenceSeverity.Low, "second");
        Assert.That(probe.Log.Count(ActorEventId.BanFailed), Is.EqualTo(1));
        Assert.That(probe.Connectivity.Bans, Has.Count.EqualTo(2));
        Assert.That(probe.Peers.GetBannedPeers(), Has.Count.EqualTo(2), "the store keeps both");
    }

    [Test]
    public async Task Connectivity_that_does_not_answer_holds_the_queue_up_for_ten_seconds()
    {
        await using var probe = new ActorProbe();
        probe.Connectivity.OnBan = id => id == s_id ? new(new TaskCompletionSource().Task) : ValueTask.CompletedTask;
        probe.Requester.Report(s_key, OffenceSeverity.Low, "first");
        probe.Requester.Report(IndexPeers.Key(8), OffenceSeverity.Low, "second");
        Assert.That(probe.Connectivity.Bans, Has.Count.EqualTo(1));
        probe.Time.Advance(TimeSpan.FromSeconds(10));
        Assert.That(probe.Connectivity.Bans, Has.Count.EqualTo(2));
        Assert.That(probe.Log.Count(ActorEventId.BanFailed), Is.EqualTo(1));
    }

    [Test]
    public async Task Same_ban_waits_once_and_a_severer_one_on_its_own()
    {
        await using var probe = new ActorProbe();
        var first = new TaskCompletionSource();
        probe.Connectivity.OnBan = id => id == s_id ? ValueTask.CompletedTask : new(first.Task);
        probe.Requester.Report(IndexPeers.Key(8), OffenceSeverity.Low, "holds the queue");
        for (int i = 0; i < 100; i++)
        {
            probe.Requester.Report(s_key, OffenceSeverity.Low, $"{i}");
            probe.Requester.Report(s_key, OffenceSeverity.High, $"{i}");
        }

        first.SetResult();
        Assert.That(
            probe.Connectivity.Bans.Select(ban => (ban.Duration.TotalMinutes, ban.Reason)),
            Is.EqualTo<(double, string)>([(10, "holds the queue"), (10, "0"), (120, "0")]));
        DateTimeOffset until = probe.Time.GetUtcNow() + TimeSpan.FromMinutes(10);
        Assert.That(probe.Peers.Find(s_key)!.BannedUntil, Is.EqualTo(until), "from then on it is known");
    }

    [Test]
    public async Task Bans_above_the_bound_are_dropped_with_one_warning_in_ten_seconds()
    {
        await using var probe = new ActorProbe(maxWaitingBans: 3);
        var first = new TaskCompletionSource();
        probe.Connectivity.OnBan = id => id == s_id ? new(first.Task) : ValueTask.CompletedTask;
        probe.Requester.Report(s_key, OffenceSeverity.Low, "holds the queue");
        for (int i = 10; i < 20; i++)
        {
            probe.Requester.Report(IndexPeers.Key(i), OffenceSeverity.Low, "test");
        }

        Assert.That(probe.Log.Count(ActorEventId.BansDropped), Is.EqualTo(1));
        first.SetResult();
        Assert.That(probe.Connectivity.Bans, Has.Count.EqualTo(4));
    }

    [Test]
    public async Task Stop_drops_the_bans_that_wait()
    {
        var probe = new ActorProbe();
        probe.Connectivity.OnBan = _ => new(new TaskCompletionSource().Task);
        probe.Requester.Report(s_key, OffenceSeverity.Low, "under way");
        probe.Requester.Report(IndexPeers.Key(8), OffenceSeverity.Low, "waits");
        await probe.Actor.StopAsync();
        Assert.That(probe.Connectivity.Bans, Has.Count.EqualTo(1));
        Assert.That(probe.Log.Count(ActorEventId.BanFailed), Is.Zero);
        await probe.DisposeAsync();
    }

    [Test]
    public async Task Kept_ban_survives_a_restart()
    {
        using var folder = new TemporaryFolder();
        var options = new PeerManagerOptions { DatabasePath = folder["peers.db"] };
        await using (PeerManager peers = PeerManager.Open(options))
        {
            await using var probe = new ActorProbe();
            var queue = new BanQueue(
                new DhtActorServices
                {
                    Identity = probe.Identity,
                    Peers = peers,
                    Connectivity = probe.Connectivity,
                    Selector = new ScriptedPeerSelector(),
                    DedupCache = probe.Cache,
                    Metadata = probe.Metadata,
                    Outbound = new Tari.Dht.Dataflow.Outbound.Requests.OutboundMessageRequester(probe.Outbox),
                    Discoverer = probe.Discoverer,
                },
                new DhtActorOptions());
            Assert.That(queue.Add(s_key, OffenceSeverity.High, "test"), Is.True);
            await queue.DrainAsync(CancellationToken.None);
        }

        await using PeerManager again = PeerManager.Open(options);
        Assert.That(again.IsPeerBanned(s_id), Is.True);
    }

    [Test]
    public async Task Reason_and_a_severity_that_there_is_have_to_be_given_and_a_reporter_never_throws()
    {
        await using var probe = new ActorProbe();
        Assert.That(() => probe.Requester.BanPeer(s_key, OffenceSeverity.Low, null!), Throws.InstanceOf<ArgumentNullException>());
        Assert.That(
            () => probe.Requester.BanPeer(s_key, (OffenceSeverity)77, "no severity"),
            Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("severity"));
        Assert.That(probe.Connectivity.Bans, Is.Empty);
        Assert.That(() => probe.Requester.Report(s_key, (OffenceSeverity)77, null!), Throws.Nothing);
        Assert.That(probe.Connectivity.Bans.Single().Duration, Is.EqualTo(probe.Config.BanDurationShort));
    }
}
