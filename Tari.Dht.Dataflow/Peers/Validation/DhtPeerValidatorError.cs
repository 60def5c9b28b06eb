using System.Globalization;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>What is wrong with a peer that others describe, and whether it costs a ban.</summary>
/// <remarks>A value; making one allocates nothing. Its text never has anything that the peer wrote.</remarks>
public readonly record struct DhtPeerValidatorError
{
    /// <summary>What is wrong.</summary>
    public DhtPeerValidatorErrorKind Kind { get; private init; }

    /// <summary>Given for <see cref="DhtPeerValidatorErrorKind.Validator"/>.</summary>
    public PeerValidatorError Validator { get; private init; }

    /// <summary>How many claims there are, for <see cref="DhtPeerValidatorErrorKind.IdentityTooManyClaims"/>.</summary>
    public int Length { get; private init; }

    /// <summary>How many there may be.</summary>
    public int Max { get; private init; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsNone => Kind == DhtPeerValidatorErrorKind.None;

    /// <summary>Whether it is an offence: only a claim that the peer did not sign is, unlike when a connection starts.</summary>
    public bool IsBanOffence => Validator.Kind == PeerValidatorErrorKind.InvalidPeerSignature;

    /// <summary>What is wrong, in a sentence fit for a log and for the reason of a ban.</summary>
    public override string ToString() => Kind switch
    {
        DhtPeerValidatorErrorKind.IdentityTooManyClaims =>
            string.Create(CultureInfo.InvariantCulture, $"Too many claims: {Length}, at most {Max} are allowed."),
        DhtPeerValidatorErrorKind.NewAndExistingMismatch => "The stored record belongs to another peer.",
        _ => Validator.ToString(),
    };

    internal static DhtPeerValidatorError Of(in PeerValidatorError error) =>
        new() { Kind = error.IsNone ? DhtPeerValidatorErrorKind.None : DhtPeerValidatorErrorKind.Validator, Validator = error };

    internal static DhtPeerValidatorError TooManyClaims(int length, int max) =>
        new() { Kind = DhtPeerValidatorErrorKind.IdentityTooManyClaims, Length = length, Max = max };

    internal static DhtPeerValidatorError Mismatch() => new() { Kind = DhtPeerValidatorErrorKind.NewAndExistingMismatch };
}
