using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

[TestFixture]
internal sealed class RebootstrapTests
{
    [Test]
    public void A_connected_peer_that_passes_forged_records_on_is_banned_once()
    {
        using var rig = new DiscoveryRig();
        NodeId liar = rig.Store();
        rig.Connectivity.Connect(liar);
        rig.Rpc.Answer(liar, rig.Forged(10));

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That(
            rig.Offences.Offences.Select(offence => (NodeId.FromPublicKey(offence.Peer), offence.Severity)),
            Is.EqualTo(new[] { (liar, OffenceSeverity.High) }));
        Assert.That(info.ConnectedPeersSynced, Is.Zero);
        rig.Finish();
    }

    [Test]
    public void Resolved_seeds_are_accepted_a_peer_that_is_known_stays_what_it_is_and_old_seeds_are_not_dialled()
    {
        var provider = new Provider();
        using var rig = new DiscoveryRig(provider: provider);
        NodeIdentity known = rig.NewIdentity(), fresh = rig.NewIdentity();
        rig.Peers.AddOrUpdatePeer(known.ToPeer());
        NodeId old = rig.Store(PeerFlags.Seed);
        provider.Seeds = [known.ToPeer() with { Features = PeerFeatures.CommunicationClient }, fresh.ToPeer(), rig.Identity.ToPeer()];

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That(info.SeedsResolved, Is.EqualTo(2));
        Assert.That(rig.Connectivity.Dials, Is.EquivalentTo(new[] { known.NodeId, fresh.NodeId }));
        Assert.That(rig.Connectivity.Dials, Has.No.Member(old));
        Peer record = rig.Peers.Find(known.PublicKey)!;
        Assert.That(
            (record.IsSeed, record.Features, rig.Peers.Find(fresh.PublicKey)!.IsSeed),
            Is.EqualTo((false, PeerFeatures.CommunicationNode, true)));
        rig.Finish();
    }

    [Test]
    public void Connected_peers_are_asked_those_first_that_this_node_dialled()
    {
        using var rig = new DiscoveryRig(config => config with
        {
            RebootstrapConnectedPeers = 3, MaxSeedPeerSyncCount = 1, BootstrapRpcConnectTimeout = TimeSpan.FromMilliseconds(100),
        });
        NodeId seed = rig.Store(PeerFlags.Seed);
        rig.Connectivity.Connect(seed);
        NodeId[] outbound = [rig.Store(), rig.Store()];
        NodeId[] inbound = [rig.Store(), rig.Store(), rig.Store()];
        Array.ForEach(outbound, peer => rig.Connectivity.Connect(peer));
        Array.ForEach(inbound, peer => rig.Connectivity.Connect(peer, ConnectionDirection.Inbound));

        rig.Rebootstrap();

        List<NodeId> opened = rig.Rpc.Opened;
        Assert.That(
            (outbound.Count(opened.Contains), inbound.Count(opened.Contains), opened.Count(peer => peer == seed), opened.Count),
            Is.EqualTo((2, 1, 1, 4)));
        rig.Finish();
    }

    [Test]
    public void A_connected_seed_is_asked_once_beside_those_that_were_resolved()
    {
        var provider = new Provider();
        using var rig = new DiscoveryRig(provider: provider);
        NodeIdentity resolved = rig.NewIdentity();
        provider.Seeds = [resolved.ToPeer()];
        NodeId connected = rig.Seed(rig.Infos(1));
        rig.Connectivity.Connect(connected);

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That(rig.Connectivity.Dials, Does.Contain(resolved.NodeId));
        Assert.That((rig.Rpc.RequestsTo(connected), info.SeedsSynced, info.ConnectedPeersSynced), Is.EqualTo((1, 1, 0)));
        rig.Finish();
    }

    [Test]
    public void Without_a_provider_the_seeds_that_are_known_fill_the_places()
    {
        using var rig = new DiscoveryRig(config => config with { MaxSeedPeerSyncCount = 3 });
        NodeId connected = rig.Seed(rig.Infos(1));
        rig.Connectivity.Connect(connected);
        NodeId[] others = [rig.Store(PeerFlags.Seed), rig.Store(PeerFlags.Seed)];

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That(others, Is.SubsetOf(rig.Connectivity.Dials));
        Assert.That((info.SeedsResolved, info.SeedsSynced, rig.Rpc.RequestsTo(connected)), Is.EqualTo((0, 1, 1)));
        rig.Finish();
    }

