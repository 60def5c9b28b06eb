using System.Collections.Immutable;
using System.Text;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Protocol.Proto;
using IdentitySignature = Tari.Dht.Dataflow.Cryptography.IdentitySignature;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>Checks what peers say about themselves: their claims, and what they send when a connection starts.</summary>
/// <remarks>
/// Thread safe. What a peer sent never raises an exception. The order of the checks is the network's: where two are broken, all nodes
/// answer with the same one; counting comes first and the signature after all that is cheap.
/// </remarks>
public sealed class PeerValidator
{
    private const int MaxAddressBytes = 1024;

    private readonly TimeProvider _timeProvider;

    /// <param name="config">What a peer may say.</param>
    /// <param name="timeProvider">The clock; the system's if not given.</param>
    /// <exception cref="ArgumentOutOfRangeException">A value in <paramref name="config"/> is out of its range.</exception>
    public PeerValidator(PeerValidatorConfig config, TimeProvider? timeProvider = null)
    {
        ArgumentNullException.ThrowIfNull(config);
        config.Validate();
        Config = config;
        _timeProvider = timeProvider ?? TimeProvider.System;
    }

    /// <summary>What a peer may say.</summary>
    public PeerValidatorConfig Config { get; }

    /// <summary>Checks the form of an address.</summary>
    /// <param name="address">The address.</param>
    /// <param name="allowLocal">Whether it may be one that cannot be reached from outside.</param>
    public static PeerValidatorError CheckAddress(in Multiaddr address, bool allowLocal) => PeerAddressCheck.Check(address, allowLocal);

    /// <summary>Checks a DNS name.</summary>
    /// <param name="name">The name in UTF-8, any bytes; one dot at its end does not count.</param>
    public static PeerValidatorError CheckDnsName(ReadOnlySpan<byte> name)
    {
        DnsNameFault fault = DnsNameCheck.Check(name);
        return fault == DnsNameFault.None ? default : PeerValidatorError.UnusableDnsName(fault);
    }

    /// <summary>Checks the form of an address, wherever it leads, and its DNS name: whether it may be kept and passed on.</summary>
    /// <param name="address">The address.</param>
    public static PeerValidatorError CheckShape(in Multiaddr address) => PeerAddressCheck.CheckShape(address);

    /// <summary>The claim with the latest date, of equals the last; null for no claims.</summary>
    /// <param name="claims">The claims.</param>
    public static PeerIdentityClaim? MostRecentClaim(ReadOnlySpan<PeerIdentityClaim> claims)
    {
        PeerIdentityClaim? latest = null;
        foreach (PeerIdentityClaim claim in claims)
        {
            if (latest is null || IdentitySignature.CompareDates(claim.Signature, latest.Signature) >= 0)
            {
                latest = claim;
            }
        }

        return latest;
    }

    /// <summary>Checks a claim and picks the addresses to keep.</summary>
    /// <remarks>
    /// A claim with an address of more than 1024 bytes, of which a usable one has a quarter at most, is checked as any other, and no
    /// address of it is kept. An address of a form that no peer has fails the whole claim. One that is merely local, or has an unusual DNS
    /// name, is left out, but not before the signature over all of them was found right. A claim without addresses is a good one.
    /// </remarks>
    /// <param name="publicKey">Whose claim it is said to be; any 32 bytes.</param>
    /// <param name="claim">The claim, which stays as it is.</param>
    /// <param name="permitted">The addresses to keep, in the claim's order; none on failure.</param>
    public PeerValidatorError CheckClaim(in CommsPublicKey publicKey, PeerIdentityClaim claim, out ImmutableArray<Multiaddr> permitted) =>
        CheckClaim(publicKey, claim, isVerified: false, out permitted);

    /// <summary>Checks a claim and picks the addresses to keep.</summary>
    /// <param name="publicKey">Whose claim it is said to be.</param>
    /// <param name="claim">The claim.</param>
    /// <param name="isVerified">Whether its signature was found right before; then only its date is looked at.</param>
    /// <param name="permitted">The addresses to keep, in the claim's order; none on failure.</param>
    internal PeerValidatorError CheckClaim(
        in CommsPublicKey publicKey, PeerIdentityClaim claim, bool isVerified, out ImmutableArray<Multiaddr> permitted)
    {
        ArgumentNullException.ThrowIfNull(claim);
        permitted = [];
        if (claim.Addresses.Length > Config.MaxPermittedPeerAddressesPerClaim)
        {
            return PeerValidatorError.AboveLimit(
                PeerValidatorErrorKind.PeerIdentityTooManyAddresses, claim.Addresses.Length, Config.MaxPermittedPeerAddressesPerClaim);
        }

        foreach (ref readonly Multiaddr address in claim.Addresses.AsSpan())
        {
            PeerValidatorError error = PeerAddressCheck.Check(address, allowLocal: true);
            if (!error.IsNone)
            {
                return error;
            }
        }

        DateTimeOffset now = _timeProvider.GetUtcNow();
        switch (isVerified ? claim.Signature.VerifyDate(now) : claim.Verify(publicKey, now))
        {
            case IdentitySignatureStatus.Ok:
                permitted = Permitted(claim.Addresses);
                return default;
            case IdentitySignatureStatus.FromFuture:
                return PeerValidatorError.SignatureFromFuture(publicKey);
            default:
                return PeerValidatorError.InvalidSignature(publicKey);
        }
    }

