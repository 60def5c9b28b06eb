using System.Collections.Concurrent;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Connectivity.Management;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Index;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore.Rows;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity.Management;

/// <summary>A manager that several threads use at once. What is asserted holds whatever they do in which order.</summary>
internal sealed class ConnectivityManagerThreadsTests
{
    private const int Threads = 4;
    private const int Steps = 2_000;
    private const int Known = 12;

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 671, 2 })]
    public async Task Threads_at_once_leave_events_in_order_no_handle_no_waiter_and_no_open_connection(int seed)
    {
        await using PeerManager peers = PeerManager.Open(new PeerManagerOptions());
        for (int i = 1; i <= Known; i++)
        {
            var address = Multiaddr.Parse(IndexPeers.External(i));
            peers.AddOrUpdatePeer(new Peer(IndexPeers.Key(i))
            {
                Addresses = MultiaddressesWithStats.FromEntries(
                    [new MultiaddrWithStats(address, PeerAddressSource.FromDiscovery(StoredPeers.ClaimOf(i, address)))]),
            });
        }

        using var node = new Node(peers);
        await Task.WhenAll(
            Enumerable.Range(0, Threads).Select(thread => Task.Run(() => node.Work(new Random((seed * Threads) + thread)))));
        node.Manager.Stop();
        node.FailDials();
        foreach (Task<PeerConnectionHandle> dial in node.Waiting)
        {
            try
            {
                (await dial).Dispose();
            }
            catch (ConnectivityException error)
            {
                Assert.That(Enum.IsDefined(error.Error));
            }
        }

        Assert.That(node.Faults, Is.Empty);
        Assert.That(node.Manager.GetConnectionStates(), Is.Empty);
        Assert.That(node.Links.Where(link => link.IsConnected), Is.Empty, "open");
        Assert.That(node.Links.Where(link => link.HandleCount != 0), Is.Empty, "held");
        Assert.That(node.Connected, Is.Empty, "the end of each was told");
    }

    private sealed class Node : IConnectionDialer, IDisposable
    {
        private readonly ConcurrentQueue<PeerDial> _dials = new();
        private long _lastLink;
        private int _publishing;

        public Node(PeerManager peers)
        {
            Manager = new ConnectivityManager(NodeId.FromPublicKey(IndexPeers.Key(0)), peers, this, new ConnectivityManagerOptions
            {
                Config = new ConnectivityConfig { ProactiveDialingEnabled = false },
                Publishing = Check,
            });
            Manager.Start();
        }

        public ConnectivityManager Manager { get; }

        public ConcurrentQueue<Link> Links { get; } = new();

        public ConcurrentQueue<Task<PeerConnectionHandle>> Waiting { get; } = new();

        public ConcurrentQueue<string> Faults { get; } = new();

        /// <summary>Who is connected, as the events tell. One event at a time.</summary>
        public HashSet<NodeId> Connected { get; } = [];

        public void Begin(PeerDial dial) => _dials.Enqueue(dial);

        public void Cancel(PeerDial dial)
        {
        }

        public void Work(Random random)
        {
            var held = new List<PeerConnectionHandle>();
            var own = new List<Link>();
            for (int step = 0; step < Steps; step++)
            {
                NodeId peer = NodeId.FromPublicKey(IndexPeers.Key(1 + random.Next(Known)));
                switch (random.Next(9))
                {
                    case 0:
                        own.Add(NewLink(peer, ConnectionDirection.Inbound));
                        Manager.ReportAccepted(own[^1]);
                        break;
                    case 1 when own.Count > 0:
                        own[random.Next(own.Count)].End(isMinimized: false);
                        break;
                    case 2:
                        Waiting.Enqueue(Manager.DialPeerAsync(peer, (ConnectionStrength)random.Next(2)).AsTask());
                        break;
                    case 3:
                        Manager.RequestManyDials([peer]);
                        break;
                    case 4 or 5 when _dials.TryDequeue(out PeerDial? dial):
                        if (random.Next(3) == 0)
                        {
                            Manager.ReportDialFailed(dial, ConnectivityError.ConnectFailedMaximumAttemptsReached, "a test");
                        }
                        else
                        {
                            Manager.ReportDialled(dial, NewLink(dial.Peer, ConnectionDirection.Outbound));
                        }

                        break;
                    case 6 when Manager.GetConnectionAsync(peer, ConnectionStrength.Weak).AsTask().Result is { } handle:
                        held.Add(handle);
                        break;
                    case 7 when held.Count > 0:
                        held[^1].Dispose();
                        held.RemoveAt(held.Count - 1);
                        break;
                    case 8 when random.Next(20) == 0:
                        _ = Manager.BanPeerUntilAsync(peer, TimeSpan.Zero, "a test").AsTask();
                        lock (_dials)
                        {
                            // One at a time.
                            Manager.Refresh();
                        }

                        break;
                    default:
                        _ = Manager.SelectNodesAsync(ConnectivitySelection.RandomNodes(3, [peer])).AsTask();
                        break;
                }
            }

            held.ForEach(handle => handle.Dispose());
        }

        public void FailDials()
        {
            while (_dials.TryDequeue(out PeerDial? dial))
            {
                Manager.ReportDialFailed(dial, ConnectivityError.DialCancelled, "a test");
            }
        }

        public void Dispose() => Manager.Stop();

        private Link NewLink(NodeId peer, ConnectionDirection direction)
        {
            var link = new Link(Manager, Interlocked.Increment(ref _lastLink), peer, direction);
            Links.Enqueue(link);
            return link;
        }

        private void Check(ConnectivityEvent published)
        {
            if (Interlocked.Exchange(ref _publishing, 1) != 0)
            {
                Faults.Enqueue("two events at once");
            }

            switch (published)
            {
                case ConnectivityEvent.PeerConnected connected:
                    Connected.Add(connected.Connection.Peer);
                    break;
                case ConnectivityEvent.PeerDisconnected gone when !Connected.Remove(gone.Peer):
                    Faults.Enqueue("an end before the beginning");
                    break;
            }

            Volatile.Write(ref _publishing, 0);
        }
    }

    private sealed class Link(ConnectivityManager manager, long id, NodeId peer, ConnectionDirection direction)
        : PeerConnectionBase(
            id, peer, PeerFeatures.CommunicationNode, Multiaddr.Parse("/memory/1"), direction, DateTimeOffset.UnixEpoch)
    {
        private int _ended;

        public override bool IsConnected => Volatile.Read(ref _ended) == 0;

        public override ValueTask DisconnectAsync(bool isMinimized, CancellationToken cancellationToken = default) =>
            End(isMinimized)
                ? ValueTask.CompletedTask
                : ValueTask.FromException(new ConnectivityException(ConnectivityError.PeerConnectionError, "It has ended."));

        public bool End(bool isMinimized)
        {
            if (Interlocked.Exchange(ref _ended, 1) != 0)
            {
                return false;
            }

            manager.ReportDisconnected(this, isMinimized);
            return true;
        }

        protected override void OnUnheld() => End(isMinimized: true);
    }
}
