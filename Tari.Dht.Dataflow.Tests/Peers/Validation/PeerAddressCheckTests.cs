using System.Buffers.Binary;
using System.Security.Cryptography;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Validation;

/// <summary>Which addresses may stand in a claim.</summary>
internal sealed class PeerAddressCheckTests
{
    private static readonly string[] s_external =
    [
        "/ip4/172.0.0.1/tcp/1", "/ip6/ac:0:0:1:1:1:1:1/tcp/1", SignedClaims.GoodOnion3, "/dnsaddr/mike-magic-nodes.com/tcp/1",
        "/dns4/node.example.com/tcp/18189", "/dns6/node.example.com/tcp/18189", "/ip6/::ffff:8.8.8.8/tcp/1",
    ];

    private static readonly string[] s_local =
    [
        "/ip4/127.0.0.1/tcp/1", "/ip4/10.0.0.1/tcp/1", "/ip4/172.16.0.1/tcp/1", "/ip4/192.168.0.1/tcp/1", "/ip4/169.254.0.1/tcp/1",
        "/ip6/::1/tcp/1", "/ip6/fc00::1/tcp/1", "/ip6/fe80::1/tcp/1", "/ip6/::ffff:127.0.0.1/tcp/1", "/ip6/::ffff:192.168.0.1/tcp/1",
        "/dns4/localhost/tcp/1", "/dns4/node.internal/tcp/1", "/dns6/printer.local/tcp/1", "/dnsaddr/home.arpa/tcp/1",
    ];

    private static readonly (string Address, AddressFault Fault, string? Component)[] s_faults =
    [
        ("", AddressFault.Empty, null),
        ("/dnsaddr/mike-magic-nodes.com", AddressFault.MissingTcpPort, null),
        ("/ip4/8.8.8.8", AddressFault.MissingTcpPort, null),
        ("/dns4/localhost", AddressFault.MissingTcpPort, null),
        ("/ip4/23.23.23.23/udp/7777", AddressFault.NotTcp, "udp"),
        ("/ip6/2001:4860:4860::8888/ip4/1.2.3.4", AddressFault.NotTcp, "ip4"),
        ("/ip4/8.8.8.8/tcp/0", AddressFault.ZeroTcpPort, null),
        ("/dns4/example.com/tcp/0", AddressFault.ZeroTcpPort, null),
        ("/dns4/example.com/tcp/1/dns4/secret-value", AddressFault.TrailingComponent, "dns4"),
        ("/ip4/8.8.8.8/tcp/1/http", AddressFault.TrailingComponent, "http"),
        ("/memory/0", AddressFault.ZeroMemoryPort, null),
        (SignedClaims.GoodOnion3 + "/tcp/1", AddressFault.TrailingComponent, "tcp"),
        ("/onion3/www6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234", AddressFault.OnionChecksum, null),
        ("/onion3/pd6sf3mqkkkfrn4rk5odgcr2j5sn7m523a4tm7pzpuotk2b7rpuhaeym:1234", AddressFault.OnionVersion, null),
        ("/dns/example.com/tcp/1", AddressFault.UnsupportedType, "dns"),
        ("/tcp/1", AddressFault.UnsupportedType, "tcp"),
        ("/unix/secret-path", AddressFault.UnsupportedType, "unix"),
        ("/udp/7777", AddressFault.UnsupportedType, "udp"),
        ("name:evil/x", AddressFault.TextDoesNotReadBack, null),
        ("name:a/tcp/80/ip4/10.0.0.1", AddressFault.TextDoesNotReadBack, null),
    ];

    [TestCaseSource(nameof(s_external))]
    public void AnAddressReachedFromOutside_IsTakenEitherWay(string text)
    {
        Multiaddr address = SignedClaims.Address(text);

        Assert.That(PeerValidator.CheckAddress(address, allowLocal: false), Is.EqualTo(default(PeerValidatorError)));
        Assert.That(PeerValidator.CheckAddress(address, allowLocal: true), Is.EqualTo(default(PeerValidatorError)));
        Assert.That(PeerValidator.CheckShape(address).IsNone);
    }

    [TestCaseSource(nameof(s_local))]
    public void ALocalAddress_IsTakenOnlyIfLocalOnesAre(string text)
    {
        Multiaddr address = SignedClaims.Address(text);

        PeerValidatorError error = PeerValidator.CheckAddress(address, allowLocal: false);
        Assert.That((error.Kind, error.AddressFault), Is.EqualTo((PeerValidatorErrorKind.InvalidMultiaddr, AddressFault.NotExternal)));
        Assert.That(PeerValidator.CheckAddress(address, allowLocal: true).IsNone);
        Assert.That(PeerValidator.CheckShape(address).IsNone);
    }

    [Test]
    public void AMemoryAddress_IsTakenOnlyIfLocalOnesAre()
    {
        Multiaddr address = SignedClaims.Address("/memory/1234");

        Assert.That(PeerValidator.CheckAddress(address, allowLocal: false).AddressFault, Is.EqualTo(AddressFault.MemoryNotAllowed));
        Assert.That(PeerValidator.CheckAddress(address, allowLocal: true).IsNone);
    }

    [TestCaseSource(nameof(s_faults))]
    public void AnAddressOfAWrongForm_IsRefusedEitherWay_WithTheSameFault((string Text, AddressFault Fault, string? Component) expected)
    {
        Multiaddr address = SignedClaims.Address(expected.Text);
        foreach (bool allowLocal in new[] { false, true })
        {
            PeerValidatorError error = PeerValidator.CheckAddress(address, allowLocal);
            Assert.That(error.Kind, Is.EqualTo(PeerValidatorErrorKind.InvalidMultiaddr));
            Assert.That((error.AddressFault, error.Component), Is.EqualTo((expected.Fault, expected.Component)));
            Assert.That(error.IsBanOffence);
        }
    }

