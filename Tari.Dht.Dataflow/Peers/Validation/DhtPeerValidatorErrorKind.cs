namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>Where what is wrong with a peer described by others was found.</summary>
public enum DhtPeerValidatorErrorKind
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>In what the peer says of itself; <see cref="DhtPeerValidatorError.Validator"/> says what.</summary>
    Validator,

    /// <summary>More claims than a peer may have.</summary>
    IdentityTooManyClaims,

    /// <summary>The stored record that was given has another key.</summary>
    NewAndExistingMismatch,
}
