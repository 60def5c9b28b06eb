using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>A round that asks seeds, several at once. Nobody is banned for what comes of it.</summary>
internal sealed class SeedStrapRound
{
    private const int MaxTries = 3;

    private readonly NetworkDiscoveryContext _context;
    private readonly PeerCaller _caller;
    private readonly ImmutableArray<NodeId>.Builder _asked = ImmutableArray.CreateBuilder<NodeId>();
    private readonly HashSet<NodeId> _seeds = [];
    private int _new;
    private int _known;
    private int _answered;

    public SeedStrapRound(NetworkDiscoveryContext context, PeerCaller caller)
    {
        _context = context;
        _caller = caller;
    }

    /// <summary>Asks, until all seeds are through or enough is known.</summary>
    /// <param name="limit">Seeds asked at once.</param>
    /// <param name="cancellationToken">Ends the round.</param>
    public async Task<DiscoveryRoundInfo> RunAsync(int limit, CancellationToken cancellationToken)
    {
        List<Peer> seeds = _context.Seeds();
        foreach (Peer seed in seeds)
        {
            _seeds.Add(seed.NodeId);
        }

        TimeSpan now = _context.Now;
        seeds.RemoveAll(seed => !_context.Asked.IsDue(seed.NodeId, now));
        _context.Shuffle(seeds);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var pending = new List<Task<PeerStreamResult?>>();
        try
        {
            int next = 0;
            while (next < seeds.Count && pending.Count < limit)
            {
                pending.Add(AskAsync(seeds[next++].NodeId, ending.Token));
            }

            while (pending.Count > 0)
            {
                Task<PeerStreamResult?> ended = await Task.WhenAny(pending);
                pending.Remove(ended);
                cancellationToken.ThrowIfCancellationRequested();
                if (await ended is { Count: > 0 } answer)
                {
                    _answered++;
                    Take(answer.Peers);
                    if (IsEnough())
                    {
                        break;
                    }
                }
                else if (next < seeds.Count)
                {
                    pending.Add(AskAsync(seeds[next++].NodeId, ending.Token));
                }
            }
        }
        finally
        {
            ending.Cancel();
            await Task.WhenAll(pending);
        }

        return new DiscoveryRoundInfo
        {
            NewPeers = _new,
            DuplicatePeers = _known,
            Succeeded = _answered,
            SyncPeers = _asked.ToImmutable(),
            Phase = DiscoveryPhase.SeedStrap,
        };
    }

    /// <summary>Asks a seed; null when nothing came of it. Fails with nothing: a round that ends cancels it, and has no use for it then.</summary>
    private async Task<PeerStreamResult?> AskAsync(NodeId seed, CancellationToken cancellationToken)
    {
        _asked.Add(seed);
        _context.Asked.Asked(seed, _context.Now);
        try
        {
            for (int tries = 1; ; tries++)
            {
                if (await _caller.DialAsync(seed, _context.Config.BootstrapDialPeerTimeout, cancellationToken) is not { } dialled)
                {
                    return null;
                }

                PeerStreamResult answer;
                bool isLost;
                try
                {
                    answer = await _caller.FetchAsync(dialled.Handle.Connection, cancellationToken);
                    isLost = !dialled.Handle.Connection.IsConnected;
                }
                finally
                {
                    _caller.HangUp(dialled);
                }

                if (answer.Count == 0 && isLost && tries < MaxTries)
                {
                    continue;
                }

                if (answer.Failure is { } failure)
                {
                    _context.Logger.SyncFailed(seed, failure.Text);
                    return null;
                }

                return answer;
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return null;
        }
    }

    private void Take(IReadOnlyList<UnvalidatedPeerInfo> peers)
    {
        foreach (UnvalidatedPeerInfo info in peers)
        {
            if (!_seeds.Contains(NodeId.FromPublicKey(info.PublicKey))
                && _context.Relayed.Check(info, out Peer? record, out bool isKnown) == RelayedPeerVerdict.Accepted
                && _context.Relayed.Store(record!) is null)
            {
                _new += isKnown ? 0 : 1;
                _known += isKnown ? 1 : 0;
            }
        }
    }

    private bool IsEnough()
    {
        var config = _context.Config;
        return (_new >= config.MinDesiredPeers && _new >= config.MaxPeersToSyncPerRound)
            || (config.SeedPeerMinInitialSyncPeersNeeded > 0
                && _new >= config.SeedPeerMinInitialSyncPeersNeeded
                && _answered >= config.MinSuccessfulSeedContactsForEarlyExit);
    }
}
