using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Inbound.Deserialize;

/// <summary>Bytes to envelope, by view, and source to peer.</summary>
/// <remarks>
/// The checks and their order are those of the reference: malformed and non-canonical messages never reach the peer lookup, and the header
/// is judged only for a known source. The reference also tries to ban an unknown source, which can't take effect for lack of a record; that
/// attempt is left out.
/// </remarks>
internal sealed class DeserializeStage : IStage<InboundMessage, DhtInboundMessage>
{
    private readonly IPeerLookup _peers;
    private readonly ILogger _logger;

    public DeserializeStage(IPeerLookup peers, ILogger logger)
    {
        _peers = peers;
        _logger = logger;
    }

    public StageName Name => StageName.Deserialize;

    public StageResult<DhtInboundMessage> Process(InboundMessage message)
    {
        ReadOnlyMemory<byte> bytes = message.Body;
        switch (EnvelopeReader.Read(bytes.Span, out EnvelopeLayout layout))
        {
            case EnvelopeStatus.Empty:
                return DropReason.EmptyMessage;
            case EnvelopeStatus.Malformed:
                return DropReason.DecodeError;
            case EnvelopeStatus.NonCanonical:
                return DropReason.NonCanonical;
        }

        Peer? source;
        try
        {
            source = _peers.Find(message.Peer);
        }
        catch (PeerManagerException error)
        {
            _logger.PeerLookupFailed(message.Peer, error);
            return DropReason.PeerStoreFailed;
        }

        if (source is null)
        {
            return DropReason.PeerNotFound;
        }

        DhtMessageError headerError = DhtMessageHeader.TryCreate(bytes, layout, out DhtMessageHeader header);
        return headerError == DhtMessageError.None
            ? DhtInboundMessage.Create(message, source, header)
            : ReasonOf(headerError);
    }

    private static DropReason ReasonOf(DhtMessageError error) => error switch
    {
        DhtMessageError.HeaderOmitted => DropReason.HeaderOmitted,
        DhtMessageError.InvalidDestination => DropReason.InvalidDestination,
        DhtMessageError.InvalidEphemeralPublicKey => DropReason.InvalidEphemeralPublicKey,
        DhtMessageError.InvalidProtocolVersion => DropReason.InvalidProtocolVersion,
        DhtMessageError.InvalidMessageType => DropReason.InvalidMessageType,
        DhtMessageError.InvalidMessageFlags => DropReason.InvalidMessageFlags,
        _ => throw new InvalidOperationException($"Reading a header does not yield {error}."),
    };
}
