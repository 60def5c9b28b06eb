using System.Text;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Tests.Peers.Validation;

internal sealed class DnsNameCheckTests
{
    private static readonly string s_label63 = new('a', 63);

    private static readonly (string Name, DnsNameFault Fault)[] s_bad =
    [
        ("", DnsNameFault.NameLength),
        (".", DnsNameFault.NameLength),
        ("..", DnsNameFault.LabelLength),
        (".a", DnsNameFault.LabelLength),
        ("a..b", DnsNameFault.LabelLength),
        ("a..", DnsNameFault.LabelLength),
        ("-a.com", DnsNameFault.LabelHyphen),
        ("a-.com", DnsNameFault.LabelHyphen),
        ("-", DnsNameFault.LabelHyphen),
        ("a_b.com", DnsNameFault.LabelCharacter),
        ("-_.com", DnsNameFault.LabelCharacter),
        ("ex ample.com", DnsNameFault.LabelCharacter),
        ("exämple.com", DnsNameFault.LabelCharacter),
        (s_label63 + "a.com", DnsNameFault.LabelLength),
        (string.Join('.', Enumerable.Repeat(s_label63, 5)), DnsNameFault.NameLength),
        (string.Join('.', Enumerable.Repeat(s_label63, 3)) + "." + new string('a', 62), DnsNameFault.NameLength),
        ("127.1", DnsNameFault.Numeric),
        ("1.2.3.4", DnsNameFault.Numeric),
        ("1.2.3.4.", DnsNameFault.Numeric),
        ("example.123", DnsNameFault.Numeric),
        ("0x7f000001", DnsNameFault.Numeric),
        ("example.0X7F", DnsNameFault.Numeric),
        ("example.0x", DnsNameFault.Numeric),
        ("1", DnsNameFault.Numeric),
    ];

    private static readonly string[] s_good =
    [
        "example.com", "example.com.", "EXAMPLE.com", "a-b.example.com", "a--b.c", "x1.y2.z3", "localhost", "0x7g", "x0x1", "1.com",
        "1a", "a1", "00x1", string.Join('.', Enumerable.Repeat(s_label63, 3)) + "." + new string('a', 61),
        string.Join('.', Enumerable.Repeat(s_label63, 3)) + "." + new string('a', 61) + ".",
    ];

    [TestCaseSource(nameof(s_bad))]
    public void AnUnusualName_IsRefused_WithoutABan((string Name, DnsNameFault Fault) expected)
    {
        PeerValidatorError error = PeerValidator.CheckDnsName(Encoding.UTF8.GetBytes(expected.Name));

        Assert.That(error.Kind, Is.EqualTo(PeerValidatorErrorKind.UnusableDnsName));
        Assert.That(error.DnsNameFault, Is.EqualTo(expected.Fault));
        Assert.That(error.IsBanOffence, Is.False);
        if (expected.Name.Length > 2)
        {
            Assert.That(error.ToString(), Does.Not.Contain(expected.Name));
        }
    }

    [TestCaseSource(nameof(s_good))]
    public void AUsualName_IsTaken(string name) => Assert.That(PeerValidator.CheckDnsName(Encoding.UTF8.GetBytes(name)).IsNone);

    [Test]
    public void BytesOutsideOfAscii_AreRefusedWhateverTheyAre()
    {
        for (int value = 0; value < 256; value++)
        {
            bool expected = value < 128 && (char.IsAsciiLetterOrDigit((char)value) || value is '-' or '.');
            DnsNameFault fault = DnsNameCheck.Check([(byte)'a', (byte)value, (byte)'b']);
            Assert.That(fault == DnsNameFault.None, Is.EqualTo(expected), $"byte {value}");
        }
    }
}
