namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>Why a message ended before it reached its destination.</summary>
/// <remarks>
/// None of these costs a peer anything by itself: blame follows provable authorship and is the business of the stage that can prove it.
/// </remarks>
public enum DropReason
{
    /// <summary>The message was not dropped.</summary>
    None = 0,

    /// <summary>Deserialize: the message has no bytes. An error in the reference.</summary>
    EmptyMessage,

    /// <summary>Deserialize: the bytes are no envelope. An error in the reference.</summary>
    DecodeError,

    /// <summary>Deserialize: the bytes are not the canonical encoding of their envelope.</summary>
    NonCanonical,

    /// <summary>Deserialize: the peer store could not answer. An error in the reference.</summary>
    PeerStoreFailed,

    /// <summary>Deserialize: the source is not in the peer store. An error in the reference.</summary>
    PeerNotFound,

    /// <summary>Deserialize: the envelope has no header. An error in the reference.</summary>
    HeaderOmitted,

    /// <summary>Deserialize: the destination is absent or not 32 bytes. An error in the reference.</summary>
    InvalidDestination,

    /// <summary>Deserialize: the ephemeral key is not a curve point. An error in the reference.</summary>
    InvalidEphemeralPublicKey,

    /// <summary>Deserialize: the protocol version is not 1 or 2. An error in the reference.</summary>
    InvalidProtocolVersion,

    /// <summary>Deserialize: the message type is unknown. An error in the reference.</summary>
    InvalidMessageType,

    /// <summary>Deserialize: an unknown flag is set. An error in the reference.</summary>
    InvalidMessageFlags,

    /// <summary>Store-and-forward filter: requests of that kind are no longer served.</summary>
    StoreAndForwardRequest,

    /// <summary>Expiry filter: the expiry lies in the past.</summary>
    Expired,

    /// <summary>Decryption: an encrypted message without destination, ephemeral key, signature or body.</summary>
    BadEncryptedMessageSemantics,

    /// <summary>Decryption: the signature is malformed or does not verify.</summary>
    InvalidSignature,

    /// <summary>Decryption: addressed to this node, but it can't be opened.</summary>
    MessageRejectDecryptionFailed,

    /// <summary>Decryption: the body is no list of parts within its limits.</summary>
    EnvelopeBodyDecodeFailed,

    /// <summary>Dedup: the message has no dedup key, because its signature does not decode.</summary>
    NoDedupKey,

    /// <summary>Dedup: seen more often than allowed.</summary>
    Duplicate,

    /// <summary>Dedup: the cache can't record hits; fails closed.</summary>
    DedupUnavailable,

    /// <summary>Rebroadcast filter: a duplicate that must not be propagated again.</summary>
    NotRebroadcastable,

    /// <summary>Outbound: the request is addressed to this node itself.</summary>
    SendToOurselves,

    /// <summary>Outbound: peers could not be selected.</summary>
    PeerSelectionFailed,

    /// <summary>Outbound: the recipient is not known and could not be discovered.</summary>
    DiscoveryFailed,

    /// <summary>Outbound: the messages could not be generated.</summary>
    GenerationFailed,

    /// <summary>Outbound: nobody was selected, so nothing is sent. Not an error.</summary>
    NoRecipients,

    /// <summary>A stage failed; the log has the error.</summary>
    StageFaulted,

    /// <summary>The pipeline stops and its deadline has passed.</summary>
    Stopping,
}
