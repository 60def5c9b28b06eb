using System.Buffers;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Diagnostics;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Outbound.Serialize;

/// <summary>Puts the header in front of the body, in the body's own buffer, and gives each recipient a share of it.</summary>
internal sealed class SerializeStage : IStage<DhtOutboundMessage, FanOut<OutboundMessage>>
{
    private readonly ArrayPool<byte> _pool;
    private readonly DhtMetrics _metrics;

    public SerializeStage(ArrayPool<byte> pool, DhtMetrics metrics)
    {
        _pool = pool;
        _metrics = metrics;
    }

    public StageName Name => StageName.Serialize;

    public StageResult<FanOut<OutboundMessage>> Process(DhtOutboundMessage message)
    {
        SharedBuffer envelope = message.Parameters.CustomHeader is { } header
            ? JoinGivenHeader(message, header)
            : WriteHeader(message);

        var messages = new OutboundMessage[message.RecipientCount];
        for (int i = 0; i < messages.Length; i++)
        {
            messages[i] = new OutboundMessage(message.Tag, message.Recipient(i), envelope, message.Reply(i));
        }

        _metrics.Sent(messages.Length);
        return new FanOut<OutboundMessage>(messages);
    }

    private SharedBuffer WriteHeader(DhtOutboundMessage message)
    {
        ref readonly SealedMessage sealedMessage = ref message.Sealed;
        Span<byte> signature = stackalloc byte[MessageSignature.WireLength];
        if (sealedMessage.IsSigned)
        {
            sealedMessage.Signature.WriteTo(signature);
        }

        CommsPublicKey ephemeralKey = sealedMessage.EphemeralKey;
        var header = new DhtHeaderView(
            message.Version,
            message.Parameters.Destination,
            sealedMessage.IsSigned ? signature : default,
            sealedMessage.HasEphemeralKey ? ephemeralKey.Bytes : default,
            message.Parameters.MessageType,
            sealedMessage.Flags,
            message.Tag,
            message.Expires);
        Span<byte> prefix = stackalloc byte[EnvelopeWriter.MaxPrefixLength];
        int length = EnvelopeWriter.WritePrefix(header, message.Body.Length, prefix);
        return message.Body.Detach(_pool, prefix[..length], message.RecipientCount);
    }

    private SharedBuffer JoinGivenHeader(DhtOutboundMessage message, byte[] header)
    {
        int bodyPrefix = EnvelopeWriter.GetBodyPrefixLength(message.Body.Length);
        Span<byte> prefix = header.Length + bodyPrefix <= EnvelopeWriter.MaxPrefixLength
            ? stackalloc byte[EnvelopeWriter.MaxPrefixLength]
            : new byte[header.Length + bodyPrefix];
        prefix = prefix[..(header.Length + bodyPrefix)];
        header.CopyTo(prefix);
        EnvelopeWriter.WriteBodyPrefix(message.Body.Length, prefix[header.Length..]);
        return message.Body.Detach(_pool, prefix, message.RecipientCount);
    }
}
