using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

/// <summary>All records in memory, arranged so that no query of the hot path looks at more than it answers.</summary>
/// <remarks>
/// <see cref="Find(in NodeId)"/> and <see cref="Find(in CommsPublicKey)"/> may be called at any time from any thread; every other member with the owner's
/// lock held. Records are in the form in which they are read: addresses in row order, and the empty address in a list without any. That one is
/// no row: no query counts it as an address.
/// </remarks>
internal sealed class PeerIndex
{
    /// <summary>Records held, deleted ones included.</summary>
    public int Count => throw new NotImplementedException();

    /// <summary>All records, by rising <see cref="Peer.Id"/> or in no order.</summary>
    public IEnumerable<Peer> All => throw new NotImplementedException();

    public Peer? Find(in NodeId id) => throw new NotImplementedException();

    public Peer? Find(in CommsPublicKey publicKey) => throw new NotImplementedException();

    /// <summary>Adds a record, or puts it in the place of the one with the same node id.</summary>
    public void Set(Peer peer) => throw new NotImplementedException();

    /// <summary>Forgets a record.</summary>
    public bool Remove(in NodeId id) => throw new NotImplementedException();

    /// <summary>Records whose node id or public key starts with 1 to 32 bytes, as the reference's prefix query has it.</summary>
    public void StartsWith(ReadOnlySpan<byte> prefix, List<Peer> results) => throw new NotImplementedException();

    /// <summary>Draws peers for a message: all equally likely.</summary>
    public void DrawRandom(in RandomPeersQuery query, DateTimeOffset now, Random random, List<Peer> results) => throw new NotImplementedException();

    /// <summary>Draws peers for discovery: those seen lately are more likely.</summary>
    public void DrawActive(in ActivePeersQuery query, DateTimeOffset now, Random random, List<Peer> results) => throw new NotImplementedException();

    /// <summary>Peers to dial, spread over network groups, those seen first.</summary>
    public void DialCandidates(in DialCandidatesQuery query, DateTimeOffset now, Random random, List<Peer> results) => throw new NotImplementedException();
}
