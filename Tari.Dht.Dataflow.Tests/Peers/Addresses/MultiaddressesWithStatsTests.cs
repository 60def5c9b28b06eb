using System.Collections.Immutable;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using static Tari.Dht.Dataflow.Tests.Peers.Addresses.TestAddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

/// <summary>Scenarios 22 to 31, and what the vectors of <see cref="AddressVectorTests"/> can't express.</summary>
public sealed class MultiaddressesWithStatsTests
{
    private static readonly DateTimeOffset s_hourAgo = Now.AddHours(-1);

    [Test]
    public void Scenario_22_three_configured_addresses_stay_in_the_order_given()
    {
        MultiaddressesWithStats list = Configured(Address(3), Address(1), Address(2));
        Assert.That(Enumerable.Range(0, 3).Select(i => list[i].Address), Is.EqualTo(new[] { Address(3), Address(1), Address(2) }));
    }

    [Test]
    public void Scenario_23_ten_of_eleven_configured_addresses_are_kept_and_no_twelfth_is_taken()
    {
        Multiaddr[] addresses = [.. Enumerable.Range(1, 11).Select(Address)];
        MultiaddressesWithStats list = Configured(addresses);
        Assert.That(list.Order(), Is.EqualTo(addresses[..10]));

        Assert.That(list.TryUpdate(addresses[0], entry => entry.UpdateLatency(TimeSpan.Zero, Now).MarkAttempted(Now), out list), Is.True);
        Assert.That(list[0].QualityScore, Is.EqualTo(1000));

        MultiaddressesWithStats merged = list.AddOrUpdate([Address(12)], PeerAddressSource.Config, Now);
        Assert.That(merged.Order(), Is.EqualTo(addresses[..10]));
        Assert.That(merged.Best!.Address, Is.EqualTo(addresses[0]));
    }

    [Test]
    public void Scenario_24_the_list_was_seen_when_the_last_address_was_and_a_duplicate_adds_nothing()
    {
        MultiaddressesWithStats list = Claimed(s_hourAgo, Address(1), Address(2), Address(3));
        for (int i = 1; i <= 3; i++)
        {
            list = list.Seen(Address(i), Now.AddSeconds(i));
            Assert.That(list.LastSeen, Is.EqualTo(Now.AddSeconds(i)));
        }

        MultiaddressesWithStats original = Claimed(s_hourAgo, Address(1), Address(2), Address(3));
        Assert.That(
            original.AddOrUpdate([Address(2)], original[0].Source, Now).Order(), Is.EqualTo(new[] { Address(1), Address(2), Address(3) }));
    }

    [Test]
    public void Scenario_25_the_quickest_address_comes_first_until_it_fails()
    {
        MultiaddressesWithStats list = Claimed(s_hourAgo, Address(1), Address(2), Address(3));
        for (int i = 1; i <= 3; i++)
        {
            list = list.Seen(Address(i), Now);
        }

        list = list.WithLatency(Address(1), 250, Now).WithLatency(Address(2), 50, Now).WithLatency(Address(3), 100, Now);
        Assert.That(list.Best!.Address, Is.EqualTo(Address(2)));

        list = list.Failed(Address(2), "no route", Now);
        Assert.That(list.Best!.Address, Is.EqualTo(Address(3)));
    }

    [Test]
    public void Scenario_26_failures_are_counted_per_address_until_they_are_reset()
    {
        MultiaddressesWithStats list = Claimed(s_hourAgo, Address(1), Address(2), Address(3))
            .Failed(Address(1), "a", Now).Failed(Address(2), "b", Now).Failed(Address(3), "c", Now).Failed(Address(1), "d", Now);
        Assert.Multiple(() =>
        {
            Assert.That(Each(list, entry => entry.ConnectionAttempts), Is.EqualTo(new[] { 2u, 1u, 1u }));
            Assert.That(Each(list, entry => entry.LastFailedReason!), Is.EqualTo(new[] { "d", "b", "c" }));
            Assert.That(list.AllFailed, Is.True);
        });

        MultiaddressesWithStats reset = list.ResetConnectionAttempts();
        Assert.That(reset, Has.All.Matches<MultiaddrWithStats>(entry => entry is { ConnectionAttempts: 0, LastFailedReason: null }));

        static IEnumerable<T> Each<T>(MultiaddressesWithStats list, Func<MultiaddrWithStats, T> value) =>
            Enumerable.Range(1, 3).Select(i => value(list.Find(Address(i))!));
    }

