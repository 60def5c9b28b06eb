using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore.Index;

namespace Tari.Dht.Dataflow.Storage.PeerStore;

// Networks tell each other mostly what is known: of a record that has not changed, the bytes to send are kept, and a response that was found
// to say nothing new is known by its fingerprint.
public sealed partial class PeerManager
{
    /// <summary>Whether a response says nothing new of a peer. If so, it has been merged, which changes scores at most.</summary>
    /// <param name="publicKey">Whom the response is about.</param>
    /// <param name="fingerprint">Its fingerprint.</param>
    /// <returns>False if the response has to be read, also when the store was closed.</returns>
    internal bool MergeIfKnown(in CommsPublicKey publicKey, UInt128 fingerprint)
    {
        if (fingerprint == UInt128.Zero)
        {
            return false;
        }

        Change? change;
        lock (_gate)
        {
            int slot = _isClosed ? -1 : _index.FindKnown(publicKey, fingerprint);
            if (slot < 0)
            {
                return false;
            }

            DateTimeOffset now = _time.GetUtcNow();
            if (now.UtcTicks < _index.RelayOf(slot).Since)
            {
                return false;
            }

            if (_index.RelayOf(slot).IsSettled)
            {
                return true;
            }

            Peer known = _index[slot];
            change = Rescore(known, now);
            ref RelaySlot relay = ref _index.RelayOf(slot);
            relay.IsSettled = (change?.Stored ?? known).Addresses.IsSettled(now);
            relay.Since = now.UtcTicks;
        }

        if (change is { } changed)
        {
            Finish(changed);
        }

        return true;
    }

    /// <summary>Remembers that a response says nothing new of a peer.</summary>
    /// <param name="record">The stored record that it was compared with. If it has changed since, nothing is remembered.</param>
    /// <param name="fingerprint">The response's fingerprint.</param>
    internal void NoteKnown(Peer record, UInt128 fingerprint)
    {
        lock (_gate)
        {
            if (record.Addresses.IsTidy() && _index.SlotOfSame(record) is >= 0 and int slot)
            {
                ref RelaySlot relay = ref _index.RelayOf(slot);
                relay.Known = fingerprint;
                relay.Since = _time.GetUtcNow().UtcTicks;
                relay.IsSettled = false;
            }
        }
    }

    /// <summary>As <see cref="DiscoverySyncing"/>, with the responses that tell of the peers.</summary>
    internal List<SharedPeer> DrawShared(
        int count, IReadOnlySet<NodeId>? excluded, PeerFeatures? features, bool externalOnly, int ceiling)
    {
        ActivePeersQuery query = SyncQuery(count, excluded, features, externalOnly, ceiling);
        DateTimeOffset now = _time.GetUtcNow();
        List<SharedPeer> peers = [];
        lock (_gate)
        {
            ThrowIfClosed();
            _index.DrawShared(query, now, _options.Random, peers);
        }

        return peers;
    }

    /// <summary>Keeps the response that tells of a peer, for the next one who asks.</summary>
    /// <param name="record">The stored record that it was made of. If it has changed since, nothing is kept.</param>
    /// <param name="response">The bytes, which nobody changes any more; empty when nothing is told.</param>
    internal void KeepResponse(Peer record, byte[] response)
    {
        lock (_gate)
        {
            if (_index.SlotOfSame(record) is >= 0 and int slot)
            {
                _index.RelayOf(slot).Response = response;
            }
        }
    }
}
