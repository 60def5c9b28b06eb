using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>A rebootstrap: seeds, resolved anew if there is a provider, and connected peers are asked, all at once.</summary>
/// <remarks>
/// It takes <c>bootstrap_timeout</c> at most, 30 s at least, and what it has by then counts. The provider and each source have half of
/// that.
/// </remarks>
internal sealed class RebootstrapRun
{
    /// <summary>Peers stored of one source.</summary>
    public const int MaxPerSource = 50;

    private readonly NetworkDiscoveryContext _context;
    private readonly PeerCaller _caller;
    private readonly TimeSpan _limit;
    private readonly TimeSpan _sourceLimit;

    // Those told of that this node had reached before, without a suggestion of somebody who dialled it. Sources are asked at the same time.
    private readonly HashSet<NodeId> _ownFinds = [];

    public RebootstrapRun(NetworkDiscoveryContext context, PeerCaller caller)
    {
        _context = context;
        _caller = caller;
        _limit = context.LongestRun;
        _sourceLimit = _limit / 2;
    }

    /// <summary>Asks them.</summary>
    /// <param name="cancellationToken">Ends the run without a result.</param>
    public async Task<RebootstrapInfo> RunAsync(CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_limit, _context.Options.TimeProvider);
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        List<NodeId> resolved = [];
        var answers = new List<Answer>();
        var sources = new List<Source>();
        IReadOnlyList<PeerConnectionHandle> active = [];
        try
        {
            resolved = await ResolveAsync(ending.Token);
            active = await ConnectionsAsync(ending.Token);
            List<NodeId> seeds = SelectSeeds(resolved, active);
            foreach (NodeId seed in seeds)
            {
                _context.Asked.Asked(seed, _context.Now);
                sources.Add(new Source(seed, LearnedSourceKind.Seed, AskSeedAsync(seed, ending.Token)));
            }

            foreach ((IPeerConnection connection, LearnedSourceKind kind) in SelectConnected(seeds, active))
            {
                sources.Add(new Source(connection.Peer, kind, AskConnectedAsync(connection, ending.Token)));
            }

            await TakeAllAsync(sources, answers);
            cancellationToken.ThrowIfCancellationRequested();
        }
        catch (OperationCanceledException) when (limit.IsCancellationRequested && !cancellationToken.IsCancellationRequested)
        {
            // What there is so far counts.
        }
        finally
        {
            ending.Cancel();
            await Task.WhenAll(sources.ConvertAll(static source => source.Asking));
            foreach (PeerConnectionHandle handle in active)
            {
                handle.Dispose();
            }
        }

        if (limit.IsCancellationRequested)
        {
            _context.Logger.RebootstrapTimedOut(_limit);
        }

