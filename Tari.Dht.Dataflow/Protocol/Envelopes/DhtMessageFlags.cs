namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>The header's bit set. Any bit that is not named here makes a header invalid.</summary>
[Flags]
public enum DhtMessageFlags : uint
{
    /// <summary>Clear text.</summary>
    None = 0,

    /// <summary>The body is a ciphertext for the destination.</summary>
    Encrypted = 1,
}
