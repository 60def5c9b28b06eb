namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>The verdict on an identity signature.</summary>
public enum IdentitySignatureStatus
{
    /// <summary>The owner of the key signed this claim.</summary>
    Ok,

    /// <summary>The owner of the key did not sign this claim.</summary>
    Invalid,

    /// <summary>The owner of the key signed it, and dated it more than a day ahead.</summary>
    FromFuture,
}
