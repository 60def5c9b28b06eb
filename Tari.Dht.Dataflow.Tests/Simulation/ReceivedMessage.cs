using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Simulation;

/// <summary>What an application kept of a message.</summary>
internal sealed class ReceivedMessage
{
    public ReceivedMessage(TimeSpan at, DecryptedDhtMessage message)
    {
        DhtMessageHeader header = message.Header;
        At = at;
        Source = message.Peer;
        Origin = message.AuthenticatedOrigin;
        Tag = header.MessageTag;
        Hits = message.DedupHitCount;
        IsEncrypted = message.IsEncrypted;
        Version = header.Version;
        Destination = header.Destination;
        MessageType = header.MessageType;
        Flags = header.Flags;
        Expires = header.Expires;
        EphemeralPublicKey = header.EphemeralPublicKey.ToArray();
        Signature = header.MessageSignature.ToArray();
        Body = message.Body.Encoded.ToArray();
        var parts = new List<byte[]>();
        foreach (ReadOnlyMemory<byte> part in message.Body)
        {
            parts.Add(part.ToArray());
        }

        Parts = parts;
    }

    public TimeSpan At { get; }

    public NodeId Source { get; }

    public CommsPublicKey? Origin { get; }

    public ulong Tag { get; }

    public uint Hits { get; }

    public bool IsEncrypted { get; }

    public DhtProtocolVersion Version { get; }

    public NodeDestination Destination { get; }

    public DhtMessageType MessageType { get; }

    public DhtMessageFlags Flags { get; }

    public ulong? Expires { get; }

    public byte[] EphemeralPublicKey { get; }

    public byte[] Signature { get; }

    public byte[] Body { get; }

    public IReadOnlyList<byte[]> Parts { get; }

    /// <summary>The header as it came, in an envelope that a test may change.</summary>
    public EnvelopeFactory ToEnvelope() => new()
    {
        Version = Version,
        Destination = Destination,
        MessageType = MessageType,
        Flags = Flags,
        Tag = Tag,
        Expires = Expires,
        EphemeralPublicKey = EphemeralPublicKey,
        Signature = Signature,
        Body = Body,
    };
}
