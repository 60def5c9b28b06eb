using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Contracts;

/// <summary>A node of a transport under test.</summary>
internal sealed record CommsNode(IComms Comms, NodeIdentity Identity, PeerManager Peers, Func<Task> Stop)
{
    public NodeId Id => Identity.NodeId;

    public IConnectivity Connectivity => Comms.Connectivity;

    /// <summary>Makes another node known to this one.</summary>
    public void Knows(CommsNode other) => Peers.AddOrUpdatePeer(other.Identity.ToPeer());
}

/// <summary>What a transport brings to be tested.</summary>
internal interface ICommsRig : IDisposable
{
    /// <summary>A node that runs.</summary>
    CommsNode AddNode(PeerFeatures features);

    /// <summary>Runs an operation to its end.</summary>
    T Run<T>(Func<Task<T>> operation);

    /// <summary>Lets everything happen that is under way.</summary>
    void Settle();
}
