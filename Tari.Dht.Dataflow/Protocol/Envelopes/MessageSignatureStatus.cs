namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>What the fields of a decoded signature are, before any arithmetic. To a peer all but <see cref="Ok"/> is one failure.</summary>
internal enum MessageSignatureStatus
{
    /// <summary>Two keys of 32 bytes, which may or may not be points, and a canonical scalar.</summary>
    Ok,

    /// <summary>The signer's key has not 32 bytes.</summary>
    InvalidSignerPublicKeyBytes,

    /// <summary>The public nonce has not 32 bytes.</summary>
    InvalidPublicNonceBytes,

    /// <summary>The signature is not a canonical scalar of 32 bytes.</summary>
    InvalidSignatureBytes,
}