    [Test]
    public void Scenario_27_a_newer_claim_replaces_an_older_one_lends_no_address_and_takes_statistics_over()
    {
        MultiaddressesWithStats first = Claimed(s_hourAgo, Address(1), Address(2));
        MultiaddressesWithStats second = Claimed(Now, Address(2), Address(3));
        Assert.That(first.Merge(second, Now).Order(), Is.EquivalentTo(new[] { Address(2), Address(3) }));

        MultiaddressesWithStats dialled = first.WithLatency(Address(1), 1000, Now).WithLatency(Address(2), 2000, Now);
        MultiaddressesWithStats merged = second.Merge(dialled, Now);
        Assert.That(merged.Order(), Is.EquivalentTo(new[] { Address(2), Address(3) }));
        Assert.That(merged.Find(Address(2))!.Latency.Mean, Is.EqualTo(TimeSpan.FromSeconds(2)));

        MultiaddressesWithStats configured = Configured(Address(1), Address(3))
            .WithLatency(Address(1), 4000, Now).WithLatency(Address(3), 3000, Now);
        merged = merged.Merge(configured, Now);
        Assert.That(
            merged.OrderBy(entry => entry.Address.Bytes[4]).Select(entry => entry.Latency.Mean!.Value.TotalSeconds),
            Is.EqualTo(new[] { 4.0, 2.0, 3.0 }));
    }

    [Test]
    public void Scenario_28_a_claim_leaves_configured_addresses_configured()
    {
        MultiaddressesWithStats merged = Configured(Address(1), Address(2)).Merge(Claimed(s_hourAgo, Address(1)), Now);
        Assert.That(merged, Has.Count.EqualTo(2));
        Assert.That(merged, Has.All.Matches<MultiaddrWithStats>(entry => entry.Source.IsConfig));
        Assert.That(merged.NewestClaim, Is.Null);
    }

    [Test]
    public void Scenario_29_a_configured_name_stays_configured_beside_claimed_addresses()
    {
        Multiaddr name = Multiaddr.Parse("/dns4/node.example.com/tcp/18189");
        MultiaddressesWithStats list = Configured(name).Merge(Claimed(s_hourAgo, Address(1)), Now);
        list = list.Merge(Claimed(Now, name, Address(1)), Now);
        Assert.Multiple(() =>
        {
            Assert.That(list, Has.Count.EqualTo(2));
            Assert.That(list.Find(name)!.Source.IsConfig, Is.True);
            Assert.That(list.Find(Address(1))!.Source.IsConfig, Is.False);
        });
    }

    [Test]
    public void Scenario_30_of_equal_scores_the_claimed_address_comes_before_the_configured_one_that_stood_first()
    {
        MultiaddressesWithStats list = MultiaddressesWithStats.FromEntries(
        [
            new MultiaddrWithStats(Address(1), PeerAddressSource.Config) { QualityScore = 900 },
            new MultiaddrWithStats(Address(2), PeerAddressSource.FromDiscovery(Claim(s_hourAgo, Address(2)))) { QualityScore = 900 },
        ]);
        Assert.That(list.Order(), Is.EqualTo(new[] { Address(1), Address(2) }));
        Assert.That(list.ResetConnectionAttempts().Order(), Is.EqualTo(new[] { Address(2), Address(1) }));
    }

    [Test]
    public void Scenario_31_what_others_say_of_an_address_never_clears_its_failure_but_a_dial_does()
    {
        MultiaddressesWithStats failed = Claimed(s_hourAgo, Address(1)).Failed(Address(1), "refused", Now);
        PeerIdentityClaim[] relayed = [Claim(Now.AddHours(-2), Address(1)), Claim(s_hourAgo, Address(1))];
        foreach (PeerIdentityClaim claim in relayed)
        {
            AssertFailed(failed.AddOrUpdate([Address(1)], PeerAddressSource.FromDiscovery(claim), Now).Find(Address(1))!);
        }

        PeerIdentityClaim newer = Claim(Now, Address(1));
        MultiaddrWithStats replaced = failed.AddOrUpdate([Address(1)], PeerAddressSource.FromDiscovery(newer), Now).Single();
        AssertFailed(replaced);
        Assert.That(replaced.Source.Claim, Is.SameAs(newer));

        MultiaddressesWithStats moved = failed.Merge(Claimed(Now, Address(2)), Now);
        Assert.That(moved.Order(), Is.EqualTo(new[] { Address(2) }));

        MultiaddrWithStats seen = failed.Merge(failed.Seen(Address(1), Now), Now).Single();
        Assert.That(seen.LastFailedReason, Is.Null);

        static void AssertFailed(MultiaddrWithStats entry) => Assert.Multiple(() =>
        {
            Assert.That(entry.LastFailedReason, Is.EqualTo("refused"));
            Assert.That(entry.ConnectionAttempts, Is.EqualTo(1));
            Assert.That(entry.LastAttempted, Is.EqualTo(Now));
            Assert.That(entry.QualityScore, Is.Zero);
        });
    }

