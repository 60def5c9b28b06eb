using Tari.Dht.Dataflow.Benchmarks.Support;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound.Decrypt;

namespace Tari.Dht.Dataflow.Benchmarks.Walk;

/// <summary>Checks that every message is proven to come from one node, or from nobody.</summary>
internal sealed class WalkSink(CommsPublicKey? origin) : NullSink<DecryptedDhtMessage>
{
    protected override string? Take(DecryptedDhtMessage message) =>
        message.AuthenticatedOrigin == origin && message.DecryptionSucceeded ? null : $"Message {message.Tag} is not what was sent.";
}
