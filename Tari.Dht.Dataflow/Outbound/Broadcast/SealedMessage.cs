using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>What sealing and signing add to a message: once per request, the same for every recipient.</summary>
internal readonly struct SealedMessage
{
    public DhtMessageFlags Flags { get; init; }

    public bool IsSigned { get; init; }

    /// <summary>Whose key is masked when the message is encrypted. Meaningless unless signed.</summary>
    public MessageSignature Signature { get; init; }

    public bool HasEphemeralKey { get; init; }

    public CommsPublicKey EphemeralKey { get; init; }
}
