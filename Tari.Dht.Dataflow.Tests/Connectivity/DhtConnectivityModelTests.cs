using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Connectivity;

/// <summary>Random sequences of what can happen to a pool, and what holds after each step.</summary>
[TestFixture]
internal sealed class DhtConnectivityModelTests
{
    private const int Size = 4;

    [Test]
    public void After_each_of_many_random_steps_the_pool_is_whole_and_within_its_bounds([Range(0, 19)] int seed)
    {
        var random = new Random(seed);
        using var rig = new PoolRig(
            Size,
            config => config with
            {
                AutoJoin = true,
                MinimizeConnections = seed % 4 == 3,
                Connectivity = config.Connectivity with { RandomPoolRefreshInterval = TimeSpan.FromMinutes(5 * (seed % 3)) },
            },
            new Random(seed));
        List<NodeId> known = rig.AddGood(10);
        List<PeerConnectionHandle> needs = [];
        rig.Start();
        int steps = LongRun.IsAsked ? 5000 : 500;
        for (int step = 0; step < steps; step++)
        {
            Step(rig, random, known, needs);
            Check(rig, step);
        }

        // Whatever happened, a pool that knows enough peers and can reach all of them is whole soon.
        rig.Connectivity.AllowListFailure = null;
        rig.Connectivity.RequestFailure = null;
        known.AddRange(rig.AddGood(20));
        for (int tick = 0; tick < 12; tick++)
        {
            rig.Pass(120);
            int dials = rig.Dials.Count;
            foreach (NodeId peer in rig.Dials.Skip(Math.Max(0, dials - (3 * Size))).Where(peer => rig.Members.Contains(peer)).ToArray())
            {
                if (!IsUp(rig, peer))
                {
                    rig.Connect(peer);
                }
            }

            Check(rig, steps + tick);
        }

        Assert.That(rig.Status.ConnectedOutbound, Is.GreaterThanOrEqualTo(Size / 2), "the pool recovers");
        needs.ForEach(handle => handle.Dispose());
    }

    private static void Step(PoolRig rig, Random random, List<NodeId> known, List<PeerConnectionHandle> needs)
    {
        NodeId peer = known[random.Next(known.Count)];
        ScriptedConnection[] up = [.. rig.Connections.Where(connection => connection.IsConnected)];
        ScriptedConnection? one = up.Length == 0 ? null : up[random.Next(up.Length)];
        switch (random.Next(16))
        {
            case 0:
                known.Add(rig.AddGood());
                break;
            case 1 when !IsUp(rig, peer):
                rig.Connect(peer, ConnectionDirection.Inbound);
                break;
            case 2 or 3 when !IsUp(rig, peer):
                rig.Connect(peer);
                break;
            case 4 when one is not null:
                // A connection in the place of another; the transport closes the older one.
                ScriptedConnection newer = rig.Connect(
                    one.Peer, random.Next(2) == 0 ? ConnectionDirection.Inbound : ConnectionDirection.Outbound);
                one.End();
                Assert.That(newer.Peer, Is.EqualTo(one.Peer));
                break;
            case 5 or 6 when one is not null:
                rig.Disconnect(one);
                break;
            case 7 when one is not null:
                // The event is lost.
                one.End();
                break;
            case 8:
                rig.Fail(peer);
                break;
            case 9:
                NodeId[] learned = [.. known];
                random.Shuffle(learned);
                rig.Rebootstrap(learned[..random.Next(known.Count)], learned[..random.Next(5)]);
                break;
            case 10:
                rig.Refresh();
                break;
            case 11:
                rig.SetState((ConnectivityState)random.Next(4));
                break;
            case 12:
                rig.Connectivity.AllowListFailure =
                    random.Next(4) == 0 ? new ConnectivityException(ConnectivityError.RequestTimedOut, "a test") : null;
                break;
            case 13:
                rig.Connectivity.RequestFailure =
                    random.Next(4) == 0 ? new ConnectivityException(ConnectivityError.DialQueueFull, "a test") : null;
                break;
            case 14 when one is not null:
                if (needs.Count > 3)
                {
                    needs[0].Dispose();
                    needs.RemoveAt(0);
                }

                needs.Add(one.Acquire(ConnectionStrength.Strong));
                break;
            default:
                rig.Pass(random.Next(150));
                break;
        }
    }

    private static bool IsUp(PoolRig rig, NodeId peer) =>
        rig.Connections.Any(connection => connection.Peer == peer && connection.IsConnected);

    private static void Check(PoolRig rig, int step)
    {
        var status = rig.Status;
        var held = new HashSet<NodeId>();
        int inbound = 0;
        foreach (ScriptedConnection connection in rig.Connections)
        {
            int handles = connection.HandleCount - connection.StrongCount;
            Assert.That(handles, Is.InRange(0, 1), $"step {step}: handles of one connection");
            if (handles == 1)
            {
                Assert.That(held.Add(connection.Peer), $"step {step}: one connection of a peer");
                Assert.That(rig.Members.Contains(connection.Peer), $"step {step}: handles are of members alone");
            }

            inbound += connection is { IsConnected: true, Direction: ConnectionDirection.Inbound } ? 1 : 0;
        }

        Assert.That(status.Pending, Is.LessThanOrEqualTo(3 * Size), $"step {step}: dials in flight");
        Assert.That(status.Connected + status.Pending, Is.LessThanOrEqualTo(rig.Members.Count), $"step {step}: nobody is counted twice");
        Assert.That(status.Connected, Is.LessThanOrEqualTo(held.Count), $"step {step}: who is connected is held");
        Assert.That(rig.Members.Count, Is.LessThanOrEqualTo((8 * Size) + inbound), $"step {step}: members");
        Assert.That(status.LearnedQueued, Is.LessThanOrEqualTo(200));
        Assert.That(rig.Clock.ArmedTimers, Is.EqualTo(1), $"step {step}: one timer");
        Assert.That(rig.Scheduler.Queued, Is.Zero);
    }
}
