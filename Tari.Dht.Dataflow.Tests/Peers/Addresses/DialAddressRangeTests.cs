using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

[TestFixture]
internal sealed class DialAddressRangeTests
{
    private const string SomeRange = "/ip4/127.*.100:200.*/tcp/18000:19000";

    // Scenario 35.
    [Test]
    public void A_list_of_ranges_and_exact_addresses_is_read_in_order()
    {
        string[] items = [SomeRange, "/ip4/127.0.0.1/tcp/18189", "/ip4/127.0.0.1/udt/sctp/5678", "/ip4/127.*.*.*/tcp/*"];
        DialAddressRangeError error = DialAddressRange.TryParseList(items, out ImmutableArray<DialAddressRange> ranges, out int failed);
        Assert.That(error, Is.EqualTo(DialAddressRangeError.None));
        Assert.That(failed, Is.EqualTo(-1));
        Assert.That(ranges.Select(range => range.ToString()), Is.EqualTo(items));
        Assert.That(ranges.Select(range => range.Exact is not null), Is.EqualTo(new[] { false, true, true, false }));
        Assert.That(ranges[3], Is.EqualTo(DialAddressRange.Test));
    }

    // Scenario 36.
    [TestCase("/ip4/127.0.0.1/tcp/0:18188")]
    [TestCase("/ip4/127.0.0.1/tcp/18190:65535")]
    [TestCase("/ip4/127.0.0.0/tcp/18189")]
    [TestCase("/ip4/127.1:255.1:255.2:255/tcp/18189")]
    public void A_range_beside_an_address_does_not_contain_it(string range) => AssertContains(range, "/ip4/127.0.0.1/tcp/18189", false);

    // Scenario 37.
    [TestCase(SomeRange, "/ip4/127.0.150.1/tcp/18500", true)]
    [TestCase(SomeRange, "/ip4/127.0.150.1/tcp/17500", false)]
    [TestCase(SomeRange, "/ip4/127.0.50.1/tcp/18500", false)]
    [TestCase("/ip4/127.*.100:200.*/tcp/*", "/ip4/127.0.150.1/tcp/17500", true)]
    [TestCase("/ip4/127.0.0.1/tcp/18000:19000", "/ip4/127.0.0.1/tcp/18500", true)]
    [TestCase("/ip4/127.0.0.1/tcp/18000:19000", "/ip4/127.0.1.1/tcp/18500", false)]
    [TestCase("/ip4/127.0.0.1/tcp/18000:19000", "/ip4/127.0.0.1/tcp/17500", false)]
    [TestCase("/ip4/127.0.0.1/tcp/18188", "/ip4/127.0.0.1/tcp/18188", true)]
    [TestCase("/ip4/127.0.0.1/tcp/18188", "/ip4/127.0.0.1/tcp/18189", false)]
    [TestCase("/ip4/127.*.*.*/tcp/*", "/ip4/127.0.0.1/tcp/18188", true)]
    [TestCase("/ip4/127.*.*.*/tcp/*", "/ip4/127.0.0.1/tcp/18189", true)]
    [TestCase("/ip4/127.*.*.*/tcp/*", "/ip4/127.1.2.3/tcp/555", true)]
    [TestCase("/ip4/127.0.0.1/udt/sctp/5678", "/ip4/127.0.0.1/udt/sctp/5678", true)]
    [TestCase("/ip4/127.0.0.1/udt/sctp/5678", "/ip4/127.0.0.1/udt/sctp/5679", false)]
    [TestCase("/ip6/2606::1/tcp/1", "/ip6/2606::1/tcp/1", true)]
    [TestCase("/ip6/2606::1/tcp/1", "/ip6/2606::2/tcp/1", false)]
    [TestCase("/ip4/127.*.*.*/tcp/*", "/ip4/127.0.0.1", false)]
    [TestCase("/ip4/127.*.*.*/tcp/*", "/tcp/1", false)]
    [TestCase("/ip4/127.*.*.*/tcp/*", "", false)]
    [TestCase("/ip4/127.*.*.*/tcp/1:2", "/ip4/1.1.1.1/tcp/9/ip4/127.0.0.1/udt/tcp/2", true)]
    [TestCase("/ip4/127.*.*.*/tcp/1:2", "/ip4/127.0.0.1/tcp/2/ip4/1.1.1.1", false)]
    public void A_range_contains_what_is_within_all_its_parts(string range, string address, bool contained) =>
        AssertContains(range, address, contained);

