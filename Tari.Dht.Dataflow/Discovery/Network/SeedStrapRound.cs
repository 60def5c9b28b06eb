using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>A round that asks seeds, several at once. Nobody is banned for what comes of it.</summary>
/// <remarks>
/// A seed that told of somebody new is hung up, also when the connection was there before: seeds have every node of the network to answer. An
/// earlier connection to one that told of nobody stays, as it may be the only one this node has.
/// </remarks>
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
        var pending = new List<Task<Answer>>();
        try
        {
            int next = 0;
            while (next < seeds.Count && pending.Count < limit)
            {
                pending.Add(AskAsync(seeds[next++].NodeId, ending.Token));
            }

            while (pending.Count > 0)
            {
                Task<Answer> ended = await Task.WhenAny(pending);
                cancellationToken.ThrowIfCancellationRequested();
                pending.Remove(ended);
                Answer answer = await ended;
                if (answer.Result is { Count: > 0 } result)
                {
                    int before = _new;
                    _answered++;
                    try
                    {
                        Take(result.Peers);
                    }
                    finally
                    {
                        HangUp(answer, _new > before);
                    }

                    if (IsEnough())
                    {
                        break;
                    }
                }
                else
                {
                    HangUp(answer, false);
                    if (next < seeds.Count)
                    {
                        pending.Add(AskAsync(seeds[next++].NodeId, ending.Token));
                    }
                }
            }
        }
        finally
        {
            ending.Cancel();
            foreach (Answer unused in await Task.WhenAll(pending))
            {
                HangUp(unused, false);
            }
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

    /// <summary>Asks a seed; without a result when nothing came of it. Fails with nothing: a round that ends cancels it, and has no use for it then.</summary>
    private async Task<Answer> AskAsync(NodeId seed, CancellationToken cancellationToken)
    {
        _asked.Add(seed);
        _context.Asked.Asked(seed, _context.Now);
        DialledPeer? connected = null;
        try
        {
            for (int tries = 1; ; tries++)
            {
                connected = await _caller.DialAsync(seed, _context.Config.BootstrapDialPeerTimeout, cancellationToken);
                if (connected is not { } dialled)
                {
                    return default;
                }

                PeerStreamResult result = await _caller.FetchAsync(dialled.Handle.Connection, cancellationToken);
                if (result.Count == 0 && tries < MaxTries && !dialled.Handle.Connection.IsConnected)
                {
                    _caller.HangUp(dialled);
                    connected = null;
                    continue;
                }

                if (result.Failure is { } failure)
                {
                    _context.Logger.SyncFailed(seed, failure.Text);
                    return new Answer(null, dialled);
                }

                return new Answer(result, dialled);
            }
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            return new Answer(null, connected);
        }
    }

    private void HangUp(Answer answer, bool broughtNew)
    {
        if (answer.Connection is { } connection)
        {
            _caller.HangUp(connection, isAlways: broughtNew);
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

    /// <summary>What came of a seed.</summary>
    /// <param name="Result">What it told; null for nothing.</param>
    /// <param name="Connection">The connection, to be hung up; null if there was none.</param>
    private readonly record struct Answer(PeerStreamResult? Result, DialledPeer? Connection);
}
