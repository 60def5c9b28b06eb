using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

public sealed partial class PeerManager
{
    /// <summary>Records removed at a time, so that others need not wait long for the lock.</summary>
    internal const int CollectionChunk = 500;

    /// <summary>
    /// Of <see cref="PeerManagerOptions.MaxPeerRows"/>, what banned peers and those without an address may each have: a fifth.
    /// </summary>
    private const int SideShare = 5;

    private static readonly TimeSpan s_deletedRetention = TimeSpan.FromHours(24);

    private readonly Lock _collecting = new();

    /// <summary>Why a collection removes a record; the order of the passes.</summary>
    internal enum CollectionPass
    {
        /// <summary>It was not reached.</summary>
        NeverSeen,

        /// <summary>It is banned and has addresses.</summary>
        Banned,

        /// <summary>It has no address.</summary>
        AddressLess,

        /// <summary>It was deleted more than 24 hours ago.</summary>
        SoftDeleted,
    }

    /// <summary>
    /// Removes what is too much, for good, bans included: of the peers that were not reached as many, at random, as exceed
    /// <see cref="PeerManagerOptions.MaxPeerRows"/>; of the banned ones, and of those without an address, the bans that end first, until a
    /// fifth of that number is left of each; and all that were deleted more than 24 hours ago. Seeds and configured peers stay, unless they
    /// were deleted. One collection runs at a time.
    /// </summary>
    /// <param name="connected">Who must stay; null for nobody. It is asked on this thread, also while the store is locked.</param>
    /// <param name="seenSince">Who was seen since then counts as reached; null for whoever was ever seen.</param>
    public PeerCollection CollectGarbage(IReadOnlySet<NodeId>? connected = null, DateTimeOffset? seenSince = null)
    {
        PeerCollection result;
        lock (_collecting)
        {
            var rules = new CollectionRules(connected, seenSince, _time.GetUtcNow());
            result = new PeerCollection(
                Collect(CollectionPass.NeverSeen, rules, _options.MaxPeerRows),
                Collect(CollectionPass.Banned, rules, _options.MaxPeerRows / SideShare),
                Collect(CollectionPass.AddressLess, rules, _options.MaxPeerRows / SideShare),
                Collect(CollectionPass.SoftDeleted, rules, cap: 0));
        }

        _options.Logger.PeersCollected(result.NeverSeen, result.Banned, result.AddressLess, result.SoftDeleted);
        return result;
    }

    /// <summary>What a pass may remove, in its order; in no order for the one that chooses at random.</summary>
    internal List<Peer> FindCollectable(CollectionPass pass, in CollectionRules rules)
    {
        // Records do not change, so the lock is needed for the list of them only.
        List<Peer> candidates = [];
        foreach (Peer peer in Snapshot())
        {
            if (rules.MayRemove(peer, pass))
            {
                candidates.Add(peer);
            }
        }

        switch (pass)
        {
            case CollectionPass.Banned or CollectionPass.AddressLess:
                DateTimeOffset now = rules.Now;
                candidates.Sort((left, right) => CompareBans(left, right, now));
                break;
            case CollectionPass.SoftDeleted:
                candidates.Sort(static (left, right) => left.Id.CompareTo(right.Id));
                break;
        }

        return candidates;
    }

    /// <summary>Removes those candidates that a pass may still remove, as they are now.</summary>
    /// <returns>How many.</returns>
    internal int Remove(CollectionPass pass, in CollectionRules rules, ReadOnlySpan<Peer> candidates)
    {
        int removed = 0;
        WriteBehind.WakeUp wakeUp;
        lock (_gate)
        {
            ThrowIfClosed();
            foreach (Peer candidate in candidates)
            {
                if (_index.Find(candidate.NodeId) is { } peer && peer.Id == candidate.Id && rules.MayRemove(peer, pass))
                {
                    _index.Remove(peer.NodeId);
                    _writer?.Remove(peer.Id);
                    removed++;
                }
            }

            wakeUp = NoteChanges(isUrgent: false);
        }

        _writer?.Wake(wakeUp);
        return removed;
    }

