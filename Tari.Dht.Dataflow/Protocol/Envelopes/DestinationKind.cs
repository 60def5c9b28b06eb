namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Which of the two destination fields a header carries.</summary>
public enum DestinationKind : byte
{
    /// <summary>Neither, which makes the header invalid.</summary>
    Absent,

    /// <summary>The <c>unknown</c> field, whatever its value.</summary>
    Unknown,

    /// <summary>The <c>public_key</c> field, of any length.</summary>
    PublicKey,
}
