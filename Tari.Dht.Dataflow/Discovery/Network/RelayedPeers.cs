using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Judges records that peers pass on, and stores the good ones.</summary>
/// <remarks>Thread safe. Nothing is stored but by <see cref="Store"/>.</remarks>
internal sealed class RelayedPeers
{
    /// <summary>Hostile records that one peer may pass on in one answer; with the next one the answer ends.</summary>
    public const int MaxHostile = 5;

    private readonly NodeIdentity _identity;
    private readonly PeerManager _peers;
    private readonly DhtPeerValidator _validator;

    /// <param name="identity">Who this node is.</param>
    /// <param name="peers">Whom it knows.</param>
    /// <param name="validator">What a peer may say.</param>
    public RelayedPeers(NodeIdentity identity, PeerManager peers, DhtPeerValidator validator)
    {
        ArgumentNullException.ThrowIfNull(identity);
        ArgumentNullException.ThrowIfNull(peers);
        ArgumentNullException.ThrowIfNull(validator);
        _identity = identity;
        _peers = peers;
        _validator = validator;
    }

    /// <summary>Judges a record.</summary>
    /// <param name="info">The record, of which nothing is checked.</param>
    /// <param name="record">What to store; null unless the verdict is <see cref="RelayedPeerVerdict.Accepted"/>.</param>
    /// <param name="isKnown">Whether the peer is known already; false for this node itself.</param>
    public RelayedPeerVerdict Check(UnvalidatedPeerInfo info, out Peer? record, out bool isKnown)
    {
        ArgumentNullException.ThrowIfNull(info);
        record = null;
        isKnown = false;
        if (info.PublicKey == _identity.PublicKey)
        {
            return RelayedPeerVerdict.Own;
        }

        Peer? known = _peers.Find(info.PublicKey);
        isKnown = known is not null;
        DhtPeerValidatorError error = _validator.Validate(info, known, isForStore: true, out record);
        if (error.IsNone)
        {
            return RelayedPeerVerdict.Accepted;
        }

        return error.IsBanOffence ? RelayedPeerVerdict.Hostile : RelayedPeerVerdict.Invalid;
    }

    /// <summary>Judges a record that came and stores it, and remembers a response that says nothing new.</summary>
    /// <param name="item">A <see cref="GetPeersItemKind.Peer"/> or <see cref="GetPeersItemKind.Known"/>.</param>
    /// <param name="isKnown">Whether the peer was known already.</param>
    /// <returns>Whether it was stored.</returns>
    public bool TryTake(in GetPeersItem item, out bool isKnown)
    {
        isKnown = item.Kind == GetPeersItemKind.Known;
        if (isKnown)
        {
            return true;
        }

        Peer? before = _peers.Find(item.Peer!.PublicKey);
        if (Check(item.Peer, out Peer? record, out isKnown) != RelayedPeerVerdict.Accepted || Store(record!) is not null)
        {
            return false;
        }

        if (ReferenceEquals(record, before))
        {
            _peers.NoteKnown(record!, item.Fingerprint);
        }

        return true;
    }

    /// <summary>Stores a record: adds it, or merges it into what is known.</summary>
    /// <param name="record">A record that <see cref="Check"/> accepted.</param>
    /// <returns>Why the store did not take it; null if it did.</returns>
    public NetworkDiscoveryFailure? Store(Peer record)
    {
        try
        {
            _peers.AddOrUpdatePeer(record);
            return null;
        }
        catch (Exception error) when (error is PeerManagerException or ObjectDisposedException)
        {
            return NetworkDiscoveryFailure.PeerManagerError(error);
        }
    }
}
