namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>What became of decoding an envelope's body.</summary>
public enum EnvelopeBodyStatus
{
    /// <summary>The bytes are a body of 0 to <see cref="EnvelopeBody.MaxParts"/> parts.</summary>
    Ok,

    /// <summary>The bytes are no body.</summary>
    Malformed,

    /// <summary>More than <see cref="EnvelopeBody.MaxDecodeItems"/> parts, before it is known whether the bytes are a body.</summary>
    BudgetExceeded,

    /// <summary>A body of more than <see cref="EnvelopeBody.MaxParts"/> parts.</summary>
    TooManyParts,
}
