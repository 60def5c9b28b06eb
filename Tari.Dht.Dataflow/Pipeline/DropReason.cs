namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>Why a message ended before it reached its destination.</summary>
/// <remarks>
/// None of these costs a peer anything by itself: blame follows provable authorship and is the business of the stage that can prove it.
/// Where one names a ban, that stage asked for it.
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

    /// <summary>Deserialize, DHT handler: the peer store could not answer, or could not store. An error in the reference.</summary>
    PeerStoreFailed,

    /// <summary>
    /// Deserialize: the source is not in the peer store. DHT handler: the peer just stored is gone again. An error in the reference.
    /// </summary>
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

    /// <summary>Forward, DHT handler: the outbound graph takes no requests any more. An error in the reference.</summary>
    OutboundEnded,

    /// <summary>
    /// Forward, DHT handler: not passed on, because the peer that delivered it sends more than is allowed, and will be banned if it goes
    /// on. Not an error.
    /// </summary>
    SourceFloods,

    /// <summary>
    /// DHT handler: a join, a discovery or a discovery response was dealt with. Not a failure: such a message is for the DHT itself.
    /// </summary>
    Handled,

    /// <summary>DHT handler: encrypted for another node. Where forwarding is on, it was sent on before.</summary>
    ForAnotherNode,

    /// <summary>DHT handler: a DHT message that nobody signed. Costs its source a short ban.</summary>
    OriginRequired,

    /// <summary>DHT handler: a join that is not addressed to its signer.</summary>
    JoinNotToItself,

    /// <summary>DHT handler: this node's own join came back.</summary>
    OwnJoin,

    /// <summary>DHT handler: a discovery response that another node than its source signed. Costs the source a short ban.</summary>
    ResponseOfAnotherNode,

    /// <summary>DHT handler: a DHT message without a first part. Costs its signer a long ban. An error in the reference.</summary>
    MessagePartMissing,

    /// <summary>
    /// DHT handler: the first part is no such message, or makes too many objects. Costs the signer a long ban. An error in the reference.
    /// </summary>
    MessagePartMalformed,

    /// <summary>DHT handler: the message is about another key than its signer's. Costs the signer a long ban.</summary>
    ClaimOfAnotherKey,

    /// <summary>DHT handler: the message decodes, but its fields make no claim.</summary>
    ClaimMalformed,

    /// <summary>DHT handler: the claim breaks a rule of this node: too many addresses, unusable ones, dated ahead.</summary>
    ClaimRefused,

    /// <summary>DHT handler: the claim is not signed by its key. Costs the signer a short ban. An error in the reference.</summary>
    InvalidPeerSignature,

    /// <summary>DHT handler: the signer is banned. Its claim was stored, but it is neither passed on nor answered.</summary>
    OriginBanned,

    /// <summary>DHT handler: discovery takes no responses any more. An error in the reference.</summary>
    DiscoveryEnded,

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

    /// <summary>
    /// Outbound: a message of others that is not passed on, as its recipients have got so many that this node could look like a flooder.
    /// </summary>
    RelayLimit,

    /// <summary>A stage failed; the log has the error.</summary>
    StageFaulted,

    /// <summary>The pipeline stops and its deadline has passed.</summary>
    Stopping,
}
