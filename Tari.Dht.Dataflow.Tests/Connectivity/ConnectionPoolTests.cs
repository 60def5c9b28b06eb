using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Connectivity;

/// <summary>The plan of a refresh, and what becomes of handles.</summary>
[TestFixture]
internal sealed class ConnectionPoolTests
{
    private static readonly TimeSpan s_now = TimeSpan.FromHours(1);

    private readonly List<PeerConnectionHandle> _released = [];
    private ConnectionPool _pool = null!;
    private int _last;

    [SetUp]
    public void SetUp() => _pool = Create(12);

    [TearDown]
    public void TearDown()
    {
        _released.ForEach(handle => handle.Dispose());
        _released.Clear();
        _pool.Dispose();
    }

    [Test]
    public void IsStarved_below_half_of_the_pool_of_outbound_connections_and_never_for_a_pool_of_nobody()
    {
        Assert.That(_pool.IsStarved(0));
        Assert.That(_pool.IsStarved(5));
        Assert.That(_pool.IsStarved(6), Is.False);
        Assert.That(Create(0).IsStarved(0), Is.False);
    }

    [Test]
    public void Plan_of_an_empty_pool_dials_three_for_each_that_is_missing_up_to_twice_the_pool()
    {
        PoolPlan plan = _pool.Plan(s_now, isChurnDue: true);
        Assert.That((plan.Shortfall, plan.Target, plan.Needed, plan.IsStarved, plan.IsChurn), Is.EqualTo((12, 24, 24, true, false)));
        for (int i = 0; i < 10; i++)
        {
            Connect(ConnectionDirection.Outbound);
        }

        _pool.AddDialled(PeerMaker.Id(++_last), s_now);
        plan = _pool.Plan(s_now, isChurnDue: false);
        Assert.That((plan.Shortfall, plan.Target, plan.Needed, plan.IsStarved), Is.EqualTo((2, 6, 5, false)));
    }

    [Test]
    public void Plan_of_a_pool_full_of_inbound_connections_still_wants_outbound_ones()
    {
        for (int i = 0; i < 12; i++)
        {
            Connect(ConnectionDirection.Inbound);
        }

        PoolPlan plan = _pool.Plan(s_now, isChurnDue: true);
        Assert.That((plan.IsStarved, plan.IsChurn, plan.Shortfall, plan.Released.Count), Is.EqualTo((true, false, 12, 0)));
    }

    [Test]
    public void Plan_releases_members_whose_dial_took_a_minute_or_whose_connection_ended()
    {
        NodeId old = PeerMaker.Id(++_last);
        NodeId young = PeerMaker.Id(++_last);
        _pool.AddDialled(old, s_now - TimeSpan.FromSeconds(60));
        _pool.AddDialled(young, s_now - TimeSpan.FromSeconds(59));
        ScriptedConnection ended = Connect(ConnectionDirection.Outbound);
        ended.End();
        PoolPlan plan = _pool.Plan(s_now, isChurnDue: false);
        Assert.That(plan.Released.Select(member => member.Peer), Is.EqualTo((NodeId[])[old, ended.Peer]));
        Assert.That(plan.Pending.Select(member => member.Peer), Is.EqualTo((NodeId[])[young]));
        Assert.That(_pool.Count, Is.EqualTo(3), "a plan changes nothing");
    }

    [Test]
    public void Plan_of_too_many_keeps_those_that_are_needed_then_outbound_ones_then_the_first()
    {
        _pool = Create(3);
        ScriptedConnection first = Connect(ConnectionDirection.Inbound);
        ScriptedConnection second = Connect(ConnectionDirection.Inbound);
        ScriptedConnection outbound = Connect(ConnectionDirection.Outbound);
        ScriptedConnection needed = Connect(ConnectionDirection.Inbound);
        using (needed.Acquire(ConnectionStrength.Strong))
        {
            PoolPlan plan = _pool.Plan(s_now, isChurnDue: false);
            Assert.That(plan.Connected.Select(member => member.Peer), Is.EqualTo((NodeId[])[needed.Peer, outbound.Peer, first.Peer]));
            Assert.That(plan.Released.Select(member => member.Peer), Is.EqualTo((NodeId[])[second.Peer]));
        }
    }

