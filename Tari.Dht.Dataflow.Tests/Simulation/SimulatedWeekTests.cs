using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>Networks that live for days, or for some hours in the short form, with all that happens to one.</summary>
[TestFixture]
internal sealed class SimulatedWeekTests
{
    [Test]
    public void A_network_keeps_itself_connected_through_churn_a_partition_and_the_loss_of_seeds()
    {
        using SimulatedWeek week = LongRun.IsAsked
            ? new SimulatedWeek(nodes: 200, day: TimeSpan.FromDays(1))
            : new SimulatedWeek(nodes: 48, day: TimeSpan.FromMinutes(40));
        week.Run();
    }

    /// <summary>
    /// By the rules of the pools a node hangs up on those who dialled it and are too many, who then dial somebody else; in a network that
    /// is not much larger than a pool that never ends. It stays bounded, and nobody suffers.
    /// </summary>
    [TestCase(20)]
    [TestCase(36)]
    public void A_network_not_much_larger_than_a_pool_stays_connected_with_bounded_exchange(int nodes)
    {
        using var network = new LivingNetwork(seed: nodes, seeds: 2, deadSeeds: 0);
        for (int i = 2; i < nodes; i++)
        {
            network.Add();
        }

        network.RunFor(TimeSpan.FromMinutes(121));
        int hours = LongRun.IsAsked ? 72 : 4;
        long before = network.Connections;
        int starvedBefore = network.Nodes.Sum(static node => node.StarvationsInAll);
        for (int hour = 1; hour <= hours; hour++)
        {
            network.RunFor(TimeSpan.FromHours(1));
            foreach (LivingNode node in network.Nodes)
            {
                PoolStatus pool = node.Dht.GetStatus().Pool;
                Assert.That(
                    node.Comms.Connectivity.Status.Nodes,
                    Is.GreaterThanOrEqualTo(pool.Size / 2),
                    $"{network.Time.Elapsed}: {node}: {pool}");
                Assert.That(node.Lies, Is.Empty);
            }

            if (hour % 12 == 0)
            {
                TestContext.Progress.WriteLine($"{nodes} nodes, hour {hour}: {network.Connections - before} connections made");
            }
        }

        double perNodeAndHour = (network.Connections - before) / (double)(nodes * hours);
        int starved = network.Nodes.Sum(static node => node.StarvationsInAll) - starvedBefore;
        TestContext.Out.WriteLine(
            $"{nodes} nodes: {perNodeAndHour:F1} connections made by a node in an hour, {starved} starvations in {hours} hours, "
            + $"{network.CountParts()} parts");
        DhtConnectivityConfig config = LivingNetwork.Config.Connectivity;
        Assert.That(network.CountParts(), Is.EqualTo(1));
        Assert.That(network.Bans, Is.Zero);
        double ticks = TimeSpan.FromHours(1) / config.UpdateInterval;
        Assert.That(
            perNodeAndHour,
            Is.LessThan(ticks * network.Nodes[0].Dht.GetStatus().Pool.Size),
            "less than half of what the ticks may dial");
        double pauses = hours * 3600 / (0.75 * config.RebootstrapCooldownMin.TotalSeconds);
        Assert.That(starved, Is.LessThanOrEqualTo(nodes * (1 + pauses)), "as the pauses allow");
        network.Finish();
    }
}
