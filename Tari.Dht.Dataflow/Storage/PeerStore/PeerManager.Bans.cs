using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

public sealed partial class PeerManager
{
    /// <summary>
    /// Bans a peer by its key. An unknown peer gets a record that only carries the ban. A ban that lasts as long already stays as it
    /// is, its reason too.
    /// </summary>
    /// <param name="publicKey">The peer's key.</param>
    /// <param name="duration">How long from now, 0 or more; no ban ends after <see cref="PeerTimes.Forever"/>.</param>
    /// <param name="reason">
    /// Why; control and format characters are removed, and what exceeds <see cref="PeerText.MaxReasonBytes"/> is cut.
    /// </param>
    /// <returns>The peer's node id.</returns>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    /// <exception cref="PeerManagerException">
    /// <see cref="PeerManagerError.StorageError"/>: the key is unknown, and another key has its node id.
    /// </exception>
    public NodeId BanPeer(in CommsPublicKey publicKey, TimeSpan duration, string reason)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        return Ban(publicKey, PeerTimes.After(_time.GetUtcNow(), duration), reason);
    }

    /// <inheritdoc cref="BanPeer(in CommsPublicKey, TimeSpan, string)"/>
    /// <param name="publicKey">The peer's key.</param>
    /// <param name="seconds">How long from now.</param>
    /// <param name="reason">Why.</param>
    public NodeId BanPeer(in CommsPublicKey publicKey, ulong seconds, string reason) =>
        Ban(publicKey, PeerTimes.After(_time.GetUtcNow(), seconds), reason);

    /// <summary>Bans a known peer, as <see cref="BanPeer(in CommsPublicKey, TimeSpan, string)"/> does.</summary>
    /// <param name="nodeId">The peer.</param>
    /// <param name="duration">How long from now, 0 or more.</param>
    /// <param name="reason">Why.</param>
    /// <exception cref="ArgumentOutOfRangeException">The duration is negative.</exception>
    /// <exception cref="PeerManagerException"><see cref="PeerManagerError.PeerNotFound"/>.</exception>
    public void BanPeerByNodeId(in NodeId nodeId, TimeSpan duration, string reason)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(duration, TimeSpan.Zero);
        Ban(nodeId, PeerTimes.After(_time.GetUtcNow(), duration), reason);
    }

    /// <inheritdoc cref="BanPeerByNodeId(in NodeId, TimeSpan, string)"/>
    /// <param name="nodeId">The peer.</param>
    /// <param name="seconds">How long from now.</param>
    /// <param name="reason">Why.</param>
    public void BanPeerByNodeId(in NodeId nodeId, ulong seconds, string reason) =>
        Ban(nodeId, PeerTimes.After(_time.GetUtcNow(), seconds), reason);

    /// <summary>Ends a peer's ban and forgets its reason, also those of a ban that has ended by itself.</summary>
    /// <param name="nodeId">The peer; nothing but its ban generation changes if it is unknown.</param>
    public void UnbanPeer(in NodeId nodeId)
    {
        Change change;
        lock (_gate)
        {
            ThrowIfClosed();
            _generations.Renew(nodeId);
            if (_index.Find(nodeId) is not { } known || (known.BannedUntil is null && known.BannedReason.Length == 0))
            {
                return;
            }

            change = Replace(known, known with { BannedUntil = null, BannedReason = "" });
        }

        Finish(change);
    }

    /// <summary>Ends all bans, and forgets those that have ended by themselves.</summary>
    /// <returns>How many.</returns>
    public int UnbanAllPeers()
    {
        int count = 0;
        WriteBehind.WakeUp wakeUp;
        lock (_gate)
        {
            ThrowIfClosed();
            _generations.RenewAll();
            foreach (Peer peer in Copy())
            {
                if (peer.BannedUntil is not null)
                {
                    Set(peer, peer with { BannedUntil = null, BannedReason = "" });
                    count++;
                }
            }

            wakeUp = NoteChanges(isUrgent: count > 0);
        }

        _writer?.Wake(wakeUp);
        return count;
    }

    /// <summary>
    /// A number that changes when the peer is unbanned. Who retries something about a ban compares it with the number at the time
    /// of the ban.
    /// </summary>
    /// <param name="nodeId">The peer, known or not; it is remembered from now on, for an hour or more.</param>
    public long BanGeneration(in NodeId nodeId)
    {
        ThrowIfClosed();
        return _generations.Get(nodeId);
    }

    /// <summary>As <see cref="BanGeneration"/>, but remembers nothing.</summary>
    /// <param name="nodeId">The peer.</param>
    /// <param name="generation">The number.</param>
    /// <returns>False when the peer is not remembered, which counts as a change.</returns>
    public bool TryGetBanGeneration(in NodeId nodeId, out long generation)
    {
        ThrowIfClosed();
        return _generations.TryGet(nodeId, out generation);
    }

    private static DateTimeOffset? NotAfterForever(DateTimeOffset? until) => until is { } time ? PeerTimes.AtMostForever(time) : null;

    private NodeId Ban(in CommsPublicKey publicKey, DateTimeOffset until, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        reason = PeerText.Sanitize(reason);
        Change change;
        lock (_gate)
        {
            ThrowIfClosed();
            if (_index.Find(publicKey) is not { } known)
            {
                var peer = new Peer(publicKey, PeerFeatures.CommunicationClient) { BannedUntil = until, BannedReason = reason };
                change = Insert(peer, _time.GetUtcNow());
            }
            else if (!TryBan(known, until, reason, out change))
            {
                return known.NodeId;
            }
        }

        Finish(change);
        return change.Stored.NodeId;
    }

    private void Ban(in NodeId nodeId, DateTimeOffset until, string reason)
    {
        ArgumentNullException.ThrowIfNull(reason);
        reason = PeerText.Sanitize(reason);
        Change change;
        lock (_gate)
        {
            ThrowIfClosed();
            Peer known = _index.Find(nodeId) ?? throw PeerManagerException.NotFound(nodeId);
            if (!TryBan(known, until, reason, out change))
            {
                return;
            }
        }

        Finish(change);
    }

    /// <summary>A ban never becomes shorter. Called with the lock held.</summary>
    private bool TryBan(Peer known, DateTimeOffset until, string reason, out Change change)
    {
        until = PeerTimes.AtMostForever(until);
        if (known.BannedUntil >= until)
        {
            change = default;
            return false;
        }

        change = Replace(known, known with { BannedUntil = until, BannedReason = reason });
        return true;
    }
}
