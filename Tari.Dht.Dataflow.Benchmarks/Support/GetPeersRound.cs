using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>What a node does with the answer of one peer: reads it, judges each record and stores it.</summary>
internal static class GetPeersRound
{
    /// <summary>Takes an answer of new, valid peers.</summary>
    /// <param name="session">Where the answer comes from.</param>
    /// <param name="peers">Peers in it.</param>
    /// <param name="store">Knows none of them.</param>
    public static async Task RunAsync(IRpcSession session, int peers, PeerManager store)
    {
        var relayed = new RelayedPeers(Parties.Node, store, new DhtPeerValidator(new PeerValidatorConfig()));
        using var client = new DhtRpcClient(session, TimeProvider.System);
        using IGetPeersStream stream = client.GetPeers(new GetPeersRequest((uint)peers, false, 5, 5));
        PeerStreamResult answer = await PeerStreamCollector.CollectAsync(
            stream, peers, TimeSpan.FromSeconds(5), CancellationToken.None);
        int stored = 0;
        foreach (UnvalidatedPeerInfo info in answer.Peers)
        {
            if (relayed.Check(info, out Peer? record, out bool isKnown) == RelayedPeerVerdict.Accepted
                && !isKnown
                && relayed.Store(record!) is null)
            {
                stored++;
            }
        }

        if (stored != peers)
        {
            throw new InvalidOperationException($"{stored} of {peers} peers were stored.");
        }
    }
}
