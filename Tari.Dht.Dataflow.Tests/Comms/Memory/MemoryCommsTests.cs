using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Contracts;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Memory;

/// <summary>The contract, on links that take no time and on links that do.</summary>
[TestFixture(0)]
[TestFixture(20)]
public sealed class MemoryCommsTests(int latencyMilliseconds) : CommsContract
{
    private protected override ICommsRig CreateRig(CheckingArrayPool pool) => new Rig(new SimulatedNetwork(new MemoryNetworkOptions
    {
        BufferPool = pool,
        Link = new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(latencyMilliseconds) },
    }));

    private sealed class Rig(SimulatedNetwork simulation) : ICommsRig
    {
        public CommsNode AddNode(PeerFeatures features)
        {
            MemoryComms node = simulation.AddNode(features);
            return new CommsNode(node, node.Identity, node.Peers, node.StopAsync);
        }

        public T Run<T>(Func<Task<T>> operation) => simulation.Scheduler.Run(operation, TimeSpan.FromMinutes(5));

        public void Settle() => simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));

        public void Dispose()
        {
            simulation.Dispose();
            Assert.That(simulation.Scheduler.ForeignTasks, Is.Zero, "nothing left the scheduler");
        }
    }
}
