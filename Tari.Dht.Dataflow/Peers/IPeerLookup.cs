namespace Tari.Dht.Dataflow.Peers;

/// <summary>Finds the stored record of a peer that delivered a message.</summary>
/// <remarks>Asked once per message, from several threads: answers from memory.</remarks>
public interface IPeerLookup
{
    /// <summary>Looks a peer up, soft-deleted and banned ones included.</summary>
    /// <param name="id">The peer's node id.</param>
    /// <returns>The record, or null when there is none.</returns>
    /// <exception cref="PeerManagerException">The store can't answer.</exception>
    Peer? Find(in NodeId id);
}
