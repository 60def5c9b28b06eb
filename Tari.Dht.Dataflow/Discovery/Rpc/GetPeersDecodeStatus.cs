namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>What came of decoding a response.</summary>
internal enum GetPeersDecodeStatus
{
    /// <summary>It is one.</summary>
    Ok,

    /// <summary>The bytes are no such message.</summary>
    Malformed,

    /// <summary>Decoding would make too many objects.</summary>
    BudgetExceeded,
}
