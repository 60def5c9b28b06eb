using System.Globalization;
using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>What is wrong with what a peer says about itself, and whether it costs a ban when a connection starts.</summary>
/// <remarks>
/// A value; making one allocates nothing. Its text never has anything that the peer wrote: of an address it names a component's protocol at
/// most. A claim passed on by others is judged more leniently: see <see cref="DhtPeerValidatorError"/>.
/// </remarks>
public readonly record struct PeerValidatorError
{
    /// <summary>How long a peer is banned for an offence when a connection starts, as on the network's other nodes: 2 hours.</summary>
    public static readonly TimeSpan OffenceBanDuration = TimeSpan.FromHours(2);

    /// <summary>What is wrong.</summary>
    public PeerValidatorErrorKind Kind { get; private init; }

    /// <summary>Given for <see cref="PeerValidatorErrorKind.InvalidMultiaddr"/>.</summary>
    public AddressFault AddressFault { get; private init; }

    /// <summary>Given for <see cref="PeerValidatorErrorKind.UnusableDnsName"/>.</summary>
    public DnsNameFault DnsNameFault { get; private init; }

    /// <summary>Given for <see cref="PeerValidatorErrorKind.NonPrintableIdentityString"/>.</summary>
    public IdentityField Field { get; private init; }

    /// <summary>The protocol of the component at fault, such as <c>udp</c>; null where none is to blame.</summary>
    public string? Component { get; private init; }

    /// <summary>What was counted, where there is a limit.</summary>
    public int Length { get; private init; }

    /// <summary>The limit.</summary>
    public int Max { get; private init; }

    /// <summary>Whose claim it is, where that matters; zero elsewhere.</summary>
    public NodeId NodeId { get; private init; }

    /// <summary>Whether nothing is wrong.</summary>
    public bool IsNone => Kind == PeerValidatorErrorKind.None;

    /// <summary>Whether a peer that says this of itself when a connection starts is banned.</summary>
    public bool IsBanOffence => Kind is not (
        PeerValidatorErrorKind.None
        or PeerValidatorErrorKind.PeerSignatureFromFuture
        or PeerValidatorErrorKind.PeerHasNoAddresses
        or PeerValidatorErrorKind.PeerHasNoUsableAddresses
        or PeerValidatorErrorKind.NonPrintableIdentityString
        or PeerValidatorErrorKind.UnusableDnsName);

    /// <summary>How long such a peer is banned; null for not at all.</summary>
    public TimeSpan? BanDuration => IsBanOffence ? OffenceBanDuration : null;

    /// <summary>What is wrong, in a sentence fit for a log and for the reason of a ban.</summary>
    public override string ToString() => Kind switch
    {
        PeerValidatorErrorKind.None => "Nothing is wrong.",
        PeerValidatorErrorKind.InvalidPeerSignature => $"The claim of peer {NodeId} is not signed by it.",
        PeerValidatorErrorKind.PeerSignatureFromFuture => $"The claim of peer {NodeId} is dated more than a day ahead.",
        PeerValidatorErrorKind.PeerHasNoAddresses => $"Peer {NodeId} has no claims.",
        PeerValidatorErrorKind.PeerHasNoUsableAddresses => $"Peer {NodeId} claims no address that can be used.",
        PeerValidatorErrorKind.InvalidMultiaddr => "An address cannot stand in a claim: " + Describe(AddressFault, Component),
        PeerValidatorErrorKind.OnionV2NotSupported => "Onion addresses of version 2 are not supported.",
        PeerValidatorErrorKind.UnusableDnsName => "A DNS name is not a usual one: " + Describe(DnsNameFault),
        PeerValidatorErrorKind.PeerIdentityTooManyAddresses => Limit("Too many addresses in a claim"),
        PeerValidatorErrorKind.PeerIdentityTooManyProtocols => Limit("Too many protocols"),
        PeerValidatorErrorKind.PeerIdentityProtocolIdTooLong => Limit("The name of a protocol has too many bytes"),
        PeerValidatorErrorKind.PeerIdentityUserAgentTooLong => Limit("The user agent has too many bytes"),
        _ => Field == IdentityField.UserAgent
            ? "The field user_agent has bytes that do not print."
            : "The field supported_protocols has bytes that do not print, or a comma.",
    };

    internal static PeerValidatorError InvalidSignature(in CommsPublicKey key) => Of(PeerValidatorErrorKind.InvalidPeerSignature, key);

    internal static PeerValidatorError SignatureFromFuture(in CommsPublicKey key) =>
        Of(PeerValidatorErrorKind.PeerSignatureFromFuture, key);

    internal static PeerValidatorError HasNoAddresses(in CommsPublicKey key) => Of(PeerValidatorErrorKind.PeerHasNoAddresses, key);

    internal static PeerValidatorError HasNoUsableAddresses(in CommsPublicKey key) =>
        Of(PeerValidatorErrorKind.PeerHasNoUsableAddresses, key);

    internal static PeerValidatorError InvalidMultiaddr(AddressFault fault, string? component = null) =>
        new() { Kind = PeerValidatorErrorKind.InvalidMultiaddr, AddressFault = fault, Component = component };

    internal static PeerValidatorError OnionV2() => new() { Kind = PeerValidatorErrorKind.OnionV2NotSupported, Component = "onion" };

    internal static PeerValidatorError UnusableDnsName(DnsNameFault fault) =>
        new() { Kind = PeerValidatorErrorKind.UnusableDnsName, DnsNameFault = fault };

    internal static PeerValidatorError NonPrintable(IdentityField field) =>
        new() { Kind = PeerValidatorErrorKind.NonPrintableIdentityString, Field = field };

    internal static PeerValidatorError AboveLimit(PeerValidatorErrorKind kind, int length, int max) =>
        new() { Kind = kind, Length = length, Max = max };

    private static PeerValidatorError Of(PeerValidatorErrorKind kind, in CommsPublicKey key) =>
        new() { Kind = kind, NodeId = NodeId.FromPublicKey(key) };

    private static string Describe(AddressFault fault, string? component) => fault switch
    {
        AddressFault.Empty => "it is empty.",
        AddressFault.UnsupportedType => $"no peer is reached by '{component}'.",
        AddressFault.MissingTcpPort => "it has no TCP port.",
        AddressFault.NotTcp => $"'{component}' stands where a TCP port has to.",
        AddressFault.ZeroTcpPort => "its TCP port is 0.",
        AddressFault.ZeroOnionPort => "its onion port is 0.",
        AddressFault.ZeroMemoryPort => "its memory port is 0.",
        AddressFault.TrailingComponent => $"'{component}' follows its end.",
        AddressFault.TextDoesNotReadBack => "its text reads back as another address.",
        AddressFault.NotExternal => "it cannot be reached from outside.",
        AddressFault.MemoryNotAllowed => "memory addresses are for tests.",
        AddressFault.OnionVersion => "it is an onion address of an unknown version.",
        _ => "the checksum of its onion address is wrong.",
    };

    private static string Describe(DnsNameFault fault) => fault switch
    {
        DnsNameFault.NameLength => "it is empty or too long.",
        DnsNameFault.LabelLength => "a label is empty or too long.",
        DnsNameFault.LabelCharacter => "a label has other characters than letters, digits and hyphens.",
        DnsNameFault.LabelHyphen => "a label starts or ends with a hyphen.",
        _ => "it ends with a number.",
    };

    private string Limit(string what) => string.Create(CultureInfo.InvariantCulture, $"{what}: {Length}, at most {Max} are allowed.");
}
