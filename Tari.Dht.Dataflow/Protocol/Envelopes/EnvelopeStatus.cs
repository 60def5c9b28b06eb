namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>What became of reading an envelope.</summary>
public enum EnvelopeStatus
{
    /// <summary>The bytes are the canonical encoding of an envelope.</summary>
    Ok,

    /// <summary>There are no bytes.</summary>
    Empty,

    /// <summary>The bytes are no envelope in any encoding.</summary>
    Malformed,

    /// <summary>The bytes decode, but a sender would have to encode the same envelope otherwise; or they hold an unknown field.</summary>
    NonCanonical,
}