    /// <summary>The ban that ends first, none and those that have ended before all; of equal ones the record added first.</summary>
    private static int CompareBans(Peer left, Peer right, DateTimeOffset now)
    {
        int order = EndOf(left).CompareTo(EndOf(right));
        order = order != 0 ? order : Nullable.Compare(left.AddedAt, right.AddedAt);
        return order != 0 ? order : left.Id.CompareTo(right.Id);

        DateTimeOffset EndOf(Peer peer) => peer.BannedUntil is { } until && until > now ? until : DateTimeOffset.MinValue;
    }

    private int Collect(CollectionPass pass, in CollectionRules rules, int cap)
    {
        if (!MayExceed(pass, cap))
        {
            return 0;
        }

        List<Peer> candidates = FindCollectable(pass, rules);
        int quota = candidates.Count - cap;
        int removed = 0;
        Span<Peer> rest = System.Runtime.InteropServices.CollectionsMarshal.AsSpan(candidates);
        while (removed < quota && !rest.IsEmpty)
        {
            int chunk = Math.Min(CollectionChunk, Math.Min(quota - removed, rest.Length));
            if (pass == CollectionPass.NeverSeen)
            {
                DrawFirst(rest, chunk);
            }

            removed += Remove(pass, rules, rest[..chunk]);
            rest = rest[chunk..];
        }

        return removed;
    }

    /// <summary>Whether a pass can have more candidates than may stay, without a look at them: mostly it can't.</summary>
    private bool MayExceed(CollectionPass pass, int cap)
    {
        lock (_gate)
        {
            ThrowIfClosed();
            return (pass == CollectionPass.SoftDeleted ? _index.DeletedCount : _index.Count) > cap;
        }
    }

    /// <summary>Brings some to the front, each equally likely.</summary>
    private void DrawFirst(Span<Peer> peers, int count)
    {
        lock (_gate)
        {
            for (int i = 0; i < count; i++)
            {
                int drawn = _options.Random.Next(i, peers.Length);
                (peers[i], peers[drawn]) = (peers[drawn], peers[i]);
            }
        }
    }

    /// <summary>What decides whether a record may go.</summary>
    /// <param name="Connected">Who must stay.</param>
    /// <param name="SeenSince">Who was seen since then counts as reached; null for ever.</param>
    /// <param name="Now">The time at which the collection began.</param>
    internal readonly record struct CollectionRules(IReadOnlySet<NodeId>? Connected, DateTimeOffset? SeenSince, DateTimeOffset Now)
    {
        /// <summary>Whether a pass may remove a record.</summary>
        public bool MayRemove(Peer peer, CollectionPass pass)
        {
            if (Connected?.Contains(peer.NodeId) == true)
            {
                return false;
            }

            bool isBanned = peer.BannedUntil > Now;
            if (pass == CollectionPass.SoftDeleted)
            {
                // Spares neither seeds nor configured peers, as the reference does not.
                return !isBanned && peer.DeletedAt is { } deleted && deleted < Now - s_deletedRetention;
            }

            if (peer.DeletedAt is not null || peer.IsSeed)
            {
                return false;
            }

            bool hasRows = PeerRows.HasRows(peer);
            return pass switch
            {
                CollectionPass.NeverSeen => !isBanned && hasRows && !IsConfigured(peer) && !WasSeen(peer, SeenSince),
                CollectionPass.Banned => isBanned && hasRows && !IsConfigured(peer),
                _ => !hasRows,
            };
        }

        private static bool IsConfigured(Peer peer)
        {
            foreach (MultiaddrWithStats entry in peer.Addresses.Entries)
            {
                if (entry.Source.IsConfig && !entry.Address.IsEmpty)
                {
                    return true;
                }
            }

            return false;
        }
    }
}
