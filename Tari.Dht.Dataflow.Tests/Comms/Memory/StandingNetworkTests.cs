using System.Diagnostics;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Memory;

/// <summary>Networks that are left alone for a long time.</summary>
public sealed class StandingNetworkTests
{
    [Test]
    public void Two_hundred_nodes_connect_by_themselves_and_stay_connected_with_a_timer_each()
    {
        const int Nodes = 200, Known = 30;
        using var simulation = new SimulatedNetwork(new MemoryNetworkOptions
        {
            Seed = 1,
            Link = new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(50) },
        });
        var random = new Random(1);
        MemoryComms[] nodes = [.. Enumerable.Range(0, Nodes).Select(_ => simulation.AddNode())];
        foreach (MemoryComms node in nodes)
        {
            for (int i = 0; i < Known; i++)
            {
                MemoryComms other = nodes[random.Next(Nodes)];
                if (other != node)
                {
                    node.Peers.AddOrUpdatePeer(other.Identity.ToPeer());
                }
            }
        }

        // A few of them are gone for good, and stay in the others' stores.
        foreach (MemoryComms gone in nodes.Take(20))
        {
            gone.Crash();
        }

        simulation.Scheduler.RunFor(TimeSpan.FromMinutes(15));
        AssertWhole();
        TimeSpan duration = LongRun.IsAsked ? TimeSpan.FromDays(7) : TimeSpan.FromHours(6);
        long start = Stopwatch.GetTimestamp();
        simulation.Scheduler.RunFor(duration);
        TestContext.Out.WriteLine($"{duration} of {Nodes} nodes took {Stopwatch.GetElapsedTime(start).TotalSeconds:F2} s.");
        AssertWhole();
        Assert.That(simulation.Scheduler.ForeignTasks, Is.Zero, "nothing left the scheduler");

        void AssertWhole()
        {
            int floor = nodes[^1].Options.Connectivity.ProactiveDialingFloor;
            Assert.That(nodes.Skip(20).Select(node => node.Connectivity.Status.Nodes), Is.All.GreaterThanOrEqualTo(floor));
            Assert.That(
                nodes.Skip(20).SelectMany(node => node.Connectivity.GetConnectionStates()).Select(report => report.State),
                Is.All.EqualTo(PeerConnectionState.Connected).Or.EqualTo(PeerConnectionState.Disconnected));
            Assert.That(
                simulation.Time.ArmedTimers,
                Is.LessThanOrEqualTo(Nodes + 1 + Nodes),
                "one of each manager, of each store and of the network");
        }
    }
}
