namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>What a signature's bytes are, before any arithmetic. To a peer all but <see cref="Ok"/> is one failure.</summary>
internal enum MessageSignatureStatus
{
    /// <summary>Two keys of 32 bytes, which may or may not be points, and a canonical scalar.</summary>
    Ok,

    /// <summary>The bytes do not decode.</summary>
    Malformed,

    /// <summary>The bytes are not the canonical encoding of what they decode to.</summary>
    NotCanonical,

    /// <summary>The signer's key has not 32 bytes.</summary>
    InvalidSignerPublicKeyBytes,

    /// <summary>The public nonce has not 32 bytes.</summary>
    InvalidPublicNonceBytes,

    /// <summary>The signature is not a canonical scalar of 32 bytes.</summary>
    InvalidSignatureBytes,
}
