using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>A transport that takes every message at once, and keeps copies for one peer when asked to.</summary>
internal sealed class OutboundSink : NullSink<OutboundMessage>
{
    /// <summary>Where envelopes for <see cref="KeptFor"/> go; null to keep none.</summary>
    public List<byte[]>? Kept { get; set; }

    /// <summary>Whose envelopes are kept.</summary>
    public NodeId KeptFor { get; init; }

    protected override string? Take(OutboundMessage message)
    {
        if (message.Peer == KeptFor)
        {
            Kept?.Add(message.Body.ToArray());
        }

        message.Complete(MessageSendResult.Sent);
        return null;
    }
}