    [Test]
    public void Two_claims_of_one_second_add_up_and_a_nanosecond_makes_one_newer()
    {
        MultiaddressesWithStats stored = Of(Claim(1_700_000_000, 0, Address(1)), Address(1));
        Assert.Multiple(() =>
        {
            Assert.That(stored.Merge(Of(Claim(1_700_000_000, 0, Address(2)), Address(2)), Now), Has.Count.EqualTo(2));
            Assert.That(stored.Merge(Of(Claim(1_700_000_000, 1, Address(2)), Address(2)), Now).Order(), Is.EqualTo(new[] { Address(2) }));
        });

        static MultiaddressesWithStats Of(PeerIdentityClaim claim, Multiaddr address) =>
            MultiaddressesWithStats.FromAddresses([address], PeerAddressSource.FromDiscovery(claim));
    }

    [Test]
    public void Merge_NewerClaim_KeepsConfiguredFirstAndTheIncomingOrderAmongTies()
    {
        MultiaddressesWithStats stored = Configured(Address(9), Address(8)).Merge(Claimed(s_hourAgo, Address(1), Address(2)), Now);
        MultiaddressesWithStats merged = stored.Merge(Claimed(Now, Address(3), Address(2), Address(4), Address(1)), Now);
        Assert.That(
            merged.Order(), Is.EqualTo(new[] { Address(3), Address(2), Address(4), Address(1), Address(9), Address(8) }));
    }

    [Test]
    public void Merge_NewerClaim_AConfiguredAddressThatOccursTwiceShrinksToItsLastEntry()
    {
        MultiaddressesWithStats stored = MultiaddressesWithStats.FromEntries(
        [
            new MultiaddrWithStats(Address(1), PeerAddressSource.Config) { ConnectionAttempts = 1 },
            new MultiaddrWithStats(Address(2), PeerAddressSource.FromDiscovery(Claim(s_hourAgo, Address(2)))),
            new MultiaddrWithStats(Address(1), PeerAddressSource.Config) { ConnectionAttempts = 2 },
        ]);
        MultiaddressesWithStats merged = stored.Merge(Claimed(Now, Address(3)), Now);
        Assert.That(merged.Order(), Is.EqualTo(new[] { Address(3), Address(1) }));
        Assert.That(merged[1].ConnectionAttempts, Is.EqualTo(2));
    }

    [Test]
    public void A_long_list_from_a_store_is_kept_whole_until_its_first_change()
    {
        ImmutableArray<MultiaddrWithStats> entries =
        [
            .. Enumerable.Range(1, 40)
                .Select(i => new MultiaddrWithStats(Address(i), PeerAddressSource.Config) { QualityScore = i * 7 % 40 }),
        ];
        MultiaddressesWithStats list = MultiaddressesWithStats.FromEntries(entries);
        Assert.That(list.Entries, Is.EqualTo(entries));
        Assert.That(
            list.ResetConnectionAttempts().Order(),
            Is.EqualTo(entries.OrderByDescending(entry => entry.QualityScore).Take(10).Select(entry => entry.Address)));
    }

    [Test]
    public void What_is_asked_of_an_absent_address_leaves_the_very_list()
    {
        MultiaddressesWithStats list = Configured(Address(1));
        Assert.Multiple(() =>
        {
            Assert.That(list.TryMarkSeen(Address(2), Now, out MultiaddressesWithStats updated), Is.False);
            Assert.That(updated, Is.SameAs(list));
            Assert.That(list.TryMarkFailed(Address(2), "x", Now, out updated), Is.False);
            Assert.That(updated, Is.SameAs(list));
            Assert.That(list.TryUpdateLatency(Address(2), TimeSpan.Zero, Now, out updated), Is.False);
            Assert.That(updated, Is.SameAs(list));
            Assert.That(list.TryUpdateInitialDialTime(Address(2), TimeSpan.Zero, Now, out updated), Is.False);
            Assert.That(updated, Is.SameAs(list));
            Assert.That(list.TryUpdate(Address(2), entry => entry, out updated), Is.False);
            Assert.That(updated, Is.SameAs(list));
            Assert.That(list.Find(Address(2)), Is.Null);
            Assert.That(list.Contains(Address(2)), Is.False);
            Assert.That(list.IndexOf(Address(2)), Is.EqualTo(-1));
        });
    }

