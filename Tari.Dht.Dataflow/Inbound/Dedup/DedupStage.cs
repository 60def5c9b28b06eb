using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Storage.Dedup;

namespace Tari.Dht.Dataflow.Inbound.Dedup;

/// <summary>Records a hit for the message and drops what was seen too often.</summary>
/// <remarks>
/// The hit is recorded before anything downstream runs and is not undone if that fails. Rejected messages never come here, so an altered
/// copy can't shadow the genuine message.
/// </remarks>
internal sealed class DedupStage : IStage<DecryptedDhtMessage, DecryptedDhtMessage>
{
    private readonly IDedupCache _cache;
    private readonly uint _allowedOccurrences;

    public DedupStage(IDedupCache cache, int allowedOccurrences)
    {
        _cache = cache;
        _allowedOccurrences = (uint)allowedOccurrences;
    }

    public StageName Name => StageName.Dedup;

    public StageResult<DecryptedDhtMessage> Process(DecryptedDhtMessage message)
    {
        DedupKey key = message.DedupHash;
        if (key.IsEmpty)
        {
            return DropReason.NoDedupKey;
        }

        uint hits = _cache.RecordHit(key.Bytes, message.SourcePeer.PublicKey, message.Expires, message.HasMessageSignature);
        message.DedupHitCount = hits;
        if (hits <= _allowedOccurrences)
        {
            return message;
        }

        return hits == IDedupCache.Unavailable ? DropReason.DedupUnavailable : DropReason.Duplicate;
    }
}
