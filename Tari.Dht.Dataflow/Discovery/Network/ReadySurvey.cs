using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Looks up what decisions are based on.</summary>
/// <remarks>A closed peer store throws <see cref="ObjectDisposedException"/> here.</remarks>
internal static class ReadySurvey
{
    /// <summary>What is known now.</summary>
    /// <param name="context">Where.</param>
    public static ReadySnapshot Take(NetworkDiscoveryContext context)
    {
        NetworkDiscoveryMachine machine = context.Machine;
        PeerManager peers = context.Services.Peers;
        TimeSpan now = context.Now;
        int known = CountKnown(context);
        ImmutableArray<NodeId> fresh =
        [
            .. peers.RandomPeers(context.Config.MaxSyncPeers, context.Asked.Excluded(now), PeerFlags.None, knownGood: true)
                .Select(static peer => peer.NodeId)
                .Where(id => id != context.Services.Identity.NodeId),
        ];
        bool mayAskAgain = machine.AskAgain.IsOver(now);
        var again = new List<NodeId>();
        bool isSeedDue = false;
        if (mayAskAgain && fresh.IsEmpty && known < context.Config.MinDesiredPeers)
        {
            DateTimeOffset date = context.Options.TimeProvider.GetUtcNow();
            context.Asked.AddDue(
                again,
                context.Config.MaxSyncPeers,
                now,
                id => peers.Find(id) is { IsSeed: false } peer && peer.Features.IsNode() && context.IsUsable(peer, date));
            isSeedDue = again.Count == 0
                && context.Config.MaxSeedPeerSyncCount > 0
                && context.Seeds().Exists(seed => context.Asked.IsDue(seed.NodeId, now));
        }

        return new ReadySnapshot(machine.Rounds, machine.LastRound, known, fresh, mayAskAgain, [.. again], isSeedDue);
    }

    /// <summary>Counts the peers that make it unnecessary to ask seeds: nodes, none of them a seed, that may be reached.</summary>
    /// <param name="context">Where.</param>
    public static int CountSuitable(NetworkDiscoveryContext context) =>
        Count(context, static peer => !peer.IsOffline && !peer.AllAddressesFailed);

    private static int CountKnown(NetworkDiscoveryContext context) => Count(context, static _ => true);

    private static int Count(NetworkDiscoveryContext context, Func<Peer, bool> isWanted)
    {
        DateTimeOffset now = context.Options.TimeProvider.GetUtcNow();
        int count = 0;
        foreach (Peer peer in context.Services.Peers.All())
        {
            if (!peer.IsSeed && peer.Features.IsNode() && context.IsUsable(peer, now) && isWanted(peer))
            {
                count++;
            }
        }

        return count;
    }
}
