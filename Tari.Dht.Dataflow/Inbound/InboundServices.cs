using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Inbound;

/// <summary>What the inbound graph of a whole node needs besides its own parts: who forwards, answers, stores and punishes.</summary>
/// <remarks>Everything is borrowed and has to outlive the graph.</remarks>
internal sealed record InboundServices
{
    /// <summary>Where sources are looked up, and where peers that announce themselves are stored.</summary>
    public required PeerManager Peers { get; init; }

    /// <summary>Checks what peers say of themselves.</summary>
    public required DhtPeerValidator PeerValidator { get; init; }

    /// <summary>Takes what is sent on and what is answered. When it is full, the graph waits.</summary>
    public required OutboundMessageRequester Outbound { get; init; }

    /// <summary>Told of provable offences.</summary>
    public required IOffenceReporter Offences { get; init; }

    /// <summary>Takes discovery responses.</summary>
    public required IDiscoveryResponseTarget DiscoveryResponses { get; init; }

    /// <summary>
    /// Passes on what is encrypted for others, as long as the node's own features have <c>DHT_STORE_FORWARD</c>. Default false
    /// (<c>enable_forwarding</c>). Joins are passed on in any case.
    /// </summary>
    public bool EnableForwarding { get; init; }

    /// <summary>Where the tags of answers come from. Thread safe, unless the graph runs on one thread.</summary>
    public Random Random { get; init; } = Random.Shared;
}
