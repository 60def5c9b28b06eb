using System.Text.Json;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Peers;

/// <summary>Verdicts of validators as the vectors write them.</summary>
internal static class ValidatorVerdicts
{
    private static readonly (string Detail, AddressFault Fault)[] s_addressFaults =
    [
        ("Multiaddr was empty", AddressFault.Empty),
        ("Unsupported address type '", AddressFault.UnsupportedType),
        ("Address does not include a TCP port", AddressFault.MissingTcpPort),
        ("Expected TCP address component but got '", AddressFault.NotTcp),
        ("Cannot connect to a zero TCP port", AddressFault.ZeroTcpPort),
        ("Cannot connect to a zero memory port", AddressFault.ZeroMemoryPort),
        ("Unexpected multiaddress component '", AddressFault.TrailingComponent),
        ("DNS address does not round trip", AddressFault.TextDoesNotReadBack),
        ("Invalid version in onion address", AddressFault.OnionVersion),
        ("Invalid checksum in onion address", AddressFault.OnionChecksum),
    ];

    private static readonly (string Detail, DnsNameFault Fault)[] s_nameFaults =
    [
        ("DNS name is empty or too long", DnsNameFault.NameLength),
        ("DNS label is empty or too long", DnsNameFault.LabelLength),
        ("DNS label contains characters", DnsNameFault.LabelCharacter),
        ("DNS label starts or ends with", DnsNameFault.LabelHyphen),
        ("Numeric DNS names are invalid", DnsNameFault.Numeric),
    ];

    /// <summary>Fails when an object has other members than these.</summary>
    public static void AssertMembers(this JsonElement element, params string[] known) =>
        Assert.That(element.EnumerateObject().Select(member => member.Name), Is.SubsetOf(known), "members");

    /// <summary>Asserts the name of an error and what the reference's text says beyond it.</summary>
    public static void AssertError(PeerValidatorError actual, string name, string detail)
    {
        Assert.That(actual.Kind.ToString(), Is.EqualTo(name), actual.ToString());
        switch (actual.Kind)
        {
            case PeerValidatorErrorKind.InvalidMultiaddr:
                (string text, AddressFault fault) =
                    s_addressFaults.Single(known => detail.Contains(known.Detail, StringComparison.Ordinal));
                Assert.That(actual.AddressFault, Is.EqualTo(fault), detail);
                string? component = text[^1] == '\'' ? detail[(detail.IndexOf('\'', StringComparison.Ordinal) + 1)..^1] : null;
                Assert.That(actual.Component, Is.EqualTo(component), detail);
                break;
            case PeerValidatorErrorKind.UnusableDnsName:
                Assert.That(
                    actual.DnsNameFault,
                    Is.EqualTo(s_nameFaults.Single(known => detail.Contains(known.Detail, StringComparison.Ordinal)).Fault));
                break;
            case PeerValidatorErrorKind.PeerIdentityTooManyAddresses:
                Assert.That(detail, Does.EndWith($"max {actual.Max} but got {actual.Length}"));
                break;
            case PeerValidatorErrorKind.InvalidPeerSignature:
            case PeerValidatorErrorKind.PeerSignatureFromFuture:
            case PeerValidatorErrorKind.PeerHasNoAddresses:
            case PeerValidatorErrorKind.PeerHasNoUsableAddresses:
                Assert.That(detail, Does.Contain("'" + actual.NodeId + "'"));
                break;
            case PeerValidatorErrorKind.OnionV2NotSupported:
                break;
            default:
                Assert.Fail($"the vectors had no {actual.Kind} yet");
                break;
        }
    }

    /// <summary>The clock of a case.</summary>
    public static DateTimeOffset Now(this JsonElement vector) => DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("now").GetInt64());

    /// <summary>The addresses of a case as texts.</summary>
    public static IEnumerable<string> Texts(this JsonElement element, string name) =>
        element.GetProperty(name).EnumerateArray().Select(item => item.GetString()!);

    /// <summary>Asserts an error that may also be none.</summary>
    public static void AssertVerdict(JsonElement expected, PeerValidatorError actual)
    {
        if (expected.Text("result") == "ok")
        {
            expected.AssertMembers("result", "accepted_addresses");
            Assert.That(actual.IsNone, actual.ToString());
            return;
        }

        expected.AssertMembers("result", "detail", "ban_offence");
        AssertError(actual, expected.Text("result"), expected.Text("detail"));
        Assert.That(actual.IsBanOffence, Is.EqualTo(expected.GetProperty("ban_offence").GetBoolean()));
    }

    /// <summary>Asserts a verdict on a whole record, and what is made of the record.</summary>
    public static void AssertVerdict(JsonElement expected, DhtPeerValidatorError verdict, Peer? peer)
    {
        if (expected.Text("result") == "ok")
        {
            expected.AssertMembers("result", "node_id", "features", "addresses_sorted");
            Assert.That(verdict.IsNone, verdict.ToString());
            Assert.That(peer!.NodeId.ToString(), Is.EqualTo(expected.Text("node_id")));
            Assert.That((uint)peer.Features, Is.EqualTo(expected.GetProperty("features").GetUInt32()));
            Assert.That(
                peer.Addresses.Entries.Select(entry => entry.Address.ToString()).Order(StringComparer.Ordinal),
                Is.EqualTo(expected.Texts("addresses_sorted")));
            return;
        }

        expected.AssertMembers("result", "error", "detail", "ban_offence");
        Assert.That(expected.Text("result"), Is.EqualTo("error"));
        Assert.That(peer, Is.Null);
        Assert.That(verdict.IsBanOffence, Is.EqualTo(expected.GetProperty("ban_offence").GetBoolean()));
        if (verdict.Kind == DhtPeerValidatorErrorKind.Validator)
        {
            AssertError(verdict.Validator, expected.Text("error"), expected.Text("detail"));
        }
        else
        {
            Assert.That(verdict.Kind.ToString(), Is.EqualTo(expected.Text("error")), expected.Text("detail"));
        }
    }

    /// <summary>The validator of a case.</summary>
    public static DhtPeerValidator Validator(JsonElement vector)
    {
        JsonElement config = vector.GetProperty("config");
        config.AssertMembers("allow_test_addresses", "max_permitted_peer_addresses_per_claim", "max_permitted_peer_claims");
        return new DhtPeerValidator(
            new PeerValidatorConfig
            {
                AllowTestAddresses = config.GetProperty("allow_test_addresses").GetBoolean(),
                MaxPermittedPeerAddressesPerClaim = config.GetProperty("max_permitted_peer_addresses_per_claim").GetInt32(),
            },
            config.GetProperty("max_permitted_peer_claims").GetInt32(),
            new ManualTimeProvider(vector.Now()));
    }
}