    [Test]
    public void What_changes_nothing_leaves_the_very_list()
    {
        MultiaddressesWithStats list = Claimed(s_hourAgo, Address(1), Address(2)).Seen(Address(2), Now);
        MultiaddressesWithStats unsorted = MultiaddressesWithStats.FromEntries([list[1], list[0]]);
        Assert.Multiple(() =>
        {
            Assert.That(list.AddOrUpdate([Address(1), Address(2)], list[0].Source, Now), Is.SameAs(list));
            Assert.That(list.Merge(MultiaddressesWithStats.Empty, Now), Is.SameAs(list));
            Assert.That(list.ResetConnectionAttempts(), Is.SameAs(list));
            Assert.That(list.AddOrUpdate([Address(2)], list[0].Source, Now.AddSeconds(9)), Is.Not.SameAs(list), "the score fell");
            Assert.That(unsorted.ResetConnectionAttempts(), Is.Not.SameAs(unsorted));
            Assert.That(MultiaddressesWithStats.Empty.ResetConnectionAttempts(), Is.SameAs(MultiaddressesWithStats.Empty));
        });
    }

    [Test]
    public void A_list_is_offline_since_its_first_failure_only_if_all_of_it_failed()
    {
        MultiaddressesWithStats one = Configured(Address(1), Address(2)).Failed(Address(1), "x", Now.AddSeconds(5));
        MultiaddressesWithStats both = one.Failed(Address(2), "y", Now.AddSeconds(-5));
        Assert.Multiple(() =>
        {
            Assert.That(one.OfflineAt, Is.Null);
            Assert.That(both.OfflineAt, Is.EqualTo(Now.AddSeconds(-5)));
            Assert.That(both.LastAttempted, Is.EqualTo(Now.AddSeconds(5)));
            Assert.That(MultiaddressesWithStats.Empty.OfflineAt, Is.Null);
            Assert.That(MultiaddressesWithStats.Empty.AllFailed, Is.True);
            Assert.That(MultiaddressesWithStats.Empty.Best, Is.Null);
        });
    }

    [Test]
    public void A_list_reads_as_any_list()
    {
        MultiaddressesWithStats list = Configured(Address(1), Address(2));
        var walked = new List<MultiaddrWithStats>();
        foreach (MultiaddrWithStats entry in list)
        {
            walked.Add(entry);
        }

        Assert.Multiple(() =>
        {
            Assert.That(walked, Is.EqualTo(list.Entries));
            Assert.That(list.ToArray(), Is.EqualTo(list.Entries));
            Assert.That(list.Count, Is.EqualTo(2));
            Assert.That(list.IsEmpty, Is.False);
            Assert.That(list.ToString(), Is.EqualTo("/ip4/44.1.2.1/tcp/9000, /ip4/44.1.2.2/tcp/9000"));
            Assert.That(() => list[2], Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => list[-1], Throws.TypeOf<ArgumentOutOfRangeException>());
        });
    }

    [Test]
    public void Lists_are_equal_by_their_addresses_in_order()
    {
        MultiaddressesWithStats list = Configured(Address(1), Address(2));
        MultiaddressesWithStats claimed = Claimed(s_hourAgo, Address(1), Address(2));
        Assert.Multiple(() =>
        {
            Assert.That(list.Equals(claimed), Is.True);
            Assert.That(list.GetHashCode(), Is.EqualTo(claimed.GetHashCode()));
            Assert.That(list.Equals(Configured(Address(2), Address(1))), Is.False);
            Assert.That(list.Equals(Configured(Address(1))), Is.False);
            Assert.That(list.Equals(null), Is.False);
        });
    }

    [Test]
    public void An_entry_that_is_null_is_the_callers_mistake() =>
        Assert.That(() => MultiaddressesWithStats.FromEntries([null!]), Throws.ArgumentException);

    [Test]
    public void A_change_that_answers_another_address_is_the_callers_mistake()
    {
        MultiaddressesWithStats list = Configured(Address(1));
        Assert.Multiple(() =>
        {
            Assert.That(
                () => list.TryUpdate(Address(1), _ => new MultiaddrWithStats(Address(2), PeerAddressSource.Config), out _),
                Throws.TypeOf<ArgumentException>());
            Assert.That(() => list.TryUpdate(Address(1), _ => null!, out _), Throws.TypeOf<ArgumentException>());
        });
    }
}