    // Scenario 38.
    [TestCase("/ip4/23.23.*.*/tcp/*", "/ip6/::ffff:23.23.23.23/tcp/18189", true)]
    [TestCase("/ip4/23.23.*.*/tcp/*", "/ip6/::23.23.23.23/tcp/18189", true)]
    [TestCase("/ip4/23.23.*.*/tcp/*", "/ip6/2001:4860::1/tcp/18189", false)]
    [TestCase("/ip4/23.23.23.23/tcp/18189", "/ip6/::ffff:23.23.23.23/tcp/18189", true)]
    [TestCase("/ip4/23.23.23.23/tcp/18189", "/ip6/::23.23.23.23/tcp/18189", true)]
    [TestCase("/ip4/23.23.23.23/tcp/18189", "/ip6/::23.23.23.23/tcp/18188", false)]
    [TestCase("/ip4/23.23.23.23/tcp/18189", "/ip6/2001:4860::1/tcp/18189", false)]
    [TestCase("/ip6/::1/tcp/18189", "/ip6/::1/tcp/18189", true)]
    public void An_ip6_address_with_ip4_inside_is_tried_as_that_ip4_address(string range, string address, bool contained) =>
        AssertContains(range, address, contained);

    [TestCase("/ip4/127.0:255.*.1:1/tcp/1:65535", "/ip4/127.*.*.1/tcp/*")]
    [TestCase("/ip4/127.+0.*.001/tcp/0:65535", "/ip4/127.0.*.1/tcp/*")]
    [TestCase("/ip4/127.0.*.1/tcp/2:65535", "/ip4/127.0.*.1/tcp/2:65535")]
    [TestCase("/ip4/127.0.*.1/tcp/9:9", "/ip4/127.0.*.1/tcp/9")]
    public void A_range_prints_in_a_form_that_reads_back(string text, string printed)
    {
        DialAddressRange range = DialAddressRange.Parse(text);
        Assert.That(range.ToString(), Is.EqualTo(printed));
        Assert.That(DialAddressRange.Parse(printed).ToString(), Is.EqualTo(printed));
    }

    [TestCase("", DialAddressRangeError.Empty)]
    [TestCase(" ", DialAddressRangeError.NeitherAddressNorRange)]
    [TestCase("/ip4/*.*.*.*/tcp/*", DialAddressRangeError.InvalidOctet)]
    [TestCase("/ip4/1:2.*.*.*/tcp/*", DialAddressRangeError.InvalidOctet)]
    [TestCase("/ip4/256.*.*.*/tcp/*", DialAddressRangeError.InvalidOctet)]
    [TestCase("/ip4/1.*.*.2:/tcp/*", DialAddressRangeError.InvalidOctet)]
    [TestCase("/ip4/1.*.**.2/tcp/*", DialAddressRangeError.InvalidOctet)]
    [TestCase("/ip4/1.*..2/tcp/*", DialAddressRangeError.InvalidOctet)]
    [TestCase("/ip4/1.9:8.1.1/tcp/*", DialAddressRangeError.ReversedOctets)]
    [TestCase("/ip4/1.*.*.*/tcp/2:1", DialAddressRangeError.ReversedPorts)]
    [TestCase("/ip4/1.*.*.*/tcp/1:65536", DialAddressRangeError.InvalidPort)]
    [TestCase("/ip4/1.*.*.*/tcp/", DialAddressRangeError.InvalidPort)]
    [TestCase("/ip4/1.*.*.*/tcp", DialAddressRangeError.NeitherAddressNorRange)]
    [TestCase("/ip4/1.*.*.*/udp/1", DialAddressRangeError.NeitherAddressNorRange)]
    [TestCase("/ip4/1.*.*/tcp/1", DialAddressRangeError.NeitherAddressNorRange)]
    [TestCase("/ip4/1.*.*.*.*/tcp/1", DialAddressRangeError.NeitherAddressNorRange)]
    [TestCase("/ip4/1.*.*.*/tcp/1/", DialAddressRangeError.NeitherAddressNorRange)]
    [TestCase("x/ip4/1.*.*.*/tcp/1", DialAddressRangeError.NeitherAddressNorRange)]
    [TestCase("/ip4/1.*.*.*/tcp/ü", DialAddressRangeError.InvalidPort)]
    public void A_text_that_is_no_range_has_a_typed_error(string text, DialAddressRangeError error)
    {
        Assert.That(DialAddressRange.TryParse(text, out DialAddressRange? range), Is.EqualTo(error));
        Assert.That(range, Is.Null);
        Assert.That(
            () => DialAddressRange.Parse(text), Throws.InstanceOf<DialAddressRangeException>().With.Property("Error").EqualTo(error));
    }

