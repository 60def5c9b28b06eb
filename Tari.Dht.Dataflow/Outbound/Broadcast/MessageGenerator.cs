using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Outbound.Broadcast;

/// <summary>Makes a message of a request whose recipients are known.</summary>
/// <remarks>Thread safe.</remarks>
internal sealed class MessageGenerator
{
    /// <summary>How long an own message is valid: fixed by the protocol.</summary>
    public const ulong ValiditySeconds = 3 * 60 * 60;

    private readonly NodeIdentity _identity;
    private readonly IDedupCache _dedupCache;
    private readonly MessageSealer _sealer;
    private readonly DhtProtocolVersion _version;
    private readonly TimeProvider _timeProvider;
    private readonly RelayBudget? _relayBudget;
    private readonly ILogger _logger;

    public MessageGenerator(NodeIdentity identity, IDedupCache dedupCache, OutboundPipelineOptions options)
    {
        _identity = identity;
        _dedupCache = dedupCache;
        _version = options.ProtocolVersion;
        _sealer = new MessageSealer(identity, options.ProtocolVersion, MayKeepReserve(options) ? OneTimeKeys.Shared : null);
        _timeProvider = options.TimeProvider;
        _relayBudget = options.RelayLimit is { } limit ? new RelayBudget(limit, options.TimeProvider) : null;
        _logger = options.Logger;
    }

    /// <summary>Seals and signs once for all recipients and answers the caller.</summary>
    /// <param name="request">The request; the message takes it over.</param>
    /// <param name="peers">The recipients; kept. May be empty. A message of others leaves out who has got too much.</param>
    public StageResult<DhtOutboundMessage> Generate(DhtOutboundRequest request, NodeId[] peers)
    {
        FinalSendMessageParams parameters = request.Parameters;
        ulong expires = _timeProvider.GetEpochSeconds() + ValiditySeconds;
        if (!_sealer.TrySeal(parameters, request.Body, expires, out SealedMessage sealedMessage))
        {
            string text = $"The recipient's key {parameters.Encryption.Recipient} is not a curve point.";
            _logger.OutboundRequestFailed(request.Tag, text);
            return request.Fail(DropReason.GenerationFailed, new SendFailure(SendFailureKind.FailedToGenerateMessages, text));
        }

        // Also when nobody was selected: an echo of the own message is a duplicate in any case.
        if (parameters.Strategy.IsMultiMessage && !parameters.HasCustomHeader)
        {
            RecordOwnMessage(request, sealedMessage, expires);
        }

        bool hasPeers = peers.Length > 0;
        if (_relayBudget is not null)
        {
            peers = _relayBudget.Take(peers, parameters.HasCustomHeader);
        }

        var replies = new TaskCompletionSource<MessageSendResult>[peers.Length];
        var states = new MessageSendState[peers.Length];
        for (int i = 0; i < replies.Length; i++)
        {
            replies[i] = new TaskCompletionSource<MessageSendResult>(TaskCreationOptions.RunContinuationsAsynchronously);
            states[i] = new MessageSendState(request.Tag, replies[i].Task);
        }

        // The answer comes first: a caller learns of its messages before the transport can judge them.
        request.Answer(SendMessageResponse.Queued(new MessageSendStates(states)));
        if (peers.Length == 0)
        {
            return hasPeers ? DropReason.RelayLimit : DropReason.NoRecipients;
        }

        return new DhtOutboundMessage(request, peers, replies, sealedMessage, _version, expires);
    }

    // Only where the thread pool runs the stages, which fills the reserve, and where they weren't told to do one thing at a time.
    private static bool MayKeepReserve(OutboundPipelineOptions options) =>
        options.TaskScheduler == TaskScheduler.Default
        && options.BroadcastStage.MaxDegreeOfParallelism > 1
        && Environment.ProcessorCount > 1;

    /// <summary>Enters the key that every receiver computes, so that an echo is recognised; own repeats don't raise the count.</summary>
    private void RecordOwnMessage(DhtOutboundRequest request, in SealedMessage sealedMessage, ulong expires)
    {
        DedupKey key = ComputeDedupKey(request.Body, sealedMessage);
        if (_dedupCache.GetHitCount(key.Bytes) == 0)
        {
            _dedupCache.RecordHit(key.Bytes, _identity.PublicKey, expires, sealedMessage.IsSigned);
        }
    }

    private static DedupKey ComputeDedupKey(OutboundBody body, in SealedMessage sealedMessage)
    {
        if (sealedMessage.IsSigned)
        {
            Span<byte> signature = stackalloc byte[MessageSignature.WireLength];
            sealedMessage.Signature.WriteTo(signature);
            return DedupKey.Compute(signature, body.Span);
        }

        return (sealedMessage.Flags & DhtMessageFlags.Encrypted) == 0
            && EnvelopeBody.Decode(body.Memory, out EnvelopeBody decoded) == EnvelopeBodyStatus.Ok
            ? DedupKey.ComputeUnsigned(decoded)
            : DedupKey.Compute(default, body.Span);
    }
}
