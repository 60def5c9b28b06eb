using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>What is wrong with an identity message: its contents, or what the peer says in them.</summary>
/// <remarks>A value; making one allocates nothing. Its text never has anything that the peer wrote.</remarks>
public readonly record struct PeerIdentityError
{
    internal PeerIdentityError(PeerClaimError format) => Format = format;

    internal PeerIdentityError(in PeerValidatorError validator) => Validator = validator;

    /// <summary>Why the message holds no claim; none if that is not what is wrong.</summary>
    public PeerClaimError Format { get; }

    /// <summary>What is wrong with what the peer says; none if that is not what is wrong.</summary>
    public PeerValidatorError Validator { get; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsNone => Format == PeerClaimError.None && Validator.IsNone;

    /// <summary>Whether the peer is banned for it.</summary>
    /// <remarks>
    /// Bytes that are no message are. A message in which just the claim makes no sense, which a newer version could send, ends the
    /// connection and no more.
    /// </remarks>
    public bool IsBanOffence => Format == PeerClaimError.Malformed || Validator.IsBanOffence;

    /// <summary>How long the peer is banned; null for not at all.</summary>
    public TimeSpan? BanDuration => IsBanOffence ? PeerValidatorError.OffenceBanDuration : null;

    /// <summary>What is wrong, in a sentence fit for a log and for the reason of a ban.</summary>
    public override string ToString() => Format switch
    {
        PeerClaimError.None => Validator.ToString(),
        PeerClaimError.Malformed => "The identity message cannot be decoded.",
        _ => $"The identity message holds no claim: {Format}.",
    };
}