    [Test]
    public void One_text_with_commas_is_read_without_blanks()
    {
        DialAddressRangeError error = DialAddressRange.TryParseList(
            " , /ip4/1.1.1.1/tcp/1 ,\t/ip4/127.*.*.*/tcp/*,", out ImmutableArray<DialAddressRange> ranges, out int failed);
        Assert.That(error, Is.EqualTo(DialAddressRangeError.None));
        Assert.That(failed, Is.EqualTo(-1));
        Assert.That(ranges.Select(range => range.ToString()), Is.EqualTo(new[] { "/ip4/1.1.1.1/tcp/1", "/ip4/127.*.*.*/tcp/*" }));
        Assert.That(DialAddressRange.TryParseList("", out ranges, out _), Is.EqualTo(DialAddressRangeError.None));
        Assert.That(ranges, Is.Empty);
    }

    [Test]
    public void One_bad_item_fails_a_list_and_is_named()
    {
        string[] items = ["/ip4/1.1.1.1/tcp/1", ""];
        DialAddressRangeError error = DialAddressRange.TryParseList(items, out ImmutableArray<DialAddressRange> ranges, out int failed);
        Assert.That(error, Is.EqualTo(DialAddressRangeError.Empty));
        Assert.That(ranges, Is.Empty);
        Assert.That(failed, Is.EqualTo(1));

        error = DialAddressRange.TryParseList("/ip4/1.1.1.1/tcp/1,,x", out ranges, out failed);
        Assert.That(error, Is.EqualTo(DialAddressRangeError.NeitherAddressNorRange));
        Assert.That(ranges, Is.Empty);
        Assert.That(failed, Is.EqualTo(2));

        error = DialAddressRange.TryParseList([" /ip4/1.1.1.1/tcp/1"], out _, out failed);
        Assert.That(error, Is.EqualTo(DialAddressRangeError.NeitherAddressNorRange));
        Assert.That(failed, Is.Zero);
    }

    [Test]
    public void Ranges_are_equal_by_form_and_ends()
    {
        Assert.That(DialAddressRange.Parse("/ip4/127.0:255.*.*/tcp/*"), Is.EqualTo(DialAddressRange.Test));
        Assert.That(DialAddressRange.Parse("/ip4/127.0:255.*.*/tcp/*").GetHashCode(), Is.EqualTo(DialAddressRange.Test.GetHashCode()));
        Assert.That(DialAddressRange.Parse("/ip4/1.1.1.1/tcp/1"), Is.Not.EqualTo(DialAddressRange.Parse("/ip4/1.1.1.1:1/tcp/1")));
        Assert.That(
            DialAddressRange.Parse("/ip4/1.1.1.1/tcp/1"), Is.EqualTo(DialAddressRange.FromAddress(Multiaddr.Parse("/ip4/1.1.1.1/tcp/1"))));
    }

    private static void AssertContains(string range, string address, bool contained) =>
        Assert.That(DialAddressRange.Parse(range).Contains(Multiaddr.Parse(address)), Is.EqualTo(contained));
}
