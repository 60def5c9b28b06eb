using System.Net;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

[TestFixture]
internal sealed class AddressRulesTests
{
    private const string Onion3 = "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234";

    // Scenario 16.
    [TestCase("/ip4/23.45.67.89/tcp/1", "ip4:23.45")]
    [TestCase("/ip4/23.45.1.1/tcp/2", "ip4:23.45")]
    [TestCase("/ip4/23.46.67.89/tcp/1", "ip4:23.46")]
    [TestCase("/ip6/2606:4700:1:2::1/tcp/1", "ip6:2606:4700")]
    [TestCase("/ip6/::ffff:23.45.1.1/tcp/1", "ip4:23.45")]
    [TestCase("/ip6/::23.45.1.1/tcp/1", "ip6:0:0")]
    [TestCase("/dns4/Node.Example.com./tcp/1", "dns:example.com")]
    [TestCase("/dns6/a1.evil.com/tcp/1", "dns:evil.com")]
    [TestCase("/dnsaddr/A2.Evil.com/tcp/1", "dns:evil.com")]
    [TestCase("/dns4/a1.good.com/tcp/1", "dns:good.com")]
    [TestCase("/dns4/single/tcp/1", "dns:single")]
    [TestCase("/dns4/8.8.4.4/tcp/1", "dns:4.4")]
    [TestCase("/dns4/Ü.COM../tcp/1", "dns:Ü.com")]
    [TestCase(Onion3, "onion3:adadec040be047f9658668b11a504f3155001f231a37f54c4476c07fb4cc139ed7e303")]
    [TestCase("/memory/5", "other:/memory/5")]
    [TestCase("/dns/example.com/tcp/1", "other:/dns/example.com/tcp/1")]
    [TestCase("/ip4/127.0.0.1/tcp/1", "other:/ip4/127.0.0.1/tcp/1")]
    [TestCase("/ip4/127.0.0.1/tcp/2", "other:/ip4/127.0.0.1/tcp/2")]
    [TestCase("/dns4/localhost/tcp/1", "other:/dns4/localhost/tcp/1")]
    [TestCase("", "")]
    public void NetworkGroup_of_an_address_is_the_references(string text, string group) =>
        Assert.That(Multiaddr.Parse(text).NetworkGroup(), Is.EqualTo(group));

    // Scenarios 17 and 111.
    [TestCase("/ip4/1.1.1.1/tcp/1")]
    [TestCase("/ip6/2606:4700:4700::1111/tcp/1")]
    [TestCase("/dns4/example.com/tcp/1")]
    [TestCase("/dns4/mylocal.com/tcp/1")]
    [TestCase("/dns4/internal-node.example.com/tcp/1")]
    [TestCase("/dns4/locallake.io/tcp/1")]
    [TestCase("/dns4/LOCALHOST.example.com/tcp/1")]
    [TestCase("/dns4/example.com./tcp/1")]
    public void An_address_of_the_public_net_is_external(string text) => Assert.That(Multiaddr.Parse(text).IsExternal());

    // Scenarios 18 and 111.
    [TestCase("/ip4/0.1.2.3/tcp/1")]
    [TestCase("/ip4/10.0.0.1/tcp/1")]
    [TestCase("/ip4/100.64.0.1/tcp/1")]
    [TestCase("/ip4/100.127.255.254/tcp/1")]
    [TestCase("/ip4/127.0.0.1/tcp/1")]
    [TestCase("/ip4/169.254.1.1/tcp/1")]
    [TestCase("/ip4/192.0.2.1/tcp/1")]
    [TestCase("/ip4/192.88.99.1/tcp/1")]
    [TestCase("/ip4/198.18.0.1/tcp/1")]
    [TestCase("/ip4/198.19.255.254/tcp/1")]
    [TestCase("/ip4/224.0.0.1/tcp/1")]
    [TestCase("/ip4/240.0.0.1/tcp/1")]
    [TestCase("/ip4/255.255.255.255/tcp/1")]
    [TestCase("/ip6/::ffff:127.0.0.1/tcp/1")]
    [TestCase("/ip6/::192.168.0.1/tcp/1")]
    [TestCase("/ip6/100::1/tcp/1")]
    [TestCase("/ip6/2001::1/tcp/1")]
    [TestCase("/ip6/2001:db8::1/tcp/1")]
    [TestCase("/ip6/2002:c000:0204::1/tcp/1")]
    [TestCase("/ip6/fec0::1/tcp/1")]
    [TestCase("/ip6/ff02::1/tcp/1")]
    [TestCase("/dns4/localhost/tcp/1")]
    [TestCase("/dns4/node.local/tcp/1")]
    [TestCase("/dns4/node.internal./tcp/1")]
    [TestCase("/dns4/127.0.0.1/tcp/1")]
    [TestCase("/dns6/printer.lan/tcp/1")]
    [TestCase("/dnsaddr/home.arpa/tcp/1")]
    [TestCase("/dnsaddr/HOME.Arpa/tcp/1")]
    [TestCase("/dns6/::1/tcp/1")]
    [TestCase("/dns4/a.localdomain../tcp/1")]
    [TestCase("")]
    public void An_address_of_a_private_or_reserved_net_is_not_external(string text) =>
        Assert.That(Multiaddr.Parse(text).IsExternal(), Is.False);

