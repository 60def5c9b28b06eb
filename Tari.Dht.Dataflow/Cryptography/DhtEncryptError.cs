namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>Why a message could not be sealed or opened; the names are the reference's.</summary>
public enum DhtEncryptError
{
    /// <summary>It could.</summary>
    None,

    /// <summary>The message's length does not fit 32 bits.</summary>
    InvalidMessageBody,

    /// <summary>Never produced, neither here nor by the reference: the nonce is fixed.</summary>
    InvalidDecryptionNonceNotIncluded,

    /// <summary>Shorter than a tag, or the tag is wrong.</summary>
    InvalidAuthenticatedDecryption,

    /// <summary>The stored length is larger than what is there.</summary>
    CipherError,

    /// <summary>The padded length is not one that padding makes.</summary>
    PaddingError,
}