    /// <summary>Checks an identity message, as it comes when a connection starts.</summary>
    /// <param name="publicKey">The key that the connection has proved.</param>
    /// <param name="encoded">Untrusted bytes of a <c>PeerIdentityMsg</c>; how many there may be is the connection's affair.</param>
    /// <param name="identity">What the peer said; null on failure.</param>
    public PeerIdentityError CheckIdentityMessage(
        in CommsPublicKey publicKey, ReadOnlySpan<byte> encoded, out ValidatedPeerIdentity? identity)
    {
        if (PeerIdentityMessage.TryDecode(encoded, out PeerIdentityMessage message))
        {
            return CheckIdentityMessage(publicKey, message, out identity);
        }

        identity = null;
        return new PeerIdentityError(PeerClaimError.Malformed);
    }

    /// <summary>Checks a decoded identity message.</summary>
    /// <param name="publicKey">The key that the connection has proved.</param>
    /// <param name="message">The message.</param>
    /// <param name="identity">What the peer said; null on failure.</param>
    internal PeerIdentityError CheckIdentityMessage(
        in CommsPublicKey publicKey, in PeerIdentityMessage message, out ValidatedPeerIdentity? identity)
    {
        identity = null;
        PeerValidatorError error = CheckTexts(message);
        if (!error.IsNone)
        {
            return new PeerIdentityError(error);
        }

        PeerClaimError format = message.TryReadClaim(out PeerIdentityClaim? claim);
        if (claim is null)
        {
            return new PeerIdentityError(format);
        }

        error = CheckClaim(publicKey, claim, out ImmutableArray<Multiaddr> permitted);
        if (!error.IsNone)
        {
            return new PeerIdentityError(error);
        }

        var protocols = ImmutableArray.CreateBuilder<ProtocolId>(message.SupportedProtocols.Count);
        foreach (ReadOnlySpan<byte> protocol in message.SupportedProtocols)
        {
            protocols.Add(new ProtocolId(protocol));
        }

        string userAgent = Encoding.ASCII.GetString(message.UserAgent);
        identity = new ValidatedPeerIdentity(publicKey, claim, permitted, userAgent, protocols.MoveToImmutable());
        return default;
    }

    private static bool IsPrintable(ReadOnlySpan<byte> text) => !text.ContainsAnyExceptInRange((byte)' ', (byte)'~');

    private PeerValidatorError CheckTexts(in PeerIdentityMessage message)
    {
        if (message.SupportedProtocols.Count > Config.MaxSupportedProtocols)
        {
            return PeerValidatorError.AboveLimit(
                PeerValidatorErrorKind.PeerIdentityTooManyProtocols, message.SupportedProtocols.Count, Config.MaxSupportedProtocols);
        }

        foreach (ReadOnlySpan<byte> protocol in message.SupportedProtocols)
        {
            if (protocol.Length > Config.MaxProtocolIdLength)
            {
                return PeerValidatorError.AboveLimit(
                    PeerValidatorErrorKind.PeerIdentityProtocolIdTooLong, protocol.Length, Config.MaxProtocolIdLength);
            }
        }

        if (message.Addresses.Count > Config.MaxPermittedPeerAddressesPerClaim)
        {
            return PeerValidatorError.AboveLimit(
                PeerValidatorErrorKind.PeerIdentityTooManyAddresses, message.Addresses.Count, Config.MaxPermittedPeerAddressesPerClaim);
        }

        if (message.UserAgent.Length > Config.MaxUserAgentByteLength)
        {
            return PeerValidatorError.AboveLimit(
                PeerValidatorErrorKind.PeerIdentityUserAgentTooLong, message.UserAgent.Length, Config.MaxUserAgentByteLength);
        }

        if (!IsPrintable(message.UserAgent))
        {
            return PeerValidatorError.NonPrintable(IdentityField.UserAgent);
        }

        foreach (ReadOnlySpan<byte> protocol in message.SupportedProtocols)
        {
            // Stored lists of protocols are joined by commas.
            if (!IsPrintable(protocol) || protocol.Contains((byte)','))
            {
                return PeerValidatorError.NonPrintable(IdentityField.SupportedProtocols);
            }
        }

        return default;
    }

    // Most claims keep all their addresses, and then the list is the claim's own.
    /// <summary>The addresses to keep of a claim that was found good.</summary>
    internal ImmutableArray<Multiaddr> Permitted(ImmutableArray<Multiaddr> addresses)
    {
        ImmutableArray<Multiaddr>.Builder? kept = null;
        for (int i = 0; i < addresses.Length; i++)
        {
            if (addresses[i].Bytes.Length > MaxAddressBytes)
            {
                // Whoever keeps an address keeps the whole claim with it: anybody could have megabytes kept for every key he makes.
                return [];
            }

            if (IsPermitted(addresses[i]))
            {
                kept?.Add(addresses[i]);
            }
            else if (kept is null)
            {
                kept = ImmutableArray.CreateBuilder<Multiaddr>(addresses.Length - 1);
                kept.AddRange(addresses.AsSpan()[..i]);
            }
        }

        return kept is null ? addresses : kept.DrainToImmutable();
    }

    private bool IsPermitted(in Multiaddr address) =>
        PeerAddressCheck.CheckName(address).IsNone
        && (Config.AllowTestAddresses || PeerAddressCheck.IsTakenWithoutLocal(address));
}