    [Test]
    public void A_connected_seed_takes_the_only_place()
    {
        var provider = new Provider();
        using var rig = new DiscoveryRig(config => config with { MaxSeedPeerSyncCount = 1 }, provider);
        NodeIdentity[] resolved = [rig.NewIdentity(), rig.NewIdentity(), rig.NewIdentity()];
        provider.Seeds = [.. resolved.Select(seed => seed.ToPeer())];
        NodeId connected = rig.Seed(rig.Infos(1));
        rig.Connectivity.Connect(connected);

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.SeedsResolved, info.SeedsSynced, rig.Rpc.RequestsTo(connected)), Is.EqualTo((3, 1, 1)));
        Assert.That(rig.Connectivity.Dials, Has.None.Matches<NodeId>(peer => resolved.Any(seed => seed.NodeId == peer)));
        rig.Finish();
    }

    [Test]
    public void What_an_inbound_suggested_peer_tells_counts_as_inbound_even_if_this_node_dialled_it()
    {
        using var rig = new DiscoveryRig();
        UnvalidatedPeerInfo suggested = rig.Infos(1)[0];
        NodeId inbound = rig.Store(), outbound = rig.Store();
        rig.Connectivity.Connect(inbound, ConnectionDirection.Inbound);
        rig.Connectivity.Connect(outbound);
        rig.Rpc.Answer(inbound, suggested.Claims.Select(_ => suggested));
        UnvalidatedPeerInfo[] ofOutbound = rig.Infos(1);
        rig.Rpc.Answer(outbound, ofOutbound);
        RebootstrapInfo first = rig.Rebootstrap();
        NodeId friend = NodeId.FromPublicKey(suggested.PublicKey);
        Assert.That(first.LearnedFromInbound, Is.EqualTo(new[] { friend }), "the outbound peer's is not among them");

        UnvalidatedPeerInfo[] ofFriend = rig.Infos(1);
        rig.Rpc.Answer(friend, ofFriend);
        rig.Connectivity.Connect(friend);
        rig.Starve();
        Assert.That(rig.RunUntil(() => rig.Count<DhtEvent.RebootstrapComplete>() == 2, 300));
        RebootstrapInfo second = rig.Published.OfType<DhtEvent.RebootstrapComplete>().Last().Info;
        Assert.That(second.LearnedFromInbound, Is.EquivalentTo(new[] { friend, NodeId.FromPublicKey(ofFriend[0].PublicKey) }));
        rig.Finish();
    }

    [Test]
    public void A_peer_that_this_node_has_reached_before_anybody_suggested_it_is_no_suggestion()
    {
        using var rig = new DiscoveryRig();
        NodeIdentity reached = rig.NewIdentity(), onlyKnown = rig.NewIdentity();
        rig.Peers.AddOrUpdatePeer(reached.ToPeer());
        rig.Peers.AddOrUpdatePeer(onlyKnown.ToPeer());
        rig.Peers.SetAddressLastSeen(reached.NodeId, reached.PublicAddresses[0], rig.Time.GetUtcNow());
        NodeId inbound = rig.Store();
        rig.Connectivity.Connect(inbound, ConnectionDirection.Inbound);
        rig.Rpc.Answer(inbound, [DiscoveryRig.Info(reached), DiscoveryRig.Info(onlyKnown)]);
        RebootstrapInfo first = rig.Rebootstrap();
        Assert.That(first.LearnedPeers, Is.EquivalentTo(new[] { reached.NodeId, onlyKnown.NodeId }));
        Assert.That(first.LearnedFromInbound, Is.EqualTo(new[] { onlyKnown.NodeId }));

        // Who was suggested stays so, whether or not it can be reached.
        rig.Peers.SetAddressLastSeen(onlyKnown.NodeId, onlyKnown.PublicAddresses[0], rig.Time.GetUtcNow());
        rig.Starve();
        Assert.That(rig.RunUntil(() => rig.Count<DhtEvent.RebootstrapComplete>() == 2, 300));
        RebootstrapInfo second = rig.Published.OfType<DhtEvent.RebootstrapComplete>().Last().Info;
        Assert.That(second.LearnedFromInbound, Is.EqualTo(new[] { onlyKnown.NodeId }));
        rig.Finish();
    }

    [Test]
    public void A_seed_that_dialled_this_node_and_was_not_resolved_is_asked_as_any_inbound_peer()
    {
        var provider = new Provider();
        using var rig = new DiscoveryRig(config => config with { MaxSeedPeerSyncCount = 1 }, provider);
        NodeIdentity resolved = rig.NewIdentity();
        provider.Seeds = [resolved.ToPeer()];
        NodeId stored = rig.Seed(rig.Infos(1));
        rig.Connectivity.Connect(stored, ConnectionDirection.Inbound);

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That(rig.Connectivity.Dials, Is.EqualTo(new[] { resolved.NodeId }));
        Assert.That((info.SeedsSynced, info.ConnectedPeersSynced, rig.Rpc.RequestsTo(stored)), Is.EqualTo((0, 1, 1)));
        Assert.That(info.LearnedFromInbound, Has.Length.EqualTo(1));
        rig.Finish();
    }

    [Test]
    public void Fifty_records_of_one_source_are_stored()
    {
        using var rig = new DiscoveryRig();
        NodeId seed = rig.Seed(rig.Infos(60));

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.FromSeeds, info.LearnedPeers.Length), Is.EqualTo((50, 50)));
        Assert.That(rig.Peers.Count, Is.EqualTo(51), "and the seed");
        rig.Finish();
        Assert.That(rig.Rpc.Requests.Single(request => request.Peer == seed).Request.Count, Is.EqualTo(250u));
    }

    [Test]
    public void Records_that_do_not_convert_cost_nothing()
    {
        using var rig = new DiscoveryRig();
        NodeId peer = rig.Store();
        rig.Connectivity.Connect(peer);
        GetPeersItem[] broken = [.. Enumerable.Repeat(new GetPeersItem(GetPeersItemKind.Unconvertible), 12)];
        rig.Rpc.Answer(peer, [.. rig.Infos(4).Select(ScriptedRpc.PeerItem), .. broken]);

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.FromConnected, info.ConnectedPeersSynced, rig.Offences.Offences.Count), Is.EqualTo((4, 1, 0)));
        rig.Finish();
    }

    [Test]
    public void Forged_records_behind_fifty_good_ones_count_as_well()
    {
        using var rig = new DiscoveryRig();
        NodeId peer = rig.Store();
        rig.Connectivity.Connect(peer);
        rig.Rpc.Answer(peer, [.. rig.Infos(50), .. rig.Forged(6)]);

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.ConnectedPeersSynced, rig.Offences.Offences.Count), Is.EqualTo((0, 1)));
        rig.Finish();
    }

    [Test]
    public void A_fast_seed_is_not_held_up_by_one_whose_dial_never_ends()
    {
        using var rig = new DiscoveryRig(config => config with { BootstrapTimeout = TimeSpan.FromSeconds(1) });
        UnvalidatedPeerInfo[] told = rig.Infos(3);
        NodeId fast = rig.Seed(told);
        rig.Connectivity.Connect(fast);
        rig.Connectivity.Pending.Add(rig.Store(PeerFlags.Seed));

        RebootstrapInfo info = rig.Rebootstrap(seconds: 29);

        Assert.That(info.SeedsSynced, Is.EqualTo(1));
        Assert.That(info.LearnedPeers, Is.EqualTo(told.Select(peer => NodeId.FromPublicKey(peer.PublicKey))));
        Assert.That(rig.Time.Elapsed, Is.InRange(TimeSpan.FromSeconds(14), TimeSpan.FromSeconds(16)));
        rig.Finish();
    }

    [Test]
    public void When_all_resolved_seeds_are_banned_those_that_are_known_are_dialled()
    {
        var provider = new Provider();
        using var rig = new DiscoveryRig(provider: provider);
        NodeIdentity banned = rig.NewIdentity();
        rig.Peers.AddOrUpdatePeer(banned.ToPeer() with { Flags = PeerFlags.Seed });
        rig.Peers.BanPeerByNodeId(banned.NodeId, TimeSpan.FromHours(1), "test");
        provider.Seeds = [banned.ToPeer()];
        NodeId old = rig.Store(PeerFlags.Seed);

        rig.Rebootstrap();

        Assert.That(rig.Connectivity.Dials, Is.EqualTo(new[] { old }));
        Assert.That(rig.Peers.Find(banned.PublicKey)!.IsBanned(rig.Time.GetUtcNow()));
        rig.Finish();
    }

    [Test]
    public void A_connected_peer_is_not_banned_because_it_does_not_answer()
    {
        using var rig = new DiscoveryRig();
        NodeId silent = rig.Store(), refusing = rig.Store();
        rig.Connectivity.Connect(silent);
        rig.Connectivity.Connect(refusing);
        rig.Rpc.Answer(refusing, ScriptedRpc.Failure(RpcStatusCode.Timeout));

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.ConnectedPeersSynced, rig.Offences.Offences.Count, rig.Connectivity.Disconnects.Count), Is.EqualTo((0, 0, 0)));
        rig.Finish();
    }

    [Test]
    public void A_node_that_never_was_online_completes_its_first_bootstrap_by_a_rebootstrap()
    {
        using var rig = new DiscoveryRig(config => config with { BootstrapTimeout = TimeSpan.FromMilliseconds(300) });
        rig.Connectivity.Status = new ConnectivityStatus(ConnectivityState.Offline, 0);
        NodeId seed = rig.Store(PeerFlags.Seed);
        rig.Connectivity.Pending.Add(seed);
        rig.Start();
        rig.RunFor(0.05);
        rig.Starve();

        Assert.That(rig.RunUntil(() => rig.Count<DhtEvent.RebootstrapComplete>() == 1, 30));
        Assert.That(rig.Count<DhtEvent.PrimaryBootstrapComplete>(), Is.EqualTo(1));
        Assert.That(rig.Connectivity.Dials, Is.EqualTo(new[] { seed }));
        rig.Finish();
    }

    [Test]
    public void A_pool_that_starves_during_a_rebootstrap_does_not_begin_another_one()
    {
        var provider = new Provider();
        using var rig = new DiscoveryRig(config => config with { BootstrapTimeout = TimeSpan.FromMilliseconds(500) }, provider);
        rig.Connectivity.Pending.Add(rig.Store(PeerFlags.Seed));
        rig.Connectivity.Status = new ConnectivityStatus(ConnectivityState.Offline, 0);
        rig.Start();
        rig.Scheduler.RunUntilIdle();
        rig.Starve();
        rig.RunFor(0.1);
        rig.Starve();

        // And one that comes at the very moment at which the rebootstrap ends.
        rig.RunUntil(() => rig.Time.Elapsed >= TimeSpan.FromSeconds(15), 20);
        rig.Starve();
        Assert.That(rig.RunUntil(() => rig.Count<DhtEvent.RebootstrapComplete>() == 1, 30));
        rig.RunFor(1);

        Assert.That((provider.Calls, rig.Count<DhtEvent.RebootstrapComplete>()), Is.EqualTo((1, 1)));
        rig.Finish();
    }

    [Test]
    public void A_resolved_seed_that_takes_no_dial_is_stored_and_dialled_and_that_is_all()
    {
        var provider = new Provider();
        using var rig = new DiscoveryRig(provider: provider);
        NodeIdentity seed = rig.NewIdentity();
        provider.Seeds = [seed.ToPeer()];

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.SeedsResolved, info.SeedsSynced, info.LearnedPeers.Length), Is.EqualTo((1, 0, 0)));
        Assert.That(rig.Connectivity.Dials, Is.EqualTo(new[] { seed.NodeId }));
        Assert.That(rig.Peers.Find(seed.PublicKey)!.IsSeed);
        rig.Finish();
    }

    [Test]
    public void A_seed_that_was_connected_is_asked_over_its_connection_and_not_hung_up()
    {
        using var rig = new DiscoveryRig(config => config with { BootstrapRpcConnectTimeout = TimeSpan.FromMilliseconds(100) });
        NodeId seed = rig.Store(PeerFlags.Seed);
        FakeConnectivity.FakeConnection connection = rig.Connectivity.Connect(seed);

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((rig.Rpc.Opened.Count, info.SeedsSynced, rig.Connectivity.Disconnects.Count), Is.EqualTo((1, 0, 0)));
        Assert.That(connection.IsConnected);
        Assert.That(rig.Connectivity.All, Has.Count.EqualTo(1), "no second connection");
        rig.Finish();
    }

    [Test]
    public void A_seed_that_was_dialled_is_hung_up_whether_or_not_it_answered()
    {
        using var rig = new DiscoveryRig();
        NodeId good = rig.Seed(rig.Infos(1));
        NodeId silent = rig.Store(PeerFlags.Seed);
        rig.Connectivity.Dialable.Add(silent);

        rig.Rebootstrap();

        Assert.That(rig.Connectivity.Disconnects, Is.EquivalentTo(new[] { (good, true), (silent, true) }));
        rig.Finish();
        Assert.That(rig.Offences.Offences, Is.Empty);
    }

    [Test]
    public void A_seed_that_is_banned_is_not_dialled()
    {
        using var rig = new DiscoveryRig();
        NodeId seed = rig.Store(PeerFlags.Seed);
        rig.Peers.BanPeerByNodeId(seed, TimeSpan.FromHours(1), "test");

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((rig.Connectivity.Dials.Count, info.SeedsSynced), Is.EqualTo((0, 0)));
        rig.Finish();
    }

    [Test]
    public void A_provider_that_fails_or_never_answers_costs_half_the_time_and_nothing_else([Values] bool hangs)
    {
        var provider = new Provider { Fails = !hangs, Hangs = hangs };
        using var rig = new DiscoveryRig(provider: provider);
        rig.Seed(rig.Infos(2));

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.SeedsResolved, info.SeedsSynced, info.LearnedPeers.Length), Is.EqualTo((0, 1, 2)));
        Assert.That(rig.Time.Elapsed.TotalSeconds, Is.EqualTo(hangs ? 150 : 0).Within(1));
        Assert.That(rig.Log.Count(NetworkDiscoveryEventId.SeedProviderFailed), Is.EqualTo(1));
        rig.Finish();
    }

    [Test]
    public void A_record_that_is_repeated_counts_once()
    {
        using var rig = new DiscoveryRig();
        UnvalidatedPeerInfo[] told = rig.Infos(2);
        rig.Seed(told[0], told[0], told[1], DiscoveryRig.Info(rig.Identity));

        RebootstrapInfo info = rig.Rebootstrap();

        Assert.That((info.FromSeeds, info.LearnedPeers.Length), Is.EqualTo((2, 2)));
        rig.Finish();
    }

    [Test]
    public void A_starving_pool_interrupts_a_round_and_nothing_of_it_is_left()
    {
        using var rig = new DiscoveryRig();
        NodeId seed = rig.Store(PeerFlags.Seed);
        rig.Connectivity.Dialable.Add(seed);
        rig.Start();
        rig.RunFor(1);
        Assert.That((rig.Service.Status.State, rig.Rpc.Opened.Count), Is.EqualTo((NetworkDiscoveryState.SeedStrap, 1)));

        rig.Starve();
        rig.Scheduler.RunUntilIdle();
        Assert.That(rig.Service.Status.State, Is.EqualTo(NetworkDiscoveryState.Rebootstrap));
        Assert.That(rig.Connectivity.Disconnects, Is.EqualTo(new[] { (seed, true) }), "what the round dialled is hung up");
        rig.Finish();
    }

    private sealed class Provider : ISeedPeerProvider
    {
        public IReadOnlyList<Peer> Seeds { get; set; } = [];

        public bool Fails { get; init; }

        public bool Hangs { get; init; }

        public int Calls { get; private set; }

        public ValueTask<IReadOnlyList<Peer>> GetSeedPeersAsync(CancellationToken cancellationToken = default)
        {
            Calls++;
            return Hangs ? new ValueTask<IReadOnlyList<Peer>>(new TaskCompletionSource<IReadOnlyList<Peer>>().Task)
                : Fails ? throw new InvalidOperationException("No name service.")
                : ValueTask.FromResult(Seeds);
        }
    }
}
