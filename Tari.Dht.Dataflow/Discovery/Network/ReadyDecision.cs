using System.Collections.Immutable;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>A decision about the next step of network discovery.</summary>
/// <param name="Outcome">What to do.</param>
/// <param name="ResetsRounds">Whether the count of rounds starts again.</param>
/// <param name="Peers">Whom to ask.</param>
internal sealed record ReadyDecision(ReadyOutcome Outcome, bool ResetsRounds, ImmutableArray<NodeId> Peers)
{
    /// <summary>Decides.</summary>
    /// <param name="known">What is known.</param>
    /// <param name="config">What is wanted.</param>
    public static ReadyDecision Make(in ReadySnapshot known, NetworkDiscoveryConfig config)
    {
        if (known.KnownPeers < config.MinDesiredPeers)
        {
            return known.Rounds >= config.IdleAfterNumRounds ? new(ReadyOutcome.Pause, true, [])
                : known.Fresh.IsEmpty ? AskAgain(known)
                : Begin(known);
        }

        if (known.Rounds == 0)
        {
            return known.Fresh.IsEmpty ? new(ReadyOutcome.Idle, true, []) : Begin(known);
        }

        if (known.LastRound is { } last)
        {
            bool isFull = known.Rounds == 1 && last.NewPeers >= config.MaxPeersToSyncPerRound && last.NewPeers >= config.MinDesiredPeers;
            if (last.IsSuccess && (isFull || !last.HasNewPeers))
            {
                return new(ReadyOutcome.OnConnectMode, true, []);
            }

            if (known.Rounds >= config.IdleAfterNumRounds)
            {
                return new(ReadyOutcome.Idle, true, []);
            }
        }

        return known.Fresh.IsEmpty ? new(ReadyOutcome.Idle, true, []) : Begin(known);
    }

    private static ReadyDecision Begin(in ReadySnapshot known) => new(ReadyOutcome.BeginDiscovery, false, known.Fresh);

    // Nodes before seeds, which have the whole network to answer.
    private static ReadyDecision AskAgain(in ReadySnapshot known) =>
        !known.MayAskAgain ? new(ReadyOutcome.Pause, false, [])
        : !known.Again.IsEmpty ? new(ReadyOutcome.AskAgain, false, known.Again)
        : known.IsSeedDue ? new(ReadyOutcome.AskSeed, false, [])
        : new(ReadyOutcome.Pause, false, []);
}
