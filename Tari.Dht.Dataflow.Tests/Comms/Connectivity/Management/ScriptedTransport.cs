using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

/// <summary>A manager on virtual time whose transport does what a test says.</summary>
internal sealed class ScriptedTransport : IConnectionDialer, IDisposable
{
    private long _lastLink;

    public ScriptedTransport(ConnectivityConfig? config = null, int maxPeerRows = 50_000, DhtMetrics? metrics = null)
    {
        Scheduler = new VirtualScheduler(Time);
        Peers = PeerManager.Open(new PeerManagerOptions
        {
            TimeProvider = Time,
            TaskScheduler = Scheduler,
            Random = new Random(1),
            MaxPeerRows = maxPeerRows,
        });
        Manager = new ConnectivityManager(OwnId, Peers, this, new ConnectivityManagerOptions
        {
            Config = config ?? new ConnectivityConfig { ProactiveDialingEnabled = false },
            TimeProvider = Time,
            TaskScheduler = Scheduler,
            Seed = 1,
            Publishing = published => Events.Add(Text(published)),
            Metrics = metrics,
        });
        Manager.Start();
    }

    public static NodeId OwnId { get; } = NodeId.FromPublicKey(IndexPeers.Key(0));

    public VirtualTime Time { get; } = new();

    public VirtualScheduler Scheduler { get; }

    public PeerManager Peers { get; }

    public ConnectivityManager Manager { get; }

    /// <summary>Dials begun.</summary>
    public List<PeerDial> Dials { get; } = [];

    /// <summary>Dials cancelled.</summary>
    public List<PeerDial> Cancelled { get; } = [];

    /// <summary>Events as text, with peers as numbers.</summary>
    public List<string> Events { get; } = [];

    public int Active
    {
        get
        {
            IReadOnlyList<PeerConnectionHandle> handles = Manager.GetActiveConnectionsAsync().AsTask().Result;
            foreach (PeerConnectionHandle handle in handles)
            {
                handle.Dispose();
            }

            return handles.Count;
        }
    }

    public static NodeId Id(int number) => NodeId.FromPublicKey(IndexPeers.Key(number));

    /// <summary>The events since the last call.</summary>
    public List<string> TakeEvents()
    {
        List<string> events = [.. Events];
        Events.Clear();
        return events;
    }

    /// <summary>Makes a peer known, as discovery does.</summary>
    public void Know(int number, PeerFlags flags = PeerFlags.None)
    {
        var address = Multiaddr.Parse(IndexPeers.External(number));
        var source = PeerAddressSource.FromDiscovery(StoredPeers.ClaimOf(number, address));
        Peers.AddOrUpdatePeer(new Peer(IndexPeers.Key(number))
        {
            Flags = flags,
            Addresses = MultiaddressesWithStats.FromEntries([new MultiaddrWithStats(address, source)]),
        });
    }

    /// <summary>What a dial ends with at once, as a transport with a fault makes it.</summary>
    public Exception? BeginFailure { get; set; }

    public void Begin(PeerDial dial)
    {
        Dials.Add(dial);
        if (BeginFailure is { } failure)
        {
            throw failure;
        }
    }

    public void Cancel(PeerDial dial) => Cancelled.Add(dial);

    /// <summary>A connection that is not reported.</summary>
    public ScriptedLink NewLink(
        int number, ConnectionDirection direction = ConnectionDirection.Inbound, PeerFeatures features = PeerFeatures.CommunicationNode) =>
        new(this, ++_lastLink, Id(number), features, direction, Time.GetUtcNow());

    /// <summary>A peer dials this node.</summary>
    public ScriptedLink Accept(int number, PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        ScriptedLink link = NewLink(number, ConnectionDirection.Inbound, features);
        Manager.ReportAccepted(link);
        return link;
    }

    /// <summary>This node dials a peer, which answers.</summary>
    public ScriptedLink Dial(int number)
    {
        Know(number);
        Manager.RequestManyDials([Id(number)]);
        return Succeed(Dials[^1]);
    }

    public ScriptedLink Succeed(PeerDial dial)
    {
        var link = new ScriptedLink(
            this, ++_lastLink, dial.Peer, PeerFeatures.CommunicationNode, ConnectionDirection.Outbound, Time.GetUtcNow());
        Manager.ReportDialled(dial, link);
        return link;
    }

    public void Fail(PeerDial dial, ConnectivityError error = ConnectivityError.ConnectFailedMaximumAttemptsReached) =>
        Manager.ReportDialFailed(dial, error, "a test");

    /// <summary>Dials in vain.</summary>
    public void FailToDial(int number)
    {
        Task<PeerConnectionHandle> dial = Start(number);
        Fail(Dials[^1]);
        Scheduler.RunUntilIdle();
        Assert.That(dial.IsFaulted);
    }

    public Task<PeerConnectionHandle> Start(int number, ConnectionStrength strength = ConnectionStrength.Weak) =>
        Manager.DialPeerAsync(Id(number), strength).AsTask();

    /// <summary>Why a dial that ends by itself fails.</summary>
    public ConnectivityError? Refusal(int number)
    {
        Task<PeerConnectionHandle> dial = Start(number);
        Scheduler.RunUntilIdle();
        Assert.That(dial.IsCompleted);
        if (dial.IsCompletedSuccessfully)
        {
            dial.Result.Dispose();
            return null;
        }

        return ((ConnectivityException)dial.Exception!.InnerException!).Error;
    }

    public void Ban(int number, double seconds = 3600) =>
        Assert.That(Manager.BanPeerUntilAsync(Id(number), TimeSpan.FromSeconds(seconds), "a test").AsTask().IsCompletedSuccessfully);

    public IReadOnlyList<NodeId> Select(int? count, params NodeId[] excluded) =>
        Manager.SelectNodesAsync(new ConnectivitySelection(count, excluded)).AsTask().Result;

    public void Pass(double seconds) => Scheduler.RunFor(TimeSpan.FromSeconds(seconds));

    public void Dispose()
    {
        Manager.Stop();
        Scheduler.RunUntilIdle();
        Assert.That(Scheduler.ForeignTasks, Is.Zero, "nothing left the scheduler");
        Peers.DisposeAsync().AsTask().Wait();
        Assert.That(Time.ArmedTimers, Is.Zero);
    }

    private static string Text(ConnectivityEvent published) => published switch
    {
        ConnectivityEvent.StateInitialized => "initialized",
        ConnectivityEvent.PeerConnected connected => $"connected {Number(connected.Connection.Peer)}",
        ConnectivityEvent.PeerDisconnected gone => $"disconnected {Number(gone.Peer)} {gone.IsMinimized}",
        ConnectivityEvent.PeerConnectFailed failed => $"failed {Number(failed.Peer)}",
        ConnectivityEvent.PeerBanned banned => $"banned {Number(banned.Peer)}",
        ConnectivityEvent.StateChanged changed => $"{changed.Status.State} {changed.Status.Nodes}",
        _ => throw new InvalidOperationException($"What is {published}?"),
    };

    private static int Number(NodeId id) => Enumerable.Range(1, 200).First(number => Id(number) == id);
}
