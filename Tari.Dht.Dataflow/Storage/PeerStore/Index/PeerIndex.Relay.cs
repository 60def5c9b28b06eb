using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Storage.PeerStore.Index;

// What is told of peers, beside their records: whoever looks for it need not touch a record, which is mostly far away in memory.
internal sealed partial class PeerIndex
{
    private RelaySlot[] _relays = [];

    /// <summary>The record of a slot.</summary>
    public Peer this[int slot] => _peers[slot]!;

    /// <summary>What is told of the peer in a slot. Not to be kept over a change.</summary>
    public ref RelaySlot RelayOf(int slot) => ref _relays[slot];

    /// <summary>The slot of a peer of which a response says nothing new; negative when there is none.</summary>
    /// <param name="publicKey">The peer's key.</param>
    /// <param name="fingerprint">The response's fingerprint, not zero.</param>
    public int FindKnown(in CommsPublicKey publicKey, UInt128 fingerprint)
    {
        int hash = publicKey.GetHashCode();
        for (int probe = 0; _peers.TryProbe(hash, ref probe, out int slot);)
        {
            if (slot >= 0 && _relays[slot].Known == fingerprint)
            {
                return slot;
            }
        }

        return -1;
    }

    /// <summary>The slot of a record that has the addresses and claims of another state of it; negative when it has not, or is gone.</summary>
    public int SlotOfSame(Peer record)
    {
        int slot = _peers.SlotOf(record.NodeId);
        return slot >= 0 && HasSameSources(_peers[slot]!, record) ? slot : -1;
    }

    /// <summary>As <see cref="DrawActive"/>, with what tells of the peers.</summary>
    public void DrawShared(in ActivePeersQuery query, DateTimeOffset now, Random random, List<SharedPeer> results)
    {
        ChooseActive(query, now, random);
        foreach ((int slot, _) in _chosen.UnorderedItems)
        {
            results.Add(query.ExternalOnly && !_slots[slot].IsAllExternal
                ? new SharedPeer(WithExternalAddresses(slot), null)
                : new SharedPeer(_peers[slot]!, _relays[slot].Response));
        }
    }

    private static bool HasSameSources(Peer left, Peer right)
    {
        if (left.PublicKey != right.PublicKey || left.Addresses.Count != right.Addresses.Count)
        {
            return false;
        }

        for (int i = 0; i < left.Addresses.Count; i++)
        {
            if (!ReferenceEquals(left.Addresses.Entries[i].Source, right.Addresses.Entries[i].Source)
                || left.Addresses.Entries[i].Address != right.Addresses.Entries[i].Address)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>A record takes the place of another one in a slot, or of none.</summary>
    private void KeepRelay(int slot, Peer? before, Peer after)
    {
        if (slot >= _relays.Length)
        {
            Array.Resize(ref _relays, _slots.Length);
        }

        if (before is not null && HasSameSources(before, after))
        {
            _relays[slot].IsSettled = false;
        }
        else
        {
            _relays[slot] = default;
        }
    }
}
