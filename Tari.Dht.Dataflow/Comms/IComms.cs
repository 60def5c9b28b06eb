using System.Threading.Tasks.Dataflow;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;

namespace Tari.Dht.Dataflow.Comms;

/// <summary>A transport: what the DHT links its graphs to. The boundary that a transport implements.</summary>
public interface IComms
{
    /// <summary>Connections, and events about them.</summary>
    IConnectivity Connectivity { get; }

    /// <summary>Calls between nodes.</summary>
    IRpcComms Rpc { get; }

    /// <summary>Messages from peers; each belongs to whoever takes it.</summary>
    ISourceBlock<InboundMessage> Inbound { get; }

    /// <summary>
    /// Messages to peers, who are dialled if need be. Takes a message over, and completes it with what came of it before disposing it.
    /// </summary>
    ITargetBlock<OutboundMessage> Outbound { get; }
}
