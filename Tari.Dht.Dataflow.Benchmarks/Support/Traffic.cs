using Tari.Dht.Dataflow.Buffers;
using System.Buffers;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>Envelopes as they come from peers, prepared before anything is measured; no two are the same message.</summary>
/// <remarks>
/// Identities, payloads and tags come from a seed. Ephemeral keys and the nonces of signatures come from the system, as the library has it:
/// the bytes differ from run to run, their number and the work on them don't.
/// </remarks>
internal sealed class Traffic
{
    private const int Seed = 20240607;
    private const int DomainMessageType = 65;

    private Traffic(TrafficMessage[] messages) => Messages = messages;

    public TrafficMessage[] Messages { get; }

    /// <summary>Makes messages for <see cref="Parties.Node"/>.</summary>
    /// <param name="kind">What kind.</param>
    /// <param name="payloadLength">Bytes of the application's message, part 1 of the body; at least 8.</param>
    /// <param name="count">How many.</param>
    public static Traffic Create(TrafficKind kind, int payloadLength, int count)
    {
        var random = new Random(Seed + (int)kind);
        byte[] payload = new byte[payloadLength];
        random.NextBytes(payload);
        MessageSealer[] sealers = Array.ConvertAll(Parties.Senders, sender => new MessageSealer(sender, DhtProtocolVersion.V2));
        var messages = new TrafficMessage[count];
        for (int i = 0; i < count; i++)
        {
            int sender = random.Next(sealers.Length);
            BitConverter.TryWriteBytes(payload, ((ulong)kind << 56) | (uint)i);
            messages[i] = Seal(kind, payload, Parties.Senders[sender], sealers[sender], random);
        }

        return new Traffic(messages);
    }

    /// <summary>Takes over what another graph has sent.</summary>
    /// <param name="messages">The messages.</param>
    public static Traffic Of(params TrafficMessage[] messages) => new(messages);

    private static TrafficMessage Seal(TrafficKind kind, byte[] payload, NodeIdentity sender, MessageSealer sealer, Random random)
    {
        CommsPublicKey? recipient = kind switch
        {
            TrafficKind.EncryptedForUs => Parties.Node.PublicKey,
            TrafficKind.EncryptedForAnother => Parties.Another.PublicKey,
            _ => null,
        };
        var parameters = new SendMessageParams(random).WithDestination(
            recipient is { } key ? new NodeDestination(key) : NodeDestination.Unknown);
        if (recipient is { } encryptFor)
        {
            parameters.WithEncryption(OutboundEncryption.EncryptFor(encryptFor));
        }

        if (kind == TrafficKind.ClearSigned)
        {
            parameters.ForceOrigin();
        }

        FinalSendMessageParams final = parameters.Finish();
        var domainHeader = new DomainMessageHeader(DomainMessageType, (ulong)random.NextInt64(1L << 62, long.MaxValue));
        byte[] headerPart = new byte[domainHeader.GetLength()];
        domainHeader.Write(headerPart);
        int clearLength = EnvelopeBodyWriter.GetLength(headerPart.Length, payload.Length);
        using OutboundBody body = OutboundBody.Create(DhtBufferPool.Shared, clearLength, recipient is not null);
        EnvelopeBodyWriter.Write(headerPart, payload, body.Content(clearLength, recipient is not null));
        ulong expires = (ulong)TimeProvider.System.GetUtcNow().ToUnixTimeSeconds() + MessageGenerator.ValiditySeconds;
        if (!sealer.TrySeal(final, body, expires, out SealedMessage sealedMessage))
        {
            throw new InvalidOperationException("The recipient's key is not a curve point.");
        }

        bool readable = kind != TrafficKind.EncryptedForAnother;
        return new TrafficMessage(
            WriteEnvelope(final, body, expires, sealedMessage),
            sender.NodeId,
            readable && sealedMessage.IsSigned ? sender.PublicKey : null,
            readable,
            readable ? headerPart.Length + payload.Length : body.Length);
    }

    private static byte[] WriteEnvelope(FinalSendMessageParams parameters, OutboundBody body, ulong expires, in SealedMessage sealedMessage)
    {
        Span<byte> signature = stackalloc byte[MessageSignature.WireLength];
        if (sealedMessage.IsSigned)
        {
            sealedMessage.Signature.WriteTo(signature);
        }

        CommsPublicKey ephemeralKey = sealedMessage.EphemeralKey;
        var header = new DhtHeaderView(
            DhtProtocolVersion.V2,
            parameters.Destination,
            sealedMessage.IsSigned ? signature : default,
            sealedMessage.HasEphemeralKey ? ephemeralKey.Bytes : default,
            parameters.MessageType,
            sealedMessage.Flags,
            parameters.Tag,
            expires);
        byte[] envelope = new byte[EnvelopeWriter.GetLength(header, body.Length)];
        EnvelopeWriter.Write(header, body.Span, envelope);
        return envelope;
    }
}
