using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Connectivity;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>A node of a <see cref="LivingNetwork"/> over all its lives. What it publishes is checked for its truth as it comes.</summary>
internal sealed class LivingNode(string name, NodeIdentity identity, PeerManager peers)
{
    private Dataflow.Hosting.Dht? _dht;
    private MemoryComms? _comms;
    private int _bootstraps;
    private int _methods;

    public string Name => name;

    public NodeIdentity Identity => identity;

    public NodeId Id => identity.NodeId;

    public PeerManager Peers => peers;

    public MemoryComms Comms => _comms ?? throw new InvalidOperationException($"{Name} does not run.");

    public bool IsRunning => _dht is not null;

    public Dataflow.Hosting.Dht Dht => _dht ?? throw new InvalidOperationException($"{Name} does not run.");

    /// <summary>Since when its pool is poor; null while it is not.</summary>
    public TimeSpan? PoorSince { get; set; }

    /// <summary>How often its pool starved, in this life.</summary>
    public int Starvations { get; private set; }

    /// <summary>How many rebootstraps ended, in this life.</summary>
    public int Rebootstraps { get; private set; }

    /// <summary>How often its pool starved, in all lives.</summary>
    public int StarvationsInAll { get; private set; }

    /// <summary>What its events said that was not so.</summary>
    public List<string> Lies { get; } = [];

    public void Begin(Dataflow.Hosting.Dht dht, MemoryComms comms)
    {
        _dht = dht;
        _comms = comms;
        PoorSince = null;
        Starvations = Rebootstraps = _bootstraps = _methods = 0;
    }

    /// <summary>Lets go of a life.</summary>
    public (Dataflow.Hosting.Dht Dht, MemoryComms Comms) End()
    {
        var life = (Dht, Comms);
        _dht = null;
        _comms = null;
        return life;
    }

    public IReadOnlyList<NodeId> ConnectedPeers(LivingNetwork network) => network.Scheduler.Run(
        async () =>
        {
            List<NodeId> connected = [];
            foreach (PeerConnectionHandle handle in await Comms.Connectivity.GetActiveConnectionsAsync())
            {
                using (handle)
                {
                    connected.Add(handle.Connection.Peer);
                }
            }

            return connected;
        },
        TimeSpan.Zero);

    /// <summary>Takes an event of one of its lives.</summary>
    public void Take(Dataflow.Hosting.Dht dht, DhtEvent happened)
    {
        if (dht != _dht)
        {
            // Published before its end, and read after it.
            return;
        }

        switch (happened)
        {
            case DhtEvent.PrimaryBootstrapComplete:
                Check(++_bootstraps == 1, "a second first bootstrap");
                Check(dht.GetStatus().NetworkDiscovery.IsPrimaryBootstrapComplete, "a bootstrap that is not complete");
                break;
            case DhtEvent.BootstrapMethodDetermined determined:
                Check(++_methods == 1, "a second method of bootstrap");
                Check(dht.GetStatus().NetworkDiscovery.BootstrapMethod == determined.Method, "another method of bootstrap");
                break;
            case DhtEvent.NetworkDiscoveryPeersAdded added:
                Check(added.Round.NewPeers > 0, "peers added, but none");
                break;
            case DhtEvent.PoolStarved:
                Starvations++;
                StarvationsInAll++;
                PoolStatus pool = dht.GetStatus().Pool;
                Check(pool.StarvedTicks >= LivingNetwork.Config.Connectivity.PoolStarvedTicks, "a pool that starved for too short");
                break;
            case DhtEvent.RebootstrapComplete complete:
                Check(++Rebootstraps <= Starvations, "a rebootstrap without starvation");
                Check(complete.Info.LearnedPeers.All(id => Peers.Find(id) is not null), "a learned peer that is not known");
                break;
            default:
                Lies.Add($"{Name}: an event that this test does not know: {happened}");
                break;
        }
    }

    public override string ToString() => Name;

    private void Check(bool isTrue, string lie)
    {
        if (!isTrue)
        {
            Lies.Add($"{Name}: {lie}");
        }
    }
}
