using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Who is in the pool of connections, as its owner said last; network discovery leaves their connections alone.</summary>
/// <remarks>Thread safe; reading takes no lock.</remarks>
internal sealed class PoolMembers
{
    // Never changed once it is here. Published often and looked at now and then, so one that is made quickly.
    private HashSet<NodeId> _members = [];

    /// <summary>How many there are.</summary>
    public int Count => Volatile.Read(ref _members).Count;

    /// <summary>Whether a peer is in the pool.</summary>
    /// <param name="peer">The peer.</param>
    public bool Contains(in NodeId peer) => Volatile.Read(ref _members).Contains(peer);

    /// <summary>Says who is in the pool from now on.</summary>
    /// <param name="members">All of them.</param>
    public void Publish(IReadOnlyCollection<NodeId> members) => Volatile.Write(ref _members, new HashSet<NodeId>(members));
}