    [Test]
    public void Plan_with_churn_due_exchanges_a_tenth_of_a_healthy_pool_and_nobody_who_is_needed()
    {
        List<ScriptedConnection> all = [];
        for (int i = 0; i < 12; i++)
        {
            all.Add(Connect(ConnectionDirection.Outbound));
        }

        PoolPlan plan = _pool.Plan(s_now, isChurnDue: true);
        Assert.That((plan.IsChurn, plan.Released.Count, plan.Connected.Count, plan.Shortfall), Is.EqualTo((true, 1, 11, 1)));
        Assert.That(_pool.Plan(s_now, isChurnDue: false).Released, Is.Empty);

        PeerConnectionHandle[] needs = [.. all.Select(connection => connection.Acquire(ConnectionStrength.Strong))];
        plan = _pool.Plan(s_now, isChurnDue: true);
        Assert.That((plan.IsChurn, plan.Released.Count), Is.EqualTo((true, 0)));
        Array.ForEach(needs, handle => handle.Dispose());

        all[0].End();
        Assert.That(_pool.Plan(s_now, isChurnDue: true).IsChurn, Is.False, "a pool that is short of one is not exchanged");
    }

    [TestCase(12, 10, 1)]
    [TestCase(12, 50, 6)]
    [TestCase(4, 1000, 2)]
    public void Plan_with_churn_due_tries_half_of_the_pool_at_most(int size, int rate, int exchanged)
    {
        _pool = Create(size, rate);
        for (int i = 0; i < size; i++)
        {
            Connect(ConnectionDirection.Outbound);
        }

        Assert.That(_pool.Plan(s_now, isChurnDue: true).Released, Has.Count.EqualTo(exchanged));
    }

    [Test]
    public void Apply_keeps_order_gives_the_handles_of_those_who_go_and_takes_nobody_twice()
    {
        ScriptedConnection stays = Connect(ConnectionDirection.Outbound);
        ScriptedConnection goes = Connect(ConnectionDirection.Outbound);
        goes.End();
        NodeId dialled = PeerMaker.Id(++_last);
        _pool.AddDialled(dialled, s_now);
        NodeId joins = PeerMaker.Id(++_last);
        int version = _pool.Version;
        _pool.Apply(_pool.Plan(s_now, isChurnDue: false), [joins, stays.Peer], s_now, _released);
        Assert.That(_pool.Peers, Is.EqualTo((NodeId[])[stays.Peer, dialled, joins]));
        Assert.That(_released.Select(handle => handle.Connection), Is.EqualTo((IPeerConnection[])[goes]));
        Assert.That(_pool.Find(stays.Peer)!.IsLive);
        Assert.That(_pool.Version, Is.Not.EqualTo(version));
    }

    [Test]
    public void Hold_of_a_newer_connection_gives_the_older_handle_back_and_of_the_same_one_does_not()
    {
        ScriptedConnection older = Connect(ConnectionDirection.Outbound);
        var newer = new ScriptedConnection(older.Peer, 1000);
        _pool.Hold(newer.Acquire(ConnectionStrength.Weak), _released);
        Assert.That(_released.Single().Connection, Is.SameAs(older));
        _pool.Hold(newer.Acquire(ConnectionStrength.Weak), _released);
        Assert.That(_released, Has.Count.EqualTo(1));
        Assert.That((newer.HandleCount, _pool.Count), Is.EqualTo((1, 1)));
    }

    [Test]
    public void PlanAnew_keeps_who_is_connected_or_dialled_and_dials_up_to_twice_the_pool()
    {
        ScriptedConnection live = Connect(ConnectionDirection.Inbound);
        ScriptedConnection ended = Connect(ConnectionDirection.Inbound);
        ended.End();
        _pool.AddDialled(PeerMaker.Id(++_last), s_now);
        PoolPlan plan = _pool.PlanAnew(s_now);
        Assert.That(plan.Connected.Single().Peer, Is.EqualTo(live.Peer));
        Assert.That((plan.Pending.Count, plan.Released.Count, plan.Needed), Is.EqualTo((1, 1, 22)));
    }

    [Test]
    public void Dispose_gives_every_handle_up()
    {
        ScriptedConnection[] connections = [Connect(ConnectionDirection.Outbound), Connect(ConnectionDirection.Inbound)];
        _pool.Dispose();
        Assert.That(connections.Sum(connection => connection.HandleCount), Is.Zero);
        Assert.That(_pool.Count, Is.Zero);
    }

    private static ConnectionPool Create(int size, int churnRate = 10) => new(
        new DhtConfig
        {
            NumNeighbouringNodes = size,
            NumRandomNodes = 0,
            Connectivity = new DhtConnectivityConfig { ChurnRate = churnRate },
        },
        new Random(1));

    private ScriptedConnection Connect(ConnectionDirection direction)
    {
        var connection = new ScriptedConnection(PeerMaker.Id(++_last), _last) { Direction = direction };
        _pool.Hold(connection.Acquire(ConnectionStrength.Weak), _released);
        return connection;
    }
}
