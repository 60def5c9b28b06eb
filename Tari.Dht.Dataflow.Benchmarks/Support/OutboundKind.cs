namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>How an outbound message is protected.</summary>
public enum OutboundKind
{
    /// <summary>Encrypted, and signed by a masked key.</summary>
    Encrypted,

    /// <summary>Clear text with a signature.</summary>
    ClearSigned,

    /// <summary>Clear text without a signature.</summary>
    ClearUnsigned,
}