    [TestCase("/onion/aaimaq4ygg2iegci:1234")]
    [TestCase("/onion/aaimaq4ygg2iegci:1234/http")]
    public void AnOnionAddressOfVersionTwo_IsNotSupported(string text)
    {
        foreach (bool allowLocal in new[] { false, true })
        {
            PeerValidatorError error = PeerValidator.CheckAddress(SignedClaims.Address(text), allowLocal);
            Assert.That(error.Kind, Is.EqualTo(PeerValidatorErrorKind.OnionV2NotSupported));
            Assert.That(error.IsBanOffence);
        }
    }

    // The binary form alone can hold these: of two faults the first in order is the answer.
    [TestCase("bc03 0010c0439831b4821848 0000", AddressFault.ZeroOnionPort, TestName = "AnOnionV2Address_WithPortZero_IsRefusedForThePort")]
    [TestCase("bd03 00 0000", AddressFault.ZeroOnionPort, TestName = "AnOnion3Address_WithPortZeroAndAWrongVersion_IsRefusedForThePort")]
    [TestCase("bd03 00 0001 060001", AddressFault.TrailingComponent, TestName = "AnOnion3Address_OfAWrongVersionWithATail_IsRefusedForIt")]
    [TestCase("bd03 00 0001", AddressFault.OnionVersion, TestName = "AnOnion3Address_WithAWrongVersionAndChecksum_IsRefusedForTheVersion")]
    [TestCase("bd03 03 0001", AddressFault.OnionChecksum, TestName = "AnOnion3Address_WithAWrongChecksum_IsRefused")]
    [TestCase("36 03612f62 9102 0000", AddressFault.NotTcp, TestName = "ANameWithASlash_BeforeUdp_IsRefusedForUdp")]
    [TestCase("36 03612f62 06 0000", AddressFault.ZeroTcpPort, TestName = "ANameWithASlash_BeforePortZero_IsRefusedForThePort")]
    [TestCase("36 03612f62 06 0001 060001", AddressFault.TrailingComponent, TestName = "ANameWithASlash_AndATail_IsRefusedForTheTail")]
    [TestCase("36 09 6c6f63616c686f7374 06 0000", AddressFault.ZeroTcpPort, TestName = "ALocalName_WithPortZero_IsRefusedForThePort")]
    [TestCase("8906 0000000000000000 060001", AddressFault.ZeroMemoryPort, TestName = "AMemoryAddress_OfZeroWithATail_IsRefusedForTheZero")]
    public void OfTwoFaults_TheFirstInOrderIsTheAnswer(string hex, AddressFault expected)
    {
        string digits = hex.Replace(" ", "", StringComparison.Ordinal);
        if (digits.StartsWith("bd03", StringComparison.Ordinal))
        {
            digits = "bd03" + new string('7', 2 * 34) + digits[4..];
        }

        Multiaddr address = Multiaddr.FromBytes(Convert.FromHexString(digits));
        Assert.That(PeerValidator.CheckAddress(address, allowLocal: false).AddressFault, Is.EqualTo(expected));
        Assert.That(PeerValidator.CheckAddress(address, allowLocal: true).AddressFault, Is.EqualTo(expected));
    }

    [Test]
    public void AMemoryAddressWithATail_IsRefusedForTheTail_UnlessLocalOnesAreRefused()
    {
        Multiaddr address = SignedClaims.Address("/memory/1234/tcp/1");

        Assert.That(PeerValidator.CheckAddress(address, allowLocal: true).AddressFault, Is.EqualTo(AddressFault.TrailingComponent));
        Assert.That(PeerValidator.CheckAddress(address, allowLocal: false).AddressFault, Is.EqualTo(AddressFault.MemoryNotAllowed));
    }

    [Test]
    public void AnOnion3Address_OfAnyKeyWithItsChecksum_IsTaken()
    {
        if (!SHA3_256.IsSupported)
        {
            Assert.Ignore("The platform has no SHA3-256 to compare with.");
        }

        var random = new Random(5);
        for (int i = 0; i < 100; i++)
        {
            byte[] address = new byte[2 + 37];
            random.NextBytes(address);
            (address[0], address[1], address[36]) = (0xbd, 0x03, 3);
            BinaryPrimitives.WriteUInt16BigEndian(address.AsSpan(37), (ushort)random.Next(1, 65536));
            byte[] digest = SHA3_256.HashData([.. ".onion checksum"u8, .. address[2..34], 3]);
            digest.AsSpan(0, 2).CopyTo(address.AsSpan(34));
            Assert.That(PeerValidator.CheckAddress(Multiaddr.FromBytes(address), allowLocal: false).IsNone);

            address[random.Next(2, 36)] ^= (byte)(1 << random.Next(8));
            PeerValidatorError error = PeerValidator.CheckAddress(Multiaddr.FromBytes(address), allowLocal: false);
            Assert.That(error.AddressFault, Is.EqualTo(AddressFault.OnionChecksum));
        }
    }

    [Test]
    public void TextsOfErrors_NameTheComponentAndNeverItsValue()
    {
        (string Address, string Component, string Value)[] cases =
        [
            ("/ip4/23.23.23.23/udp/7777", "udp", "7777"),
            ("/dns4/example.com/tcp/1/dns4/secret-value", "dns4", "secret-value"),
            ("/unix/secret-path", "unix", "secret-path"),
        ];
        foreach ((string address, string component, string value) in cases)
        {
            string text = PeerValidator.CheckShape(SignedClaims.Address(address)).ToString();
            Assert.That(text, Does.Contain("'" + component + "'"));
            Assert.That(text, Does.Not.Contain(value));
        }
    }
}
