namespace Tari.Dht.Dataflow.Benchmarks.Support;

/// <summary>The kinds of messages that cost a node something different each.</summary>
public enum TrafficKind
{
    /// <summary>Encrypted for the node that receives it.</summary>
    EncryptedForUs,

    /// <summary>Encrypted for another node; passed on undecrypted.</summary>
    EncryptedForAnother,

    /// <summary>Clear text with a signature.</summary>
    ClearSigned,

    /// <summary>Clear text without a signature.</summary>
    ClearUnsigned,
}
