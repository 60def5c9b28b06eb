using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Makes one list of the peers that several sources told of in a rebootstrap.</summary>
/// <remarks>Pure. Sources take turns, so that none fills the list, and those that dialled this node get a quarter of it at most.</remarks>
internal static class InterleavedPeers
{
    /// <summary>Peers in a list.</summary>
    public const int Capacity = 200;

    /// <summary>Peers of sources that dialled this node in a list.</summary>
    public const int InboundCapacity = Capacity / 4;

    private const int SmallestShare = 10;

    /// <summary>The list.</summary>
    /// <param name="sources">The sources; those of one kind keep their order.</param>
    public static ImmutableArray<NodeId> Interleave(IEnumerable<LearnedSource> sources)
    {
        LearnedSource[] ordered = [.. sources.OrderBy(static source => source.Kind)];
        if (ordered.Length == 0)
        {
            return [];
        }

        int share = Math.Max(Capacity / ordered.Length, SmallestShare);
        var learned = ImmutableArray.CreateBuilder<NodeId>();
        var known = new HashSet<NodeId>();
        int inbound = 0;
        for (int position = 0; position < share; position++)
        {
            foreach (LearnedSource source in ordered)
            {
                if (learned.Count == Capacity)
                {
                    return learned.DrainToImmutable();
                }

                bool isInbound = source.Kind == LearnedSourceKind.Inbound;
                if (position < source.Peers.Count
                    && !(isInbound && inbound == InboundCapacity)
                    && known.Add(source.Peers[position]))
                {
                    learned.Add(source.Peers[position]);
                    inbound += isInbound ? 1 : 0;
                }
            }
        }

        return learned.DrainToImmutable();
    }

    /// <summary>Every peer that a source told of which dialled this node, once.</summary>
    /// <param name="sources">The sources.</param>
    public static ImmutableArray<NodeId> FromInbound(IEnumerable<LearnedSource> sources)
    {
        var peers = ImmutableArray.CreateBuilder<NodeId>();
        var known = new HashSet<NodeId>();
        foreach (LearnedSource source in sources)
        {
            if (source.Kind == LearnedSourceKind.Inbound)
            {
                foreach (NodeId peer in source.Peers)
                {
                    if (known.Add(peer))
                    {
                        peers.Add(peer);
                    }
                }
            }
        }

        return peers.DrainToImmutable();
    }
}
