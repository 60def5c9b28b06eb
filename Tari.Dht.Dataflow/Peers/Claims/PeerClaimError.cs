namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>Why what a peer sent is no claim. None of these is about the signature being right.</summary>
public enum PeerClaimError
{
    /// <summary>It is one.</summary>
    None,

    /// <summary>The bytes are no such message, or decoding it would make too many objects.</summary>
    Malformed,

    /// <summary>The public key has not 32 bytes.</summary>
    PublicKey,

    /// <summary>The features have bits without a meaning.</summary>
    Features,

    /// <summary>An address is not a multiaddress.</summary>
    Address,

    /// <summary>There are no addresses where some are asked for.</summary>
    NoAddresses,

    /// <summary>There is no identity signature.</summary>
    MissingSignature,

    /// <summary>The version of the signature is above 255.</summary>
    SignatureVersion,

    /// <summary>The public nonce of the signature has not 32 bytes.</summary>
    SignatureNonce,

    /// <summary>The scalar of the signature has not 32 bytes, or is not canonical.</summary>
    SignatureScalar,

    /// <summary>The date of the signature is beyond what a calendar holds.</summary>
    SignatureDate,
}
