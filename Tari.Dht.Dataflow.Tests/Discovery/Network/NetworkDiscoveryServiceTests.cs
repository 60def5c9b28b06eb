using System.Diagnostics;
using Google.Protobuf;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Tests.Discovery.Rpc;
using Tari.Dht.Dataflow.Tests.Support;
using GetPeersResponse = Tari.Dht.Dataflow.Protocol.Proto.Rpc.GetPeersResponse;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

/// <summary>Everything but rebootstraps.</summary>
[TestFixture]
internal sealed class NetworkDiscoveryServiceTests
{
    private static readonly GetPeersItem s_unconvertible = new(GetPeersItemKind.Unconvertible);

    [Test]
    public void Discovery_that_is_stopped_before_it_starts_ends_at_once()
    {
        using var rig = new DiscoveryRig();
        rig.Service.Stop();
        rig.Start();
        rig.Scheduler.RunUntilIdle();

        Assert.That(rig.Service.Completion.IsCompletedSuccessfully);
        rig.Finish();
        Assert.That(rig.Published, Is.Empty);
    }

    [Test]
    public void Discovery_that_never_started_can_be_disposed()
    {
        using var rig = new DiscoveryRig();

        Assert.That(rig.Service.DisposeAsync().AsTask().IsCompletedSuccessfully);
    }

    [Test]
    public void Discovery_that_is_disabled_publishes_nothing_and_asks_nobody()
    {
        using var rig = new DiscoveryRig(config => config with { Enabled = false });
        rig.Seed(rig.Infos(3));
        rig.Start();
        rig.Starve();
        rig.RunFor(1000);

        Assert.That(rig.Service.Status.State, Is.EqualTo(NetworkDiscoveryState.Shutdown));
        Assert.That(rig.Connectivity.Dials, Is.Empty);
        rig.Finish();
        Assert.That(rig.Published, Has.Count.EqualTo(1), "the starvation of the test");
    }

    [Test]
    public void A_known_node_is_asked_for_500_peers_when_too_few_are_known()
    {
        using var rig = new DiscoveryRig(config => config with { MinDesiredPeers = 50 });
        NodeId node = rig.Node(rig.Infos(2));
        rig.Seed(rig.Infos(1));
        rig.Start();

        Assert.That(rig.RunUntil(() => rig.Rpc.RequestsTo(node) > 0, 30));
        Assert.That(rig.Rpc.Requests.Single(request => request.Peer == node).Request, Is.EqualTo(new GetPeersRequest(500, false, 5, 5)));
        rig.Finish();
    }

    [Test]
    public void With_nobody_known_and_no_seed_discovery_waits()
    {
        using var rig = new DiscoveryRig();
        rig.Start();
        rig.RunFor(1);

        Assert.That(rig.Service.Status.State, Is.EqualTo(NetworkDiscoveryState.Waiting));
        rig.Finish();
    }

    [Test]
    public void With_nothing_desired_and_nobody_known_discovery_idles()
    {
        using var rig = new DiscoveryRig(config => config with { MinDesiredPeers = 0, IdleAfterNumRounds = 0 });
        rig.Start();
        rig.RunFor(1);

        NetworkDiscoveryStatus status = rig.Service.Status;
        Assert.That(
            (status.State, status.NextWakeUp - status.Since),
            Is.EqualTo((NetworkDiscoveryState.Waiting, (TimeSpan?)TimeSpan.FromMinutes(30))));
        Assert.That(rig.Published, Is.EqualTo(new DhtEvent[]
        {
            new DhtEvent.BootstrapMethodDetermined(BootstrapMethod.ExistingPeers), new DhtEvent.PrimaryBootstrapComplete(),
        }));
        rig.Finish();
    }

