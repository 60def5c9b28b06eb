namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>Why a message signature was refused; the names are the reference's. To the sender all of them are the same.</summary>
public enum MessageSignatureError
{
    /// <summary>It was not.</summary>
    None,

    /// <summary>The signer's key has not 32 bytes, or is not a point.</summary>
    InvalidSignerPublicKeyBytes,

    /// <summary>
    /// The public nonce has not 32 bytes. A nonce of 32 bytes that is not a point is <see cref="InvalidSignatureBytes"/>.
    /// </summary>
    InvalidPublicNonceBytes,

    /// <summary>The scalar is not canonical; or, as in the reference, the public nonce is not a point.</summary>
    InvalidSignatureBytes,

    /// <summary>The signer is the identity, or the signature is not one of this message by this signer.</summary>
    InvalidSignature,
}
