using System.Globalization;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Tari.Dht.Dataflow.Actor;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Samples.MemoryNet.Reporting;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>
/// The life of a network: it grows from seeds, nodes join and look for each other, messages travel, nodes come and go. Or its cold start:
/// all nodes begin at once, and have two minutes to find each other.
/// </summary>
internal sealed class NetworkRun
{
    private const int TextMessage = 0;
    private const int DiscoveryAttempts = 4;
    private const int ConnectingAtOnce = 25;

    private static readonly TimeSpan s_poll = TimeSpan.FromMilliseconds(100);
    private static readonly TimeSpan s_settle = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_discoveryPause = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan s_deliveryLimit = TimeSpan.FromSeconds(30);
    private static readonly TimeSpan s_lossDetection = TimeSpan.FromSeconds(3);
    private static readonly TimeSpan s_restartPause = TimeSpan.FromSeconds(1);

    // A message has ten seconds more, so that all is done within two minutes.
    private static readonly TimeSpan s_coldStart = TimeSpan.FromSeconds(110);
    private static readonly TimeSpan s_coldReport = TimeSpan.FromSeconds(10);

    private readonly SimulationOptions _options;
    private readonly IDriver _driver;
    private readonly Surroundings _surroundings;
    private readonly NetworkMonitor _monitor;
    private readonly Random _random;
    private readonly List<SimulatedNode> _nodes = [];
    private readonly Dictionary<NodeId, int> _indices = [];
    private readonly List<JoinFinding> _joins = [];
    private readonly List<DiscoveryFinding> _discoveries = [];
    private readonly List<PropagationFinding> _propagations = [];
    private IReadOnlyList<ConnectionFinding> _connections = [];
    private Propagation? _propagation;
    private long _start;

    /// <param name="options">What to simulate.</param>
    /// <param name="driver">Has it run.</param>
    /// <param name="monitor">Told how it goes on.</param>
    private NetworkRun(SimulationOptions options, IDriver driver, NetworkMonitor monitor)
    {
        _options = options;
        _driver = driver;
        _surroundings = driver.Surroundings;
        _monitor = monitor;
        _random = new Random((int)(options.Seed ^ (options.Seed >> 32)));
    }

    private TimeSpan Elapsed => _surroundings.Time.GetElapsedTime(_start);

    /// <summary>Runs a simulation in real time on all cores, or in virtual time on the calling thread.</summary>
    /// <param name="options">What to simulate.</param>
    /// <param name="monitor">Told how it goes on.</param>
    /// <param name="cancellationToken">Ends the run between two steps.</param>
    public static async Task<Findings> RunAsync(SimulationOptions options, NetworkMonitor monitor, CancellationToken cancellationToken)
    {
        if (options.IsVirtual)
        {
            var driver = new VirtualDriver(options.Seed);
            Findings findings = await new NetworkRun(options, driver, monitor).RunAsync(cancellationToken);
            return findings with { Tasks = driver.Tasks };
        }

        return await new NetworkRun(options, new RealTimeDriver(), monitor).RunAsync(cancellationToken);
    }