        return Sum(resolved.Count, answers);
    }

    private RebootstrapInfo Sum(int resolved, List<Answer> answers)
    {
        var info = new RebootstrapInfo { SeedsResolved = resolved };
        answers.Sort(static (left, right) => left.Order.CompareTo(right.Order));
        var sources = new List<LearnedSource>(answers.Count);
        foreach (Answer answer in answers)
        {
            sources.Add(new LearnedSource(answer.Kind, answer.Stored));
            info = answer.Kind == LearnedSourceKind.Seed
                ? info with { SeedsSynced = info.SeedsSynced + 1, FromSeeds = info.FromSeeds + answer.Stored.Count }
                : info with
                {
                    ConnectedPeersSynced = info.ConnectedPeersSynced + 1,
                    FromConnected = info.FromConnected + answer.Stored.Count,
                };
        }

        lock (_ownFinds)
        {
            return info with
            {
                LearnedPeers = InterleavedPeers.Interleave(sources),
                LearnedFromInbound = InterleavedPeers.FromInbound(sources).RemoveAll(_ownFinds.Contains),
            };
        }
    }

    private async Task<List<NodeId>> ResolveAsync(CancellationToken cancellationToken)
    {
        var accepted = new List<NodeId>();
        if (_context.Services.SeedProvider is not { } provider)
        {
            return accepted;
        }

        IReadOnlyList<Peer>? seeds;
        try
        {
            using var limit = new CancellationTokenSource(_sourceLimit, _context.Options.TimeProvider);
            using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
            seeds = await provider.GetSeedPeersAsync(either.Token).AsTask().WaitHereAsync(either.Token);
        }
        catch (Exception error) when (!cancellationToken.IsCancellationRequested)
        {
            // An application's code: whatever it was, the seeds that are known are asked.
            _context.Logger.SeedProviderFailed(error);
            return accepted;
        }

        foreach (Peer? seed in seeds ?? [])
        {
            if (seed is null || seed.PublicKey == _context.Services.Identity.PublicKey || accepted.Contains(seed.NodeId))
            {
                continue;
            }

            if (_context.Services.Peers.Find(seed.PublicKey) is { IsSeed: false } known)
            {
                accepted.Add(known.NodeId);
            }
            else if (_context.Relayed.Store(seed.WithFlags(PeerFlags.Seed)) is { } failure)
            {
                _context.Logger.ResolvedSeedNotStored(seed.NodeId, failure.Text);
            }
            else
            {
                accepted.Add(seed.NodeId);
            }
        }

        return accepted;
    }

    private async Task<IReadOnlyList<PeerConnectionHandle>> ConnectionsAsync(CancellationToken cancellationToken)
    {
        try
        {
            return await _context.Services.Connectivity.GetActiveConnectionsAsync(cancellationToken);
        }
        catch (ConnectivityException error)
        {
            _context.Logger.ConnectionsUnknown(error);
            return [];
        }
    }

    private List<NodeId> SelectSeeds(List<NodeId> resolved, IReadOnlyList<PeerConnectionHandle> active)
    {
        var outbound = new HashSet<NodeId>();
        var inbound = new HashSet<NodeId>();
        foreach (PeerConnectionHandle handle in active)
        {
            if (handle.Connection.IsConnected)
            {
                (handle.Connection.Direction == ConnectionDirection.Outbound ? outbound : inbound).Add(handle.Connection.Peer);
            }
        }

        // A seed that dialled this node, and that nobody vouches for now, is no better than others that did.
        int wanted = _context.Config.MaxSeedPeerSyncCount;
        var stored = new List<NodeId>();
        foreach (Peer seed in _context.Seeds())
        {
            if (!inbound.Contains(seed.NodeId) || outbound.Contains(seed.NodeId) || resolved.Contains(seed.NodeId))
            {
                stored.Add(seed.NodeId);
            }
        }

        List<NodeId> selected = stored.FindAll(seed => outbound.Contains(seed) || inbound.Contains(seed));
        _context.Shuffle(selected);
        if (selected.Count >= wanted)
        {
            selected.RemoveRange(wanted, selected.Count - wanted);
            return selected;
        }

        DateTimeOffset now = _context.Options.TimeProvider.GetUtcNow();
        List<NodeId> others = resolved.FindAll(
            seed => _context.Services.Peers.Find(seed) is { } record && _context.IsUsable(record, now));
        if (others.Count == 0)
        {
            others = stored;
        }

        _context.Shuffle(others);
        foreach (NodeId seed in others)
        {
            if (selected.Count < wanted && !selected.Contains(seed))
            {
                selected.Add(seed);
            }
        }

        return selected;
    }

    private List<(IPeerConnection Connection, LearnedSourceKind Kind)> SelectConnected(
        List<NodeId> seeds, IReadOnlyList<PeerConnectionHandle> active)
    {
        DateTimeOffset now = _context.DateOf(_context.Now);
        var outbound = new List<IPeerConnection>();
        var inbound = new List<IPeerConnection>();
        foreach (PeerConnectionHandle handle in active)
        {
            IPeerConnection connection = handle.Connection;
            if (connection.IsConnected && !connection.Features.IsClient() && !seeds.Contains(connection.Peer))
            {
                bool isOwnChoice =
                    connection.Direction == ConnectionDirection.Outbound && !_context.Suggested.Contains(connection.Peer, now);
                (isOwnChoice ? outbound : inbound).Add(connection);
            }
        }

        _context.Shuffle(outbound);
        _context.Shuffle(inbound);
        int wanted = _context.Config.RebootstrapConnectedPeers;
        var selected = new List<(IPeerConnection, LearnedSourceKind)>();
        foreach (IPeerConnection connection in outbound)
        {
            if (selected.Count < wanted)
            {
                selected.Add((connection, LearnedSourceKind.Outbound));
            }
        }

        foreach (IPeerConnection connection in inbound)
        {
            if (selected.Count < wanted)
            {
                selected.Add((connection, LearnedSourceKind.Inbound));
            }
        }

        return selected;
    }

    // Neither of these two fails: their token only fires when the run ends, and what they have is of no use then.
    private async Task<PeerStreamResult?> AskSeedAsync(NodeId seed, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_sourceLimit, _context.Options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            if (await _caller.DialAsync(seed, _context.Config.BootstrapDialPeerTimeout, either.Token) is not { } dialled)
            {
                return null;
            }

            try
            {
                return await _caller.FetchAsync(dialled.Handle.Connection, either.Token);
            }
            finally
            {
                _caller.HangUp(dialled);
            }
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task<PeerStreamResult?> AskConnectedAsync(IPeerConnection connection, CancellationToken cancellationToken)
    {
        using var limit = new CancellationTokenSource(_sourceLimit, _context.Options.TimeProvider);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken, limit.Token);
        try
        {
            return await _caller.FetchAsync(connection, either.Token);
        }
        catch (OperationCanceledException) when (either.IsCancellationRequested)
        {
            return null;
        }
    }

    private async Task TakeAllAsync(List<Source> sources, List<Answer> answers)
    {
        List<Task<PeerStreamResult?>> pending = sources.ConvertAll(static source => source.Asking);
        while (pending.Count > 0)
        {
            Task<PeerStreamResult?> ended = await Task.WhenAny(pending);
            pending.Remove(ended);
            if (await ended is { } answer)
            {
                int order = sources.FindIndex(source => source.Asking == ended);
                Take(sources[order], order, answer, answers);
            }
        }
    }

    private void Take(Source source, int order, PeerStreamResult answer, List<Answer> answers)
    {
        List<NodeId> stored = [];
        if ((answer.Failure ?? Store(answer.Peers, stored)) is { } failure)
        {
            _context.Logger.SyncFailed(source.Peer, failure.Text);
            if (source.Kind != LearnedSourceKind.Seed)
            {
                _context.Report(source.Peer, SyncOffence.SeverityInRebootstrap(failure), failure.Text);
            }
        }
        else
        {
            answers.Add(new Answer(order, source.Kind, stored));
        }
    }

    /// <summary>Stores what is good of an answer, as far as there is room, and looks at the rest as well.</summary>
    private NetworkDiscoveryFailure? Store(IReadOnlyList<UnvalidatedPeerInfo> peers, List<NodeId> stored)
    {
        var told = new HashSet<NodeId>();
        int hostile = 0;
        foreach (UnvalidatedPeerInfo info in peers)
        {
            switch (_context.Relayed.Check(info, out Peer? record, out _))
            {
                case RelayedPeerVerdict.Hostile when ++hostile > RelayedPeers.MaxHostile:
                    return NetworkDiscoveryFailure.TooManyInvalidPeersReceived(hostile);
                case RelayedPeerVerdict.Accepted when stored.Count < MaxPerSource && told.Add(record!.NodeId):
                    NoteOwnFind(record.NodeId);
                    if (_context.Relayed.Store(record) is { } failure)
                    {
                        return failure;
                    }

                    stored.Add(record.NodeId);
                    break;
            }
        }

        return null;
    }

    private void NoteOwnFind(in NodeId peer)
    {
        if (_context.Services.Peers.Find(peer) is { LastSeen: not null } && !_context.Suggested.Contains(peer, _context.DateOf(_context.Now)))
        {
            lock (_ownFinds)
            {
                _ownFinds.Add(peer);
            }
        }
    }

    private readonly record struct Source(NodeId Peer, LearnedSourceKind Kind, Task<PeerStreamResult?> Asking);

    private readonly record struct Answer(int Order, LearnedSourceKind Kind, List<NodeId> Stored);
}
