using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

[TestFixture]
internal sealed class DialOrderTests
{
    private const string Onion = "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234";

    private static readonly string[] s_addresses =
    [
        "/ip6/2606::1/tcp/1", "/ip4/1.1.1.1/tcp/1", Onion, "/dns4/example.com/tcp/1", "/memory/1", "/ip6/2606::2/tcp/1",
        "/ip4/127.0.0.1/tcp/1",
    ];

    [Test]
    public void Of_kinds_in_an_order_gives_kind_by_kind_and_keeps_the_order_within() =>
        Assert.That(
            Order([TransportKinds.Onion, TransportKinds.Ipv4, TransportKinds.Onion, TransportKinds.Ipv6], new DialPolicy()),
            Is.EqualTo(new[]
            {
                Onion, "/ip4/1.1.1.1/tcp/1", "/dns4/example.com/tcp/1", "/ip4/127.0.0.1/tcp/1", "/ip6/2606::1/tcp/1", "/ip6/2606::2/tcp/1",
            }));

    [Test]
    public void Of_excluded_addresses_gives_the_rest() =>
        Assert.That(
            Order([TransportKinds.Ipv4], new DialPolicy { ExcludedRanges = [DialAddressRange.Test] }),
            Is.EqualTo(new[] { "/ip4/1.1.1.1/tcp/1", "/dns4/example.com/tcp/1" }));

    [Test]
    public void Of_no_kinds_gives_nothing() => Assert.That(Order([], new DialPolicy()), Is.Empty);

    [TestCase(TransportKinds.None)]
    [TestCase(TransportKinds.Ipv4 | TransportKinds.Ipv6)]
    public void Of_a_kind_that_is_none_or_several_throws(TransportKinds kind) =>
        Assert.That(() => Order([kind], new DialPolicy()), Throws.ArgumentException);

    private static string[] Order(TransportKinds[] kinds, DialPolicy policy)
    {
        MultiaddrWithStats[] entries =
            [.. s_addresses.Select(text => new MultiaddrWithStats(Multiaddr.Parse(text), PeerAddressSource.Config))];
        return [.. DialOrder.Of(entries, kinds, policy).Select(entry => entry.Address.ToString())];
    }
}
