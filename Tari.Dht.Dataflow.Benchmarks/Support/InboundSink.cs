using Tari.Dht.Dataflow.Inbound.Decrypt;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>Checks that every message is proven to come from whom it does. A message's tag is its place in the traffic.</summary>
internal sealed class InboundSink(Traffic traffic) : NullSink<DecryptedDhtMessage>
{
    protected override string? Take(DecryptedDhtMessage message) => Check(traffic.Messages[message.Tag], message);

    /// <summary>What is wrong with a message; null for nothing.</summary>
    public static string? Check(in TrafficMessage expected, DecryptedDhtMessage message)
    {
        if (message.AuthenticatedOrigin != expected.Origin)
        {
            return $"Message {message.Tag} has the origin {message.AuthenticatedOrigin}, not {expected.Origin}.";
        }

        return message.DecryptionSucceeded == expected.IsReadable && message.BodyLength == (expected.BodyLength ?? message.BodyLength)
            ? null
            : $"Message {message.Tag} has another body than was sent.";
    }
}
