namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>What is wrong with what a peer says about itself.</summary>
public enum PeerValidatorErrorKind
{
    /// <summary>Nothing.</summary>
    None,

    /// <summary>The owner of the key did not sign the claim.</summary>
    InvalidPeerSignature,

    /// <summary>The owner of the key signed the claim and dated it more than a day ahead.</summary>
    PeerSignatureFromFuture,

    /// <summary>There are no claims.</summary>
    PeerHasNoAddresses,

    /// <summary>There are addresses, and none of them can be used.</summary>
    PeerHasNoUsableAddresses,

    /// <summary>An address is of a form that no peer is reached by; <see cref="PeerValidatorError.AddressFault"/> says why.</summary>
    InvalidMultiaddr,

    /// <summary>An address is an onion address of version 2, which the onion network no longer has.</summary>
    OnionV2NotSupported,

    /// <summary>A DNS name is not a usual one; <see cref="PeerValidatorError.DnsNameFault"/> says why.</summary>
    UnusableDnsName,

    /// <summary>More addresses than a claim may have.</summary>
    PeerIdentityTooManyAddresses,

    /// <summary>More protocols than a peer may have.</summary>
    PeerIdentityTooManyProtocols,

    /// <summary>The name of a protocol is too long.</summary>
    PeerIdentityProtocolIdTooLong,

    /// <summary>The user agent is too long.</summary>
    PeerIdentityUserAgentTooLong,

    /// <summary>
    /// A text has bytes that do not print, or a protocol's name a comma; <see cref="PeerValidatorError.Field"/> says which.
    /// </summary>
    NonPrintableIdentityString,
}
