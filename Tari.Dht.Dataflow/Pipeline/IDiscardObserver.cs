using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>Told of every message that ends before its destination.</summary>
/// <remarks>Called on the graph's threads, possibly several at once: return quickly. What it throws is logged and has no effect.</remarks>
public interface IDiscardObserver
{
    /// <summary>A message ended.</summary>
    /// <param name="stage">Where.</param>
    /// <param name="reason">Why.</param>
    /// <param name="tag">The message's trace id.</param>
    /// <param name="peer">The peer that delivered it; the default id for an outbound request.</param>
    void OnDiscarded(StageName stage, DropReason reason, ulong tag, NodeId peer);
}