    private async Task<Findings> RunAsync(CancellationToken cancellationToken)
    {
        _start = _surroundings.Time.GetTimestamp();
        _monitor.Begin(_surroundings.Time);
        var network = new MemoryNetwork(new MemoryNetworkOptions
        {
            Seed = _options.Seed,
            TimeProvider = _surroundings.Time,
            TaskScheduler = _surroundings.Nodes,
            Link = new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(20), Jitter = TimeSpan.FromMilliseconds(30) },
            LossDetection = s_lossDetection,
            Trace = _monitor.Note,
        });
        try
        {
            if (_options.IsCold)
            {
                await _driver.RunAsync(async () =>
                {
                    await StartColdAsync(network, cancellationToken);
                    await GrowAsync(cancellationToken);
                    _connections = await GetConnectionsAsync();
                    await PropagateAsync("propagation", cancellationToken);
                });
                return Find();
            }

            await _driver.RunAsync(async () =>
            {
                await StartAsync(network, cancellationToken);
                await JoinAsync(cancellationToken);
                await ConnectAsync(cancellationToken);
                await DiscoverAsync(cancellationToken);
                _connections = await GetConnectionsAsync();
                await PropagateAsync("propagation", cancellationToken);
            });
            IReadOnlyList<SimulatedNode> restarting = [];
            await _driver.EndAsync(async () => restarting = await ChurnAsync());
            await _driver.RunAsync(async () =>
            {
                await RestartAsync(restarting, cancellationToken);
                await ConnectAsync(cancellationToken);
                await PropagateAsync("propagation after churn", cancellationToken);
            });
            return Find();
        }
        finally
        {
            await _driver.EndAsync(() => CloseAsync(network));
        }
    }

    private Findings Find() => new(
        _nodes.ConvertAll(Describe),
        _connections,
        _joins,
        _discoveries,
        _propagations,
        Elapsed,
        _monitor.CountOf(MemoryTraceKind.Delivered));

    private static OutboundDomainMessage MessageOf(string text) => new(TextMessage, new StringValue { Value = text });

    private async Task StartAsync(MemoryNetwork network, CancellationToken cancellationToken)
    {
        Tell($"{_options.Nodes} nodes start, {_options.Seeds} of them are seeds");
        var config = DhtConfig.DefaultLocalTest with
        {
            NumNeighbouringNodes = 8,
            NumRandomNodes = 4,
            PropagationFactor = _options.FanOut,
            DiscoveryRequestTimeout = TimeSpan.FromSeconds(15),

            // All joins within a minute are no flood here.
            FloodBanMaxMsgCount = Math.Max(1000, 4 * _options.Nodes),
        };
        for (int i = 0; i < _options.Nodes; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var node = new SimulatedNode(i, _options.Seed, network, _surroundings, config);
            _nodes.Add(node);
            _monitor.Add(node);
            _indices.Add(node.Id, i);
            await node.StartAsync(ReceiveAsync);
        }

        // Seeds know the seeds before them, every other node knows one.
        List<Task<bool>> dials = [];
        for (int i = 1; i < _nodes.Count; i++)
        {
            bool isSeed = i < _options.Seeds;
            int last = isSeed ? i - 1 : i % _options.Seeds;
            for (int j = isSeed ? 0 : last; j <= last; j++)
            {
                _nodes[i].Peers.AddOrUpdatePeer(_nodes[j].Identity.ToPeer().WithFlags(PeerFlags.Seed));
                dials.Add(_nodes[i].TryDialAsync(_nodes[j].Id));
            }
        }

        Tell($"{dials.Count} connections to seeds");
        await Task.WhenAll(dials);
    }

    /// <summary>All nodes start, with the defaults of a real network but for local addresses; each knows the seed and nobody else.</summary>
    private async Task StartColdAsync(MemoryNetwork network, CancellationToken cancellationToken)
    {
        Tell($"{_options.Nodes} nodes start, and know one seed");
        var config = DhtConfig.DefaultLocalTest with
        {
            NetworkDiscovery = new NetworkDiscoveryConfig(),
            PropagationFactor = _options.FanOut,
        };
        for (int i = 0; i < _options.Nodes; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var node = new SimulatedNode(i, _options.Seed, network, _surroundings, config);
            _nodes.Add(node);
            _monitor.Add(node);
            _indices.Add(node.Id, i);
            if (i > 0)
            {
                node.Peers.AddOrUpdatePeer(_nodes[0].Identity.ToPeer().WithFlags(PeerFlags.Seed));
            }

            await node.StartAsync(ReceiveAsync);
        }
    }

    /// <summary>Lets the nodes find each other.</summary>
    private async Task GrowAsync(CancellationToken cancellationToken)
    {
        while (Elapsed < s_coldStart)
        {
            TimeSpan left = s_coldStart - Elapsed;
            await PauseAsync(left < s_coldReport ? left : s_coldReport, cancellationToken);

            // The seed is known from the start.
            int[] known = [.. _nodes.Skip(1).Select(static node => node.Peers.Count - 1).Order()];
            int[] connected = new int[_nodes.Count];
            foreach (SimulatedNode node in _nodes)
            {
                connected[node.Index] = (await node.GetConnectedAsync()).Count;
            }

            Array.Sort(connected);
            long answered = _nodes[0].Dht.GetStatus().PeerSharingCallsAnswered;
            Tell($"known peers {Ranges(known)}, connected {Ranges(connected)}, the seed answered {answered} calls");
        }

        static string Ranges(int[] sorted) =>
            string.Create(CultureInfo.InvariantCulture, $"{sorted[0]}/{sorted[sorted.Length / 2]}/{sorted[^1]}");
    }

    private async Task JoinAsync(CancellationToken cancellationToken)
    {
        Tell($"{_options.Joins} nodes join");
        List<(SimulatedNode Node, TimeSpan At, bool IsSent)> joins = [];

        // The last ones, so that seeds, which are known anyway, join only if all do.
        for (int i = _nodes.Count - _options.Joins; i < _nodes.Count; i++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            SimulatedNode node = _nodes[i];
            TimeSpan at = Elapsed;
            bool isSent = true;
            try
            {
                await node.Dht.Requester.SendJoinAsync(CancellationToken.None);
            }
            catch (DhtActorException)
            {
                isSent = false;
            }

            joins.Add((node, at, isSent));
        }

        await PauseAsync(s_settle, cancellationToken);
        foreach ((SimulatedNode node, TimeSpan at, bool isSent) in joins)
        {
            int knownBy = _nodes.Count(other => other != node && other.Peers.Exists(node.Id));
            _joins.Add(new JoinFinding(node.Index, at, isSent, knownBy));
        }
    }

    private async Task ConnectAsync(CancellationToken cancellationToken)
    {
        Tell("nodes connect with peers they learned of");
        TimeSpan told = Elapsed;
        int done = 0;
        foreach (SimulatedNode[] some in _nodes.FindAll(static node => node.IsRunning).Chunk(ConnectingAtOnce))
        {
            cancellationToken.ThrowIfCancellationRequested();
            await Task.WhenAll(some.Select(Connector.ConnectAsync));
            done += some.Length;
            if (Elapsed - told >= s_settle)
            {
                told = Elapsed;
                Tell($"{done} nodes are done");
            }
        }
    }

    private async Task DiscoverAsync(CancellationToken cancellationToken)
    {
        Tell($"{_options.Discoveries} nodes look for another one");
        for (int i = 0; i < _options.Discoveries; i++)
        {
            SimulatedNode from = _nodes[_random.Next(_nodes.Count)];
            SimulatedNode to = PickStranger(from);
            int attempts = 0;
            bool isFound;
            long start;
            do
            {
                if (attempts > 0)
                {
                    await PauseAsync(s_discoveryPause, cancellationToken);
                }

                cancellationToken.ThrowIfCancellationRequested();
                attempts++;
                start = _surroundings.Time.GetTimestamp();
                isFound = await TryDiscoverAsync(from, to);
            }
            while (!isFound && attempts < DiscoveryAttempts);
            _discoveries.Add(new DiscoveryFinding(from.Index, to.Index, attempts, isFound, _surroundings.Time.GetElapsedTime(start)));
        }
    }

    /// <summary>A node that another does not know, if there is one.</summary>
    private SimulatedNode PickStranger(SimulatedNode from)
    {
        int first = _random.Next(_nodes.Count);
        for (int i = 0; i < _nodes.Count; i++)
        {
            SimulatedNode node = _nodes[(first + i) % _nodes.Count];
            if (node != from && !from.Peers.Exists(node.Id))
            {
                return node;
            }
        }

        return _nodes[(from.Index + 1 + _random.Next(_nodes.Count - 1)) % _nodes.Count];
    }

    private static async Task<bool> TryDiscoverAsync(SimulatedNode from, SimulatedNode to)
    {
        try
        {
            var destination = new NodeDestination(to.Identity.PublicKey);
            Peer found = await from.Dht.DiscoveryRequester.DiscoverPeerAsync(to.Identity.PublicKey, destination);
            return found.NodeId == to.Id;
        }
        catch (DhtDiscoveryException)
        {
            return false;
        }
    }

    private async Task PropagateAsync(string name, CancellationToken cancellationToken)
    {
        List<SimulatedNode> running = _nodes.FindAll(static node => node.IsRunning);
        SimulatedNode origin = running[_random.Next(running.Count)];
        int isolated = 0;
        foreach (SimulatedNode node in running)
        {
            isolated += (await node.GetConnectedAsync()).Count == 0 ? 1 : 0;
        }

        var propagation = new Propagation(name, $"{name} from node {origin.Index}", origin, running, _surroundings.Time);
        Tell($"{name}: node {origin.Index} sends a message to {propagation.Expected} others");
        _propagation = propagation;
        long start = _surroundings.Time.GetTimestamp();
        try
        {
            await origin.Dht.OutboundRequester.BroadcastAsync(
                NodeDestination.Unknown, OutboundEncryption.ClearText, [], MessageOf(propagation.Text), CancellationToken.None);
        }
        catch (DhtOutboundException)
        {
            // Nobody is connected with it, so that nobody is reached, which the result says.
        }

        TimeSpan told = Elapsed;
        int toldReached = 0;
        while (propagation.Reached < propagation.Expected && _surroundings.Time.GetElapsedTime(start) < s_deliveryLimit)
        {
            await PauseAsync(s_poll, cancellationToken);
            if (Elapsed - told >= s_settle && propagation.Reached > toldReached)
            {
                (told, toldReached) = (Elapsed, propagation.Reached);
                Tell($"{name}: {propagation.Reached} of {propagation.Expected} reached");
            }
        }

        // The last copies are still on their way to nodes that have the message.
        await PauseAsync(s_settle, cancellationToken);
        _propagation = null;
        _propagations.Add(propagation.Finish(isolated));
    }

    private async Task ReceiveAsync(SimulatedNode node, DecryptedDhtMessage message)
    {
        string? text;
        NodeId from;
        using (message)
        {
            from = message.Peer;
            text = TextOf(message);
        }

        if (_propagation is not { } propagation
            || propagation.Text != text
            || !node.IsRunning
            || !_indices.TryGetValue(from, out int sender))
        {
            return;
        }

        propagation.Add(node.Index, sender);
        try
        {
            await node.Dht.OutboundRequester.PropagateAsync(
                NodeDestination.Unknown, OutboundEncryption.ClearText, [from], MessageOf(text));
        }
        catch (DhtOutboundException)
        {
            // There is nobody but who sent it.
        }
    }

    private static string? TextOf(DecryptedDhtMessage message)
    {
        if (!message.DecryptionSucceeded || message.Body.PartCount < 2)
        {
            return null;
        }

        try
        {
            return StringValue.Parser.ParseFrom(message.Body[1].Span).Value;
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    /// <summary>Ends some nodes without a word, and others in good order.</summary>
    /// <returns>The latter, which start again.</returns>
    private async Task<IReadOnlyList<SimulatedNode>> ChurnAsync()
    {
        Tell($"{_options.Churn} nodes crash, {_options.Churn} start again");
        SimulatedNode[] chosen = [.. _nodes];
        _random.Shuffle(chosen);
        List<SimulatedNode> restarting = [];
        for (int i = 0; i < _options.Churn; i++)
        {
            await chosen[i].CrashAsync();
            SimulatedNode other = chosen[_options.Churn + i];
            await other.StopAsync();
            restarting.Add(other);
        }

        return restarting;
    }

    private async Task RestartAsync(IReadOnlyList<SimulatedNode> nodes, CancellationToken cancellationToken)
    {
        await PauseAsync(s_restartPause, cancellationToken);
        foreach (SimulatedNode node in nodes)
        {
            await node.RestartAsync(ReceiveAsync);
        }

        // Until the others have noticed who is gone.
        await PauseAsync(s_lossDetection + s_settle, cancellationToken);
    }

    private async Task CloseAsync(MemoryNetwork network)
    {
        await Task.WhenAll(_nodes.Select(static node => node.StopAsync()));
        network.Dispose();
        foreach (SimulatedNode node in _nodes)
        {
            await node.CloseAsync();
        }
    }

    private async Task<IReadOnlyList<ConnectionFinding>> GetConnectionsAsync()
    {
        var found = new SortedSet<(int From, int To)>();
        foreach (SimulatedNode node in _nodes)
        {
            foreach (NodeId peer in await node.GetConnectedAsync())
            {
                int other = _indices[peer];
                found.Add((Math.Min(node.Index, other), Math.Max(node.Index, other)));
            }
        }

        return [.. found.Select(static pair => new ConnectionFinding(pair.From, pair.To))];
    }

    private NodeFinding Describe(SimulatedNode node) => new(
        node.Index, node.Id, node.Identity.PublicAddresses[0].ToString(), node.Index < _options.Seeds, node.State, node.Peers.Count);

    private async Task PauseAsync(TimeSpan duration, CancellationToken cancellationToken)
    {
        // Not with the token, which another thread cancels: virtual time must not leave its own.
        cancellationToken.ThrowIfCancellationRequested();
        await Task.Delay(duration, _surroundings.Time, CancellationToken.None);
        cancellationToken.ThrowIfCancellationRequested();
    }

    private void Tell(string line) =>
        _monitor.Tell(string.Create(CultureInfo.InvariantCulture, $"{Elapsed.TotalSeconds,7:F1} s  {line}"));
}