    [Test]
    public void Seeds_are_asked_for_250_peers_and_what_they_tell_is_stored_and_counted_once()
    {
        using var rig = new DiscoveryRig();
        UnvalidatedPeerInfo[] told = rig.Infos(7);
        NodeId otherSeed = rig.Store(PeerFlags.Seed);
        NodeIdentity known = rig.NewIdentity();
        rig.Peers.AddOrUpdatePeer(known.ToPeer());
        NodeId seed = rig.Seed([.. told, DiscoveryRig.Info(known), DiscoveryRig.Info(rig.Identity), .. rig.Forged(9), told[0]]);
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 60));

        Assert.That(rig.Rpc.Requests[0].Request, Is.EqualTo(new GetPeersRequest(250, false, 5, 5)));
        DiscoveryRoundInfo round = rig.Service.Status.LastRound!;
        Assert.That(
            (round.Phase, round.NewPeers, round.DuplicatePeers, round.Succeeded), Is.EqualTo((DiscoveryPhase.SeedStrap, 7, 2, 1)));
        Assert.That(round.SyncPeers, Is.EquivalentTo(new[] { seed, otherSeed }));
        Assert.That(told, Has.All.Matches<UnvalidatedPeerInfo>(info => rig.Peers.Find(info.PublicKey) is not null));
        Assert.That(rig.Peers.Find(rig.Identity.PublicKey), Is.Null, "this node itself is not stored");
        Assert.That(rig.Offences.Offences, Is.Empty, "seeds are not banned");
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Published, Is.EqualTo(new DhtEvent[]
        {
            new DhtEvent.BootstrapMethodDetermined(BootstrapMethod.SeedStrap),
            new DhtEvent.NetworkDiscoveryPeersAdded(round),
            new DhtEvent.PrimaryBootstrapComplete(),
        }));
        rig.Finish();
    }

    [Test]
    public void A_seed_that_told_of_somebody_new_is_hung_up_unless_the_connection_is_held_fast()
    {
        using var rig = new DiscoveryRig();
        NodeId dialled = rig.Seed(rig.Infos(1));
        NodeId connected = rig.Seed(rig.Infos(1));
        NodeId pooled = rig.Seed(rig.Infos(1));
        NodeId held = rig.Seed(rig.Infos(1));
        rig.Connectivity.Connect(connected);
        rig.Pool.Publish([pooled]);
        PeerConnectionHandle fast = rig.Connectivity.Connect(held).Acquire(ConnectionStrength.Strong);
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 60));

        Assert.That(rig.Service.Status.LastRound!.Succeeded, Is.EqualTo(4));
        Assert.That(rig.Connectivity.Disconnects, Is.EquivalentTo(new[] { (dialled, true), (connected, true), (pooled, true) }));
        fast.Dispose();
        rig.Finish();
    }

    [Test]
    public void A_seed_that_told_of_nobody_new_is_hung_up_unless_the_connection_was_there_or_belongs_to_the_pool()
    {
        using var rig = new DiscoveryRig();
        NodeIdentity known = rig.NewIdentity();
        rig.Peers.AddOrUpdatePeer(known.ToPeer());
        NodeId dialled = rig.Seed([DiscoveryRig.Info(known)]);
        NodeId connected = rig.Seed([DiscoveryRig.Info(known)]);
        NodeId pooled = rig.Seed([]);
        rig.Connectivity.Connect(connected);
        rig.Pool.Publish([pooled]);
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 60));

        Assert.That(rig.Service.Status.LastRound!.NewPeers, Is.Zero);
        Assert.That(rig.Connectivity.Disconnects, Is.EqualTo(new[] { (dialled, true) }));
        rig.Finish();
    }

    [Test]
    public void Seeds_that_tell_of_nobody_or_take_no_dial_are_replaced_by_others()
    {
        using var rig = new DiscoveryRig(config => config with { MaxSeedPeerSyncCount = 2 });
        for (int i = 0; i < 6; i++)
        {
            rig.Store(PeerFlags.Seed);
            rig.Seed();
        }

        NodeId good = rig.Seed(rig.Infos(2));
        int most = 0;
        rig.Rpc.OnRead = (_, _) => most = Math.Max(most, rig.Rpc.Open / 2);
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 60));

        Assert.That(rig.Service.Status.LastRound!.SyncPeers, Does.Contain(good));
        Assert.That((rig.Service.Status.LastRound.Succeeded, rig.Service.Status.LastRound.SyncPeers.Length), Is.EqualTo((1, 13)));
        Assert.That(most, Is.LessThanOrEqualTo(2));
        rig.Finish();
    }

    [Test]
    public void Enough_new_peers_of_enough_seeds_end_the_round_and_what_is_on_its_way()
    {
        using var rig = new DiscoveryRig(config => config with { MaxSeedPeerSyncCount = 6 });
        rig.Connectivity.Pending.Add(rig.Store(PeerFlags.Seed));
        for (int i = 0; i < 5; i++)
        {
            rig.Seed(rig.Infos(3));
        }

        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 1), "the round does not wait for the dial that never ends");
        Assert.That((rig.Service.Status.LastRound!.NewPeers, rig.Service.Status.LastRound.Succeeded), Is.EqualTo((15, 5)));
        rig.Finish();
    }

    [Test]
    public void A_seed_whose_connection_breaks_before_it_told_of_anybody_is_dialled_three_times()
    {
        using var rig = new DiscoveryRig();
        NodeId seed = rig.Seed(rig.Infos(1));
        rig.Rpc.OnRead = (_, _) => rig.Connectivity.All[^1].Break();
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 60));

        Assert.That(rig.Connectivity.Dials, Is.EqualTo(new[] { seed, seed, seed }));
        Assert.That(rig.Service.Status.LastRound!.Succeeded, Is.Zero, "a session that broke is no success");
        rig.Finish();
    }

    [Test]
    public void A_first_bootstrap_that_failed_is_tried_again_and_completes_when_a_seed_answers()
    {
        using var rig = new DiscoveryRig();
        NodeId seed = rig.Store(PeerFlags.Seed);
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Connectivity.Dials.Count >= 3, 60), "5 and 10 s later, give or take a quarter");
        Assert.That(rig.Count<DhtEvent.PrimaryBootstrapComplete>(), Is.Zero);

        rig.Connectivity.Dialable.Add(seed);
        rig.Rpc.Answer(seed, rig.Infos(4));
        Assert.That(rig.RunUntil(() => rig.Service.Status.IsPrimaryBootstrapComplete, 60));
        rig.RunFor(3600);

        rig.Finish();
        Assert.That(
            (rig.Count<DhtEvent.PrimaryBootstrapComplete>(), rig.Count<DhtEvent.BootstrapMethodDetermined>()), Is.EqualTo((1, 1)));
    }

    [Test]
    public void When_seeds_never_answer_the_first_bootstrap_ends_with_its_time()
    {
        using var rig = new DiscoveryRig();
        rig.Store(PeerFlags.Seed);
        rig.Start();
        rig.RunFor(299);
        Assert.That(rig.Service.Status.IsPrimaryBootstrapComplete, Is.False);
        rig.RunFor(2);
        Assert.That(rig.Count<DhtEvent.PrimaryBootstrapComplete>(), Is.EqualTo(1));

        int dials = rig.Connectivity.Dials.Count;
        Assert.That(dials, Is.InRange(4, 8), "at 0, 5, 15, 35, 75, 155 and 315 s, give or take a quarter");
        rig.RunFor(86_400);
        rig.Finish();
        Assert.That(rig.Connectivity.Dials, Has.Count.InRange(dials + 30, dials + 70), "every half an hour for a day");
    }

    [Test]
    public void A_node_that_is_offline_asks_nobody_until_it_is_online()
    {
        using var rig = new DiscoveryRig();
        rig.Connectivity.Status = new ConnectivityStatus(ConnectivityState.Offline, 0);
        NodeId seed = rig.Seed(rig.Infos(1));
        rig.Start();
        rig.RunFor(100);
        Assert.That((rig.Service.Status.State, rig.Connectivity.Dials.Count), Is.EqualTo((NetworkDiscoveryState.Initializing, 0)));

        rig.Connectivity.Status = new ConnectivityStatus(ConnectivityState.Online, 1);
        Assert.That(rig.RunUntil(() => rig.Rpc.RequestsTo(seed) > 0, 15));
        rig.Finish();
    }

    [Test]
    public void An_error_of_connectivity_at_the_start_is_waited_out_and_seeds_are_asked_then()
    {
        using var rig = new DiscoveryRig();
        rig.Connectivity.OnlineError = ConnectivityError.ActorResponseCancelled;
        NodeId seed = rig.Seed(rig.Infos(1));
        rig.Start();
        rig.RunFor(1);
        Assert.That(rig.Service.Status.State, Is.EqualTo(NetworkDiscoveryState.Waiting));

        rig.Connectivity.OnlineError = null;
        Assert.That(rig.RunUntil(() => rig.Rpc.RequestsTo(seed) > 0, 5));
        rig.Finish();
    }

    [Test]
    public void The_initial_delay_passes_before_anybody_is_asked()
    {
        using var rig = new DiscoveryRig(config => config with { InitialPeerSyncDelay = TimeSpan.FromSeconds(25) });
        rig.Seed(rig.Infos(1));
        rig.Start();
        rig.RunFor(24.9);
        Assert.That(rig.Connectivity.Dials, Is.Empty);
        rig.RunFor(0.2);
        Assert.That(rig.Connectivity.Dials, Is.Not.Empty);
        rig.Finish();
    }

    [Test]
    public void Enough_known_peers_make_seeds_unnecessary_those_that_cannot_be_reached_do_not_count()
    {
        using var rig = new DiscoveryRig(config => config with { MinDesiredPeers = 3 });
        rig.Node(rig.Infos(1));
        rig.Node();
        rig.Store(features: PeerFeatures.CommunicationClient);
        NodeId banned = rig.Store();
        rig.Peers.BanPeerByNodeId(banned, TimeSpan.FromHours(1), "test");
        rig.Store(PeerFlags.Seed);
        rig.Start();
        rig.RunFor(0);
        Assert.That(rig.Service.Status.BootstrapMethod, Is.EqualTo(BootstrapMethod.SeedStrap));
        rig.Finish();

        using var enough = new DiscoveryRig(config => config with { MinDesiredPeers = 2 });
        enough.Node(enough.Infos(1));
        enough.Node();
        enough.Start();
        enough.RunFor(0);
        Assert.That(enough.Service.Status.BootstrapMethod, Is.EqualTo(BootstrapMethod.ExistingPeers));
        enough.Finish();
    }

    [Test]
    public void A_round_stores_what_converts_and_bans_nobody_for_the_rest()
    {
        using DiscoveryRig rig = Discovering(config => config with { MaxPeersToSyncPerRound = 10 });
        UnvalidatedPeerInfo[] valid = rig.Infos(3);
        NodeId node = rig.Node();
        rig.Rpc.Answer(node, [.. valid.Select(ScriptedRpc.PeerItem), .. Enumerable.Repeat(s_unconvertible, 7)]);

        DiscoveryRoundInfo round = Round(rig);

        Assert.That((round.Succeeded, round.NewPeers), Is.EqualTo((1, 3)));
        Assert.That(valid, Has.All.Matches<UnvalidatedPeerInfo>(info => rig.Peers.Find(info.PublicKey) is not null));
        rig.Finish();
        Assert.That(rig.Offences.Offences, Is.Empty);
    }

    [Test]
    public void A_round_stores_what_converts_of_the_bytes_that_come_and_bans_nobody_for_the_rest()
    {
        using DiscoveryRig rig = Discovering(config => config with { MaxPeersToSyncPerRound = 10 });
        rig.Node();
        var bodies = new List<byte[]>();
        var keys = new List<CommsPublicKey>();
        for (int i = 0; i < 10; i++)
        {
            NodeIdentity identity = rig.NewIdentity();
            keys.Add(identity.PublicKey);
            var response = GetPeersResponse.Parser.ParseFrom(GetPeersResponseWriter.Encode(identity.PublicKey, [identity.Claim]));
            if (i % 2 == 0)
            {
                response.Peer.PublicKey = ByteString.CopyFrom(1, 2, 3);
            }
            else if (i % 4 == 3)
            {
                response.Peer.Claims[0].Addresses.Add(ByteString.CopyFrom(0xff, 0xff, 0xff));
            }

            bodies.Add(response.ToByteArray());
        }

        var wire = new WireRpc(rig.Time, bodies);
        NetworkDiscoveryService service = new(rig.Services with { Rpc = wire }, rig.Options);
        service.Start();
        Assert.That(rig.RunUntil(() => service.Status.Rounds > 0, 60), "a round ends");

        DiscoveryRoundInfo round = service.Status.LastRound!;
        Assert.That((round.Succeeded, round.NewPeers, wire.Calls), Is.EqualTo((1, 3, 1)));
        Assert.That(keys.Select(key => rig.Peers.Find(key) is not null), Is.EqualTo(Enumerable.Range(0, 10).Select(i => i % 4 == 1)));
        Assert.That(rig.Offences.Offences, Is.Empty);
        service.Stop();
        rig.Scheduler.RunUntilIdle();
        Assert.That(service.Completion.IsCompletedSuccessfully);
    }

    [TestCase("too many", OffenceSeverity.High, false, true)]
    [TestCase("too many", OffenceSeverity.High, true, true)]
    [TestCase("empty", OffenceSeverity.High, true, true)]
    [TestCase("twice", OffenceSeverity.High, true, true)]
    [TestCase("forged", OffenceSeverity.High, false, true)]
    [TestCase("forged", OffenceSeverity.High, true, true)]
    [TestCase("undecodable", OffenceSeverity.High, false, true)]
    [TestCase("undecodable", OffenceSeverity.High, true, false)]
    [TestCase("status", OffenceSeverity.Low, false, true)]
    [TestCase("status", OffenceSeverity.Low, true, false)]
    [TestCase("slow", OffenceSeverity.Low, false, false)]
    [TestCase("slow", OffenceSeverity.Low, true, false)]
    [TestCase("lost", OffenceSeverity.Low, false, false)]
    [TestCase("no session", OffenceSeverity.Low, false, false)]
    public void A_sync_that_fails_costs_the_peer_what_the_matrix_says_and_its_connection_if_that_is_new(
        string fault, OffenceSeverity severity, bool wasConnected, bool isBanned)
    {
        using DiscoveryRig rig = Discovering(config => config with { MaxPeersToSyncPerRound = 10 });
        UnvalidatedPeerInfo[] valid = rig.Infos(11);
        NodeId node = rig.Store(isSeen: true);
        rig.Connectivity.Dialable.Add(node);
        if (wasConnected)
        {
            rig.Connectivity.Connect(node);
        }

        GetPeersItem one = ScriptedRpc.PeerItem(valid[0]);
        switch (fault)
        {
            case "too many": rig.Rpc.Answer(node, valid); break;
            case "empty": rig.Rpc.Answer(node, new GetPeersItem(GetPeersItemKind.NoPeer)); break;
            case "twice": rig.Rpc.Answer(node, one, one); break;
            case "forged": rig.Rpc.Answer(node, [valid[0], .. rig.Forged(6)]); break;
            case "undecodable": rig.Rpc.Answer(node, one, new GetPeersItem(GetPeersItemKind.DecodeError)); break;
            case "status": rig.Rpc.Answer(node, one, ScriptedRpc.Failure(RpcStatusCode.BadRequest)); break;
            case "slow": rig.Rpc.Answer(node, one, new GetPeersItem(GetPeersItemKind.TimedOut)); break;
            case "lost": rig.Rpc.Answer(node, one, new GetPeersItem(GetPeersItemKind.ConnectionLost)); break;
        }

        DiscoveryRoundInfo round = Round(rig);

        Assert.That((round.Succeeded, round.SyncPeers.Single()), Is.EqualTo((0, node)));
        Assert.That(rig.Offences.Offences.Select(offence => (NodeId.FromPublicKey(offence.Peer), offence.Severity)),
            Is.EqualTo(isBanned ? [(node, severity)] : Array.Empty<(NodeId, OffenceSeverity)>()));
        Assert.That(rig.Connectivity.Disconnects, Is.EqualTo(wasConnected ? [] : new[] { (node, true) }));
        Assert.That(rig.Service.Status.State, Is.EqualTo(NetworkDiscoveryState.Waiting));
        rig.Finish();
    }

    [Test]
    public void Five_forged_records_are_passed_over()
    {
        using DiscoveryRig rig = Discovering();
        rig.Node([.. rig.Forged(5), .. rig.Infos(2)]);

        DiscoveryRoundInfo round = Round(rig);

        Assert.That((round.Succeeded, round.NewPeers), Is.EqualTo((1, 2)));
        rig.Finish();
        Assert.That(rig.Offences.Offences, Is.Empty);
    }

    [Test]
    public void A_round_asked_with_no_limit_takes_all_that_a_node_serves()
    {
        using DiscoveryRig rig = Discovering(config => config with { MaxPeersToSyncPerRound = 0 });
        NodeId node = rig.Node(rig.Infos(8));

        DiscoveryRoundInfo round = Round(rig);

        Assert.That(
            (round.Succeeded, round.NewPeers, rig.Rpc.Requests.Single(request => request.Peer == node).Request.Count),
            Is.EqualTo((1, 8, 0u)));
        rig.Finish();
    }

    [Test]
    public void Nodes_of_a_round_are_dialled_at_once_and_one_that_takes_no_dial_is_not_among_those_asked()
    {
        using DiscoveryRig rig = Discovering();
        NodeId dead = rig.Store(isSeen: true), slow = rig.Store(isSeen: true);
        rig.Connectivity.Pending.Add(slow);
        rig.Rpc.Answer(slow, rig.Infos(1));
        NodeId good = rig.Node(rig.Infos(1));
        rig.Start();
        rig.RunFor(20);
        Assert.That(rig.Connectivity.Dials, Is.SupersetOf(new[] { dead, slow, good }));
        Assert.That(rig.Service.Status.Rounds, Is.EqualTo(0));

        rig.Connectivity.Land(slow);
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 1));
        Assert.That(rig.Service.Status.LastRound!.SyncPeers, Is.EqualTo(new[] { good, slow }));
        rig.Finish();
    }

    [Test]
    public void A_round_that_is_left_gives_up_its_dials_and_connections()
    {
        using DiscoveryRig rig = Discovering();
        NodeId pending = rig.Store(isSeen: true);
        rig.Connectivity.Pending.Add(pending);
        NodeId silent = rig.Store(isSeen: true);
        rig.Connectivity.Dialable.Add(silent);
        NodeId waiting = rig.Node(rig.Infos(1));
        rig.Start();
        rig.RunFor(0.1);
        Assert.That(rig.Service.Status.State, Is.EqualTo(NetworkDiscoveryState.Discovering));

        rig.Finish();

        rig.Connectivity.Land(pending);
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Connectivity.HandlesOut, Is.Zero, "a dial that lands too late is given up");
        Assert.That(rig.Connectivity.Disconnects, Has.Member((silent, true)));
        Assert.That(waiting, Is.Not.EqualTo(silent));
    }

    [Test]
    public void OnConnect_asks_each_node_that_connects_for_100_peers_and_tells_of_new_ones()
    {
        using DiscoveryRig rig = OnConnect();
        NodeId node = rig.Store();
        rig.Rpc.Answer(
            node,
            [
                .. rig.Infos(3).Select(ScriptedRpc.PeerItem),
                s_unconvertible,
                new(GetPeersItemKind.NoPeer),
                ScriptedRpc.PeerItem(DiscoveryRig.Info(rig.Identity)),
                .. rig.Forged(8).Select(ScriptedRpc.PeerItem),
                .. rig.Infos(1).Select(ScriptedRpc.PeerItem),
                ScriptedRpc.Failure(RpcStatusCode.General),
            ]);
        int before = rig.Count<DhtEvent.NetworkDiscoveryPeersAdded>();
        Announce(rig, node);
        Announce(rig, rig.Store(), PeerFeatures.CommunicationClient);
        rig.RunFor(1);

        Assert.That(rig.Rpc.Requests[^1].Request, Is.EqualTo(new GetPeersRequest(100, false, 5, 5)));
        Assert.That(rig.Count<DhtEvent.NetworkDiscoveryPeersAdded>(), Is.EqualTo(before + 1));
        DiscoveryRoundInfo round = rig.Published.OfType<DhtEvent.NetworkDiscoveryPeersAdded>().Last().Round;
        Assert.That((round.NewPeers, round.Succeeded, round.SyncPeers.Single()), Is.EqualTo((4, 1, node)));
        Assert.That(rig.Peers.Find(rig.Identity.PublicKey), Is.Null, "this node itself is not stored");
        Assert.That(rig.Rpc.Opened.Count(peer => peer == node), Is.EqualTo(1));
        rig.Finish();
        Assert.That(rig.Offences.Offences, Is.Empty);
        Assert.That(rig.Connectivity.Disconnects.Select(static closed => closed.Peer), Has.No.Member(node));
    }

    [Test]
    public void OnConnect_takes_100_peers_and_no_more()
    {
        using DiscoveryRig rig = OnConnect();
        NodeId node = rig.Store();
        UnvalidatedPeerInfo[] told = rig.Infos(1);
        int read = 0;
        rig.Rpc.Answer(node, () => Enumerable.Repeat(ScriptedRpc.PeerItem(told[0]), int.MaxValue));
        rig.Rpc.OnRead = (_, _) => read++;
        Announce(rig, node);
        rig.RunFor(1);

        Assert.That(read, Is.EqualTo(100));
        rig.Finish();
    }

    [Test]
    public void OnConnect_over_a_dead_connection_is_a_failure_and_the_peer_is_skipped_for_five_minutes()
    {
        using DiscoveryRig rig = OnConnect();
        NodeId node = rig.Store();
        rig.Rpc.Answer(node, rig.Infos(1));
        FakeConnectivity.FakeConnection dead = rig.Connectivity.Connect(node);
        dead.Break();
        rig.Connectivity.Events.Publish(new ConnectivityEvent.PeerConnected(dead));
        rig.RunFor(299);
        Announce(rig, node);
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Rpc.RequestsTo(node), Is.Zero);

        rig.RunFor(1);
        Announce(rig, node);
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Rpc.RequestsTo(node), Is.EqualTo(1));

        rig.RunFor(600);
        Announce(rig, node);
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Rpc.RequestsTo(node), Is.EqualTo(1), "for an hour after it answered");
        rig.Finish();
    }

    [TestCase(60, false, 60)]
    [TestCase(60, true, 60)]
    [TestCase(900, false, 900)]
    [TestCase(900, true, 300)]
    public void OnConnect_asks_a_peer_again_as_soon_as_the_time_that_is_set_is_over(int ttl, bool fails, int pause)
    {
        using DiscoveryRig rig = OnConnect(config => config with { OnConnectResyncTtl = TimeSpan.FromSeconds(ttl) });
        NodeId node = rig.Store();
        rig.Rpc.Answer(node, rig.Infos(1));
        FakeConnectivity.FakeConnection first = rig.Connectivity.Connect(node, ConnectionDirection.Inbound);
        if (fails)
        {
            first.Break();
        }

        rig.Connectivity.Events.Publish(new ConnectivityEvent.PeerConnected(first));
        rig.Scheduler.RunUntilIdle();
        int asked = fails ? 0 : 1;
        Assert.That(rig.Rpc.RequestsTo(node), Is.EqualTo(asked));

        rig.RunFor(pause - 1);
        Announce(rig, node);
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Rpc.RequestsTo(node), Is.EqualTo(asked), "a second too early");

        rig.RunFor(1);
        Announce(rig, node);
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Rpc.RequestsTo(node), Is.EqualTo(asked + 1));
        rig.Finish();
    }

    [Test]
    public void OnConnect_leaves_a_seed_alone_that_was_asked_a_moment_ago()
    {
        using var rig = new DiscoveryRig(config => config with { MinDesiredPeers = 2 });
        UnvalidatedPeerInfo[] told = rig.Infos(2);
        NodeId seed = rig.Seed(told);
        foreach (NodeId id in told.Select(info => NodeId.FromPublicKey(info.PublicKey)))
        {
            rig.Connectivity.Dialable.Add(id);
            rig.Rpc.Answer(id);
        }

        rig.Start();
        Assert.That(rig.RunUntil(NetworkDiscoveryState.OnConnect, 3));
        Announce(rig, seed);
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Rpc.RequestsTo(seed), Is.EqualTo(1));

        rig.RunFor(10);
        Announce(rig, seed);
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Rpc.RequestsTo(seed), Is.EqualTo(2));
        rig.Finish();
    }

    [Test]
    public void OnConnect_ends_after_the_idle_period_and_nodes_are_asked_again()
    {
        using DiscoveryRig rig = OnConnect();
        int requests = rig.Rpc.Requests.Count;
        NodeId node = rig.Node(rig.Infos(1));

        Assert.That(rig.RunUntil(() => rig.Rpc.RequestsTo(node) > 0, 1801));
        Assert.That(rig.Rpc.Requests, Has.Count.GreaterThan(requests));
        rig.Finish();
    }

    [Test]
    public void When_connectivity_ends_OnConnect_ends_discovery()
    {
        using DiscoveryRig rig = OnConnect();
        rig.Connectivity.Events.Complete();
        rig.Scheduler.RunUntilIdle();

        Assert.That(rig.Service.Completion.IsCompletedSuccessfully);
        rig.Finish();
    }

    [Test]
    public void A_small_network_is_asked_ever_more_seldom_nodes_before_seeds()
    {
        using var rig = new DiscoveryRig();
        UnvalidatedPeerInfo[] all = rig.Infos(4);
        NodeId seed = rig.Seed(all);
        foreach (UnvalidatedPeerInfo info in all)
        {
            NodeId id = NodeId.FromPublicKey(info.PublicKey);
            rig.Connectivity.Dialable.Add(id);
            rig.Rpc.Answer(id, all);
        }

        rig.Start();
        rig.RunFor(600);
        Assert.That(rig.Rpc.RequestsTo(seed), Is.EqualTo(1), "there are nodes to ask");
        Assert.That(rig.Rpc.Requests, Has.Count.InRange(10, 40));
        int before = rig.Rpc.Requests.Count;
        rig.RunFor(86_400);
        Assert.That(rig.Rpc.Requests.Count - before, Is.LessThan(5 * 75), "at most five each half hour, give or take a quarter");
        rig.Finish();
    }

    [Test]
    public void When_nodes_cannot_be_reached_a_seed_is_asked_again()
    {
        using var rig = new DiscoveryRig();
        UnvalidatedPeerInfo[] gone = rig.Infos(4);
        NodeId seed = rig.Seed(gone);
        rig.Start();

        Assert.That(rig.RunUntil(() => rig.Rpc.RequestsTo(seed) > 1, 300));
        rig.Finish();
    }

    [Test]
    public void A_store_that_is_closed_stops_nothing_but_the_work()
    {
        using var rig = new DiscoveryRig();
        rig.Peers.DisposeAsync().AsTask().GetAwaiter().GetResult();
        rig.Start();
        rig.RunFor(20);

        Assert.That(rig.Service.Status.State, Is.EqualTo(NetworkDiscoveryState.Waiting));
        Assert.That(rig.Log.Count(NetworkDiscoveryEventId.StateFailed), Is.InRange(1, 5));
    }

    [Test]
    public void Each_round_is_an_activity_that_tells_what_it_brought()
    {
        var activities = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == DhtActivities.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using var rig = new DiscoveryRig();
        rig.Seed(rig.Infos(3));
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 60));

        Activity round = activities[0];
        Assert.That((round.OperationName, round.GetTagItem("phase")), Is.EqualTo(("tari.dht.discovery.round", (object)"SeedStrap")));
        Assert.That((round.GetTagItem("new"), round.GetTagItem("answered")), Is.EqualTo(((object)3, (object)1)));
        rig.Finish();
    }

    [Test]
    public void Each_peer_that_is_asked_as_it_connects_is_an_activity()
    {
        var activities = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = static source => source.Name == DhtActivities.SourceName,
            Sample = static (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllData,
            ActivityStopped = activities.Add,
        };
        ActivitySource.AddActivityListener(listener);
        using DiscoveryRig rig = OnConnect();
        NodeId node = rig.Store();
        rig.Rpc.Answer(node, rig.Infos(2));
        activities.Clear();
        Announce(rig, node);
        rig.RunFor(1);

        Activity sync = activities.Single(static activity => activity.OperationName == DhtActivities.DiscoverySync);
        Assert.That(
            (sync.GetTagItem("asked"), sync.GetTagItem("answered"), sync.GetTagItem("new"), sync.GetTagItem("known")),
            Is.EqualTo(((object)1, (object)1, (object)2, (object)0)));
        rig.Finish();
    }

    /// <summary>A node that knows enough from the start, so that a round of nodes comes first.</summary>
    private static DiscoveryRig Discovering(Func<NetworkDiscoveryConfig, NetworkDiscoveryConfig>? configure = null) =>
        new(config => (configure?.Invoke(config) ?? config) with { MinDesiredPeers = 1 });

    private static DiscoveryRoundInfo Round(DiscoveryRig rig)
    {
        rig.Start();
        Assert.That(rig.RunUntil(() => rig.Service.Status.Rounds > 0, 60), "a round ends");
        return rig.Service.Status.LastRound!;
    }

    /// <summary>A node that knows enough, and asks whoever connects.</summary>
    private static DiscoveryRig OnConnect(Func<NetworkDiscoveryConfig, NetworkDiscoveryConfig>? configure = null)
    {
        DiscoveryRig rig = Discovering(configure);
        rig.Node();
        rig.Start();
        Assert.That(rig.RunUntil(NetworkDiscoveryState.OnConnect, 60));
        return rig;
    }

    private static void Announce(DiscoveryRig rig, NodeId peer, PeerFeatures features = PeerFeatures.CommunicationNode) =>
        rig.Connectivity.Events.Publish(
            new ConnectivityEvent.PeerConnected(rig.Connectivity.Connect(peer, ConnectionDirection.Inbound, features)));

    /// <summary>A peer that answers the first call with bodies as they come from the wire, and later ones with nothing.</summary>
    private sealed class WireRpc(TimeProvider time, List<byte[]> bodies) : IDhtRpcConnector
    {
        public int Calls { get; private set; }

        public ValueTask<IDhtRpcClient> ConnectAsync(
            IPeerConnection connection, TimeSpan timeout, CancellationToken cancellationToken = default)
        {
            List<byte[]> answer = Calls++ == 0 ? bodies : [];
            IEnumerable<RpcItem> items = answer.Select(static body => new RpcItem(RpcItemKind.Message, body));
            (TimeSpan, RpcItem)[] script = [.. items.Append(new RpcItem(RpcItemKind.End)).Select(static item => (TimeSpan.Zero, item))];
            return ValueTask.FromResult<IDhtRpcClient>(
                new DhtRpcClient(new ScriptedRpcSession(new ManualTimeProvider(), script).AsSession(), time));
        }
    }
}
