using System.Net;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Protocol;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

[TestFixture]
internal sealed class DialPolicyTests
{
    private const string Name = "/dns4/example.com/tcp/18189";
    private const string Name6 = "/dns6/example.com/tcp/18189";

    // Scenario 32.
    [TestCase("127.0.0.1:18189", DialRefusal.NotExternal)]
    [TestCase("10.1.2.3:18189", DialRefusal.NotExternal)]
    [TestCase("169.254.169.254:80", DialRefusal.NotExternal)]
    [TestCase("[::1]:18189", DialRefusal.NotExternal)]
    [TestCase("[::ffff:10.0.0.1]:18189", DialRefusal.NotExternal)]
    [TestCase("23.23.23.23:18189", DialRefusal.None)]
    public void A_name_that_leads_inside_is_refused_unless_that_is_allowed(string resolved, DialRefusal refusal)
    {
        Assert.That(Check(Name, resolved), Is.EqualTo(refusal));
        Assert.That(Check(Name, resolved, allowInternal: true), Is.EqualTo(DialRefusal.None));
    }

    [TestCase("/dns/example.com/tcp/1")]
    [TestCase(Name6)]
    [TestCase("/dnsaddr/example.com/tcp/1")]
    public void Every_kind_of_name_is_checked(string dialled) =>
        Assert.That(Check(dialled, "10.0.0.1:1"), Is.EqualTo(DialRefusal.NotExternal));

    // Scenario 33.
    [TestCase("/ip4/23.23.*.*/tcp/*", "23.23.23.23:18189", DialRefusal.Excluded)]
    [TestCase("/ip4/23.23.23.23/tcp/18189", "23.23.23.23:18189", DialRefusal.Excluded)]
    [TestCase("/ip4/23.23.*.*/tcp/*", "[::ffff:23.23.23.23]:18189", DialRefusal.Excluded)]
    [TestCase("/ip4/24.*.*.*/tcp/*", "23.23.23.23:18189", DialRefusal.None)]
    [TestCase("/ip4/23.23.23.23/tcp/18188", "23.23.23.23:18189", DialRefusal.None)]
    public void A_name_that_leads_into_an_excluded_range_is_refused_in_any_case(string range, string resolved, DialRefusal refusal)
    {
        Assert.That(Check(Name, resolved, excluded: range), Is.EqualTo(refusal));
        Assert.That(Check(Name, resolved, allowInternal: true, excluded: range), Is.EqualTo(refusal));
    }

    // Scenario 34.
    [TestCase(null)]
    [TestCase(Name6)]
    public void An_address_that_a_translator_turns_into_ip4_is_judged_by_that(string? dialled)
    {
        DialRefusal Judge(string ip, bool allowInternal = false, string? excluded = null) =>
            Check(dialled ?? $"/ip6/{ip}/tcp/18189", $"[{ip}]:18189", allowInternal, excluded);

        Assert.That(Judge("64:ff9b::7f00:1"), Is.EqualTo(DialRefusal.NotExternal));
        Assert.That(Judge("64:ff9b::7f00:1", allowInternal: true), Is.EqualTo(DialRefusal.None));
        Assert.That(Judge("64:ff9b::1717:1717"), Is.EqualTo(DialRefusal.None));
        Assert.That(Judge("64:ff9b::1717:1717", excluded: "/ip4/23.23.*.*/tcp/*"), Is.EqualTo(DialRefusal.Excluded));
        Assert.That(Judge("64:ff9b::1717:1717", allowInternal: true, excluded: "/ip4/23.23.*.*/tcp/*"), Is.EqualTo(DialRefusal.Excluded));
        Assert.That(Judge("64:ff9b:1::1717:1717"), Is.EqualTo(DialRefusal.NotExternal));
        Assert.That(Judge("64:ff9b:1::1717:1717", allowInternal: true), Is.EqualTo(DialRefusal.None));
        Assert.That(Judge("64:ff9b:2::1717:1717"), Is.EqualTo(DialRefusal.None));
    }

    // Scenario 34.
    [TestCase("/ip6/::1/tcp/1", "[::1]:1")]
    [TestCase("/ip4/127.0.0.1/tcp/1", "127.0.0.1:1")]
    public void A_literal_address_is_not_checked(string dialled, string resolved)
    {
        Assert.That(Check(dialled, resolved), Is.EqualTo(DialRefusal.None));
        Assert.That(Check(dialled, resolved, excluded: dialled), Is.EqualTo(DialRefusal.None));
    }

    [Test]
    public void An_address_from_the_configuration_may_be_internal()
    {
        var policy = new DialPolicy();
        DialPolicy forConfig = policy.For(PeerAddressSource.Config);
        Assert.That(forConfig.AllowInternal);
        Assert.That(forConfig.Check(Multiaddr.Parse(Name), IPEndPoint.Parse("172.17.0.2:1")), Is.EqualTo(DialRefusal.None));
        Assert.That(policy.AllowInternal, Is.False);
    }

    [Test]
    public void Policies_are_equal_by_their_ranges_in_order()
    {
        DialPolicy Policy(params DialAddressRange[] ranges) => new() { ExcludedRanges = [.. ranges] };
        DialAddressRange other = DialAddressRange.Parse("/ip4/24.*.*.*/tcp/*");
        DialPolicy policy = Policy(DialAddressRange.Test, other);
        Assert.Multiple(() =>
        {
            Assert.That(policy, Is.EqualTo(Policy(DialAddressRange.Parse("/ip4/127.*.*.*/tcp/*"), other)));
            Assert.That(policy.GetHashCode(), Is.EqualTo(Policy(DialAddressRange.Test, other).GetHashCode()));
            Assert.That(policy, Is.Not.EqualTo(Policy(other, DialAddressRange.Test)));
            Assert.That(policy, Is.Not.EqualTo(policy with { AllowInternal = true }));
            Assert.That(new DialPolicy(), Is.EqualTo(new DialPolicy { ExcludedRanges = default }));
        });
    }

    [Test]
    public void A_policy_with_a_range_that_is_null_is_the_callers_mistake() =>
        Assert.That(() => new DialPolicy { ExcludedRanges = [null!] }, Throws.ArgumentException);

    [Test]
    public void Check_allocates_nothing()
    {
        var policy = new DialPolicy { ExcludedRanges = [DialAddressRange.Parse("/ip4/24.*.*.*/tcp/*"), DialAddressRange.Test] };
        Multiaddr dialled = Multiaddr.Parse(Name);
        IPEndPoint resolved = IPEndPoint.Parse("[64:ff9b::1717:1717]:18189");
        Assert.That(AllocationProbe.BytesOf(() => policy.Check(dialled, resolved)), Is.Zero);
    }

    private static DialRefusal Check(string dialled, string resolved, bool allowInternal = false, string? excluded = null)
    {
        var policy = new DialPolicy
        {
            AllowInternal = allowInternal,
            ExcludedRanges = excluded is null ? default : [DialAddressRange.Parse(excluded)],
        };
        return policy.Check(Multiaddr.Parse(dialled), IPEndPoint.Parse(resolved));
    }
}
