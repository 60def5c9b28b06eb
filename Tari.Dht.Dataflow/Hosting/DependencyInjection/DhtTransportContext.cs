using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Hosting.DependencyInjection;

/// <summary>What a transport is made of. Everything in it is borrowed.</summary>
/// <param name="Identity">Who the node is.</param>
/// <param name="Peers">The peers it knows; open until after the transport has ended.</param>
/// <param name="Config">What it does on the network.</param>
public sealed record DhtTransportContext(NodeIdentity Identity, PeerManager Peers, DhtConfig Config);
