namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>A text in a peer's identity.</summary>
public enum IdentityField
{
    /// <summary>None.</summary>
    None,

    /// <summary>What the peer says it runs.</summary>
    UserAgent,

    /// <summary>The names of the protocols it speaks.</summary>
    SupportedProtocols,
}