    // The reference's rule looks at nothing else, and peers select addresses by it.
    [TestCase("/memory/1")]
    [TestCase("/dns/localhost/tcp/1")]
    [TestCase("/unix/a")]
    [TestCase(Onion3)]
    [TestCase("/dns4//tcp/1")]
    [TestCase("/dns4/127.1/tcp/1")]
    [TestCase("/dns4/[::1]/tcp/1")]
    [TestCase("/dns4/fe80::1%1/tcp/1")]
    [TestCase("/ip6/64:ff9b::7f00:1/tcp/1")]
    public void What_the_rule_does_not_look_at_is_external(string text) => Assert.That(Multiaddr.Parse(text).IsExternal());

    // Each range of the rule: its first and last address, and those just outside.
    [TestCase("0.0.0.0", "0.255.255.255")]
    [TestCase("10.0.0.0", "10.255.255.255")]
    [TestCase("100.64.0.0", "100.127.255.255")]
    [TestCase("127.0.0.0", "127.255.255.255")]
    [TestCase("169.254.0.0", "169.254.255.255")]
    [TestCase("172.16.0.0", "172.31.255.255")]
    [TestCase("192.0.2.0", "192.0.2.255")]
    [TestCase("192.88.99.0", "192.88.99.255")]
    [TestCase("192.168.0.0", "192.168.255.255")]
    [TestCase("198.18.0.0", "198.19.255.255")]
    [TestCase("198.51.100.0", "198.51.100.255")]
    [TestCase("203.0.113.0", "203.0.113.255")]
    [TestCase("224.0.0.0", "255.255.255.255")]
    [TestCase("100::", "100::ffff:ffff:ffff:ffff")]
    [TestCase("2001::", "2001:0:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("2002::", "2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("fe80::", "feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("ff00::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff")]
    [TestCase("::ffff:10.0.0.0", "::ffff:10.255.255.255")]
    [TestCase("::10.0.0.0", "::10.255.255.255")]
    [TestCase("::", "::0.255.255.255")]
    public void A_range_that_is_not_external_ends_where_it_should(string first, string last)
    {
        Assert.That(IsExternalByBothForms(IPAddress.Parse(first)), Is.False);
        Assert.That(IsExternalByBothForms(IPAddress.Parse(last)), Is.False);

        // fe80::/10 and fec0::/10 touch, and so does ff00::/8; 224/4 and 240/4 reach the end.
        if (Step(first, -1) is { } before && first is not ("ff00::" or "::"))
        {
            Assert.That(IsExternalByBothForms(before), Is.True, before.ToString());
        }

        if (Step(last, +1) is { } after && !last.StartsWith("feff", StringComparison.Ordinal))
        {
            Assert.That(IsExternalByBothForms(after), Is.True, after.ToString());
        }
    }

    [Test]
    public void IsExternal_of_bytes_that_are_no_address_throws() =>
        Assert.That(() => AddressRules.IsExternal(new byte[5]), Throws.ArgumentException);

    [TestCase("/ip4/1.1.1.1/tcp/1", TransportKinds.Ipv4, TransportKinds.Ipv4)]
    [TestCase("/ip6/::1/tcp/1", TransportKinds.Ipv6, TransportKinds.Ipv6)]
    [TestCase(Onion3, TransportKinds.Onion, TransportKinds.Onion)]
    [TestCase("/onion/aaimaq4ygg2iegci:1234", TransportKinds.Onion, TransportKinds.Onion)]
    [TestCase("/memory/1", TransportKinds.Memory, TransportKinds.Memory)]
    [TestCase("/dns4/example.com/tcp/1", TransportKinds.Ipv4, TransportKinds.None)]
    [TestCase("/dns/example.com/tcp/1", TransportKinds.Ipv4, TransportKinds.None)]
    [TestCase("/tcp/1", TransportKinds.Ipv4, TransportKinds.None)]
    [TestCase("/ip6zone/x/ip6/fe80::1/tcp/1", TransportKinds.Ipv4, TransportKinds.Ipv6)]
    [TestCase("/ipcidr/1", TransportKinds.Ipv4, TransportKinds.None)]
    [TestCase("", TransportKinds.Ipv4, TransportKinds.None)]
    public void Kinds_for_dialling_and_for_filtering_are_the_references(string text, TransportKinds dial, TransportKinds filter)
    {
        Multiaddr address = Multiaddr.Parse(text);
        Assert.That(address.DialKind(), Is.EqualTo(dial));
        Assert.That(address.FilterKind(), Is.EqualTo(filter));
    }

    private static bool IsExternalByBothForms(IPAddress address)
    {
        bool isExternal = address.IsExternal();
        Assert.That(Multiaddr.FromIp(address, 1).IsExternal(), Is.EqualTo(isExternal));
        Assert.That(Multiaddr.FromDns4(address.ToString(), 1).IsExternal(), Is.EqualTo(isExternal), "as a name");
        return isExternal;
    }

    // The address before or after; null beyond either end.
    private static IPAddress? Step(string text, int step)
    {
        byte[] bytes = IPAddress.Parse(text).GetAddressBytes();
        for (int i = bytes.Length - 1; i >= 0; i--)
        {
            bytes[i] = (byte)(bytes[i] + step);
            if (bytes[i] != (step > 0 ? 0 : 255))
            {
                return new IPAddress(bytes);
            }
        }

        return null;
    }
}
