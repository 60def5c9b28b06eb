using System.Runtime.InteropServices;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>Bounds the calls that are answered at the same time, in all and for one peer.</summary>
/// <remarks>Thread safe. Holds no more entries than there are calls.</remarks>
internal sealed class CallLimiter
{
    private readonly Lock _gate = new();
    private readonly Dictionary<NodeId, int> _calls = [];
    private readonly int _max;
    private readonly int _maxPerPeer;
    private int _count;

    /// <param name="max">Calls in all.</param>
    /// <param name="maxPerPeer">Calls of one peer.</param>
    public CallLimiter(int max, int maxPerPeer)
    {
        _max = max;
        _maxPerPeer = maxPerPeer;
    }

    /// <summary>Calls that are answered now.</summary>
    public int Count
    {
        get
        {
            lock (_gate)
            {
                return _count;
            }
        }
    }

    /// <summary>Begins a call.</summary>
    /// <param name="peer">Whose it is.</param>
    /// <returns>Whether there is room; if so, <see cref="Leave"/> has to follow.</returns>
    public bool TryEnter(in NodeId peer)
    {
        lock (_gate)
        {
            if (_count >= _max)
            {
                return false;
            }

            ref int calls = ref CollectionsMarshal.GetValueRefOrAddDefault(_calls, peer, out _);
            if (calls >= _maxPerPeer)
            {
                return false;
            }

            calls++;
            _count++;
            return true;
        }
    }

    /// <summary>Ends a call.</summary>
    /// <param name="peer">Whose it was.</param>
    public void Leave(in NodeId peer)
    {
        lock (_gate)
        {
            _count--;
            ref int calls = ref CollectionsMarshal.GetValueRefOrNullRef(_calls, peer);
            if (--calls == 0)
            {
                _calls.Remove(peer);
            }
        }
    }
}
