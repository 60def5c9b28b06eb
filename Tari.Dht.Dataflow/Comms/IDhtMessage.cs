using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Comms;

/// <summary>What every stage's message can tell about itself. Disposing it returns its buffers; twice is harmless.</summary>
public interface IDhtMessage : IDisposable
{
    /// <summary>The trace id. Inbound it is drawn on receipt and local to this node; outbound it travels in the header.</summary>
    ulong Tag { get; }

    /// <summary>The peer that delivered the message; for a request with several recipients, the default id.</summary>
    NodeId Peer { get; }
}
