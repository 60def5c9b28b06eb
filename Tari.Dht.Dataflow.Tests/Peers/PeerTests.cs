using System.Collections.Immutable;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Peers.Addresses;
using Tari.Dht.Dataflow.Tests.Support;
using static Tari.Dht.Dataflow.Tests.Peers.Addresses.TestAddresses;

namespace Tari.Dht.Dataflow.Tests.Peers;

/// <summary>Scenarios 12, 14 and 15, and the values that are derived from a record.</summary>
public sealed class PeerTests
{
    private const string Key = "02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031";

    private static readonly Peer s_peer = new(CommsPublicKey.FromHex(Key));

    [Test]
    public void Scenario_12_a_new_peer_is_not_banned_the_longest_ban_holds_and_one_of_no_length_does_not()
    {
        // 2^64 - 1 milliseconds; a span ends before.
        Peer banned = s_peer.BanFor(TimeSpan.MaxValue, "spam", Now);
        Peer unbanned = banned.BanFor(TimeSpan.Zero, "", Now);
        Assert.Multiple(() =>
        {
            Assert.That(s_peer.IsBanned(Now), Is.False);
            Assert.That(banned.IsBanned(Now), Is.True);
            Assert.That(banned.BannedReason, Is.EqualTo("spam"));
            Assert.That(PeerTimes.IsPermanent(banned.BannedUntil!.Value), Is.True);
            Assert.That(unbanned.IsBanned(Now), Is.False);
            Assert.That(unbanned.BannedUntilIfActive(Now), Is.Null);
            Assert.That(unbanned.BannedUntil, Is.EqualTo(Now));
        });
    }

    [Test]
    public void A_ban_ends_at_its_end_and_stays_on_record()
    {
        Peer banned = s_peer.BanFor(TimeSpan.FromHours(2), "why", Now);
        DateTimeOffset end = Now.AddHours(2);
        Assert.Multiple(() =>
        {
            Assert.That(banned.BannedUntilIfActive(end.AddTicks(-1)), Is.EqualTo(end));
            Assert.That(banned.IsBanned(end), Is.False);
            Assert.That(banned.BannedUntil, Is.EqualTo(end));
            Assert.That(banned.BanFor(TimeSpan.FromHours(1), "less", Now).BannedUntil, Is.EqualTo(Now.AddHours(1)));
            Assert.That(banned.Unban().BannedUntil, Is.Null);
            Assert.That(banned.Unban().BannedReason, Is.Empty);
            Assert.That(() => s_peer.BanFor(TimeSpan.FromTicks(-1), "", Now), Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(() => s_peer.BanFor(TimeSpan.Zero, null!, Now), Throws.TypeOf<ArgumentNullException>());
        });
    }

    [Test]
    public void Scenario_14_the_protocols_that_come_in_replace_those_stored_unless_there_are_none()
    {
        ProtocolId old = new("old"u8);
        ProtocolId message = new("msg"u8);
        ProtocolId added = new("new"u8);
        Peer stored = s_peer with { SupportedProtocols = [old, message] };
        Assert.Multiple(() =>
        {
            Assert.That(
                stored.Merge(s_peer with { SupportedProtocols = [message, added] }, Now).SupportedProtocols,
                Is.EqualTo(new[] { message, added }));
            Assert.That(stored.Merge(s_peer, Now).SupportedProtocols, Is.EqualTo(new[] { old, message }));
        });
    }

    [Test]
    public void Scenario_15_an_address_that_was_configured_stays_so_when_a_newer_claim_has_it()
    {
        Multiaddr name = Multiaddr.Parse("/dns4/node.example.com/tcp/18189");
        Peer stored = s_peer with { Addresses = Claimed(Now.AddHours(-1), name, Address(1)) };

        Peer configured = stored.UpdateAddresses([name], PeerAddressSource.Config, Now);
        AssertSources(configured);

        Peer merged = configured.Merge(s_peer with { Addresses = Claimed(Now, name, Address(1)) }, Now);
        AssertSources(merged);
        Assert.That(merged.Addresses.NewestClaim!.Signature.UpdatedAt, Is.EqualTo(Now.ToUnixTimeSeconds()));

        void AssertSources(Peer peer)
        {
            Assert.That(peer.Addresses, Has.Count.EqualTo(2));
            Assert.That(peer.Addresses.Find(name)!.Source.IsConfig, Is.True);
            Assert.That(peer.Addresses.Find(Address(1))!.Source.IsConfig, Is.False);
        }
    }

    [Test]
    public void Merge_takes_over_field_by_field()
    {
        Peer stored = s_peer with
        {
            Id = 7,
            Flags = PeerFlags.Seed,
            BannedUntil = Now.AddHours(2),
            BannedReason = "stored",
            UserAgent = "stored/1",
            AddedAt = Now.AddDays(-2),
            DeletedAt = Now.AddDays(-1),
        };
        stored = stored.WithMetadata(1, [1, 2], out _);
        Peer incoming = new(s_peer.PublicKey, PeerFeatures.CommunicationClient)
        {
            Id = 9,
            BannedUntil = Now.AddHours(1),
            AddedAt = Now,
        };

        Peer merged = stored.Merge(incoming, Now);
        Assert.Multiple(() =>
        {
            Assert.That(merged.Id, Is.EqualTo(7));
            Assert.That(merged.BannedUntil, Is.EqualTo(Now.AddHours(2)));
            Assert.That(merged.BannedReason, Is.EqualTo("stored"));
            Assert.That(merged.UserAgent, Is.EqualTo("stored/1"));
            Assert.That(merged.AddedAt, Is.EqualTo(Now.AddDays(-2)));
            Assert.That(merged.DeletedAt, Is.EqualTo(Now.AddDays(-1)));
            Assert.That(merged.Metadata, Is.Empty);
            Assert.That(merged.Features, Is.EqualTo(PeerFeatures.CommunicationClient));
            Assert.That(merged.IsSeed, Is.False);
        });

        incoming = incoming with
        {
            BannedUntil = Now.AddHours(3), BannedReason = "new", UserAgent = "new/2", AddedAt = null, DeletedAt = Now,
        };
        Peer other = stored.Merge(incoming, Now);
        Assert.Multiple(() =>
        {
            Assert.That(other.BannedUntil, Is.EqualTo(Now.AddHours(3)));
            Assert.That(other.BannedReason, Is.EqualTo("new"));
            Assert.That(other.UserAgent, Is.EqualTo("new/2"));
            Assert.That(other.AddedAt, Is.EqualTo(Now.AddDays(-2)));
            Assert.That(other.DeletedAt, Is.EqualTo(Now.AddDays(-1)));
            Assert.That(s_peer.Merge(incoming with { AddedAt = Now }, Now).AddedAt, Is.EqualTo(Now));
            Assert.That((stored with { BannedUntil = null }).Merge(incoming, Now).BannedUntil, Is.EqualTo(Now.AddHours(3)));
        });
    }

    [Test]
    public void Merge_of_another_node_id_is_the_callers_mistake_and_of_another_key_under_the_same_id_is_not()
    {
        var key = new CommsPublicKey(new byte[32]);
        Assert.That(() => s_peer.Merge(new Peer(key), Now), Throws.ArgumentException);
        Assert.That(s_peer.Merge(new Peer(key) { NodeId = s_peer.NodeId }, Now).PublicKey, Is.EqualTo(s_peer.PublicKey));
    }

    [Test]
    public void Flags_add_up_features_do_not_and_metadata_answers_what_was_there()
    {
        Peer peer = s_peer.WithFlags(PeerFlags.Seed).WithFlags(PeerFlags.None).WithFeatures(PeerFeatures.CommunicationClient);
        byte[] data = [1, 2];
        Peer noted = peer.WithMetadata(5, data, out ReadOnlyMemory<byte>? none);
        data[0] = 9;
        Peer again = noted.WithMetadata(5, [], out ReadOnlyMemory<byte>? before);
        _ = again.WithMetadata(5, [3], out ReadOnlyMemory<byte>? empty);
        Assert.Multiple(() =>
        {
            Assert.That(peer.Flags, Is.EqualTo(PeerFlags.Seed));
            Assert.That(peer.Features, Is.EqualTo(PeerFeatures.CommunicationClient));
            Assert.That(none, Is.Null);
            Assert.That(before!.Value.ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
            Assert.That(empty!.Value.IsEmpty, Is.True);
            Assert.That(peer.Metadata, Is.Empty);
        });
    }

    [Test]
    public void Notes_set_by_an_initializer_are_copied_so_that_nobody_changes_them_afterwards()
    {
        byte[] data = [1, 2];
        var reversed = Comparer<byte>.Create((left, right) => right.CompareTo(left));
        Peer peer = s_peer with
        {
            Metadata = ImmutableSortedDictionary.Create<byte, ReadOnlyMemory<byte>>(reversed).Add(1, data).Add(2, default),
        };
        Peer merged = s_peer.Merge(peer, Now);
        data[0] = 9;
        Assert.Multiple(() =>
        {
            Assert.That(peer.Metadata[1].ToArray(), Is.EqualTo(new byte[] { 1, 2 }));
            Assert.That(peer.Metadata.Keys, Is.EqualTo(new byte[] { 1, 2 }), "in the order of the numbers");
            Assert.That(merged.Metadata, Is.SameAs(peer.Metadata), "a merge copies nothing");
        });
    }

    [Test]
    public void A_peer_is_offline_only_when_all_its_addresses_failed_and_since_the_first_of_them()
    {
        Peer peer = s_peer with { Addresses = Configured(Address(1), Address(2)).Failed(Address(1), "x", Now.AddSeconds(-10)) };
        Peer offline = peer with { Addresses = peer.Addresses.Failed(Address(2), "y", Now.AddSeconds(-4.5)) };
        Assert.Multiple(() =>
        {
            Assert.That(s_peer.IsOffline, Is.False);
            Assert.That(s_peer.AllAddressesFailed, Is.True);
            Assert.That(peer.IsOffline, Is.False);
            Assert.That(peer.AllAddressesFailed, Is.False);
            Assert.That(peer.OfflineSince(Now), Is.Null);
            Assert.That(offline.IsOffline, Is.True);
            Assert.That(offline.AllAddressesFailed, Is.True);
            Assert.That(offline.OfflineAt, Is.EqualTo(Now.AddSeconds(-10)));
            Assert.That(offline.OfflineSince(Now.AddSeconds(0.9)), Is.EqualTo(TimeSpan.FromSeconds(10)));
            Assert.That(offline.OfflineSince(Now.AddSeconds(-30)), Is.EqualTo(TimeSpan.Zero));
            Assert.That(offline.LastConnectAttempt, Is.EqualTo(Now.AddSeconds(-4.5)));
        });
    }

    [Test]
    public void A_last_success_ahead_of_the_clock_has_no_age()
    {
        Peer peer = s_peer with { Addresses = Configured(Address(1)).Seen(Address(1), Now) };
        Assert.Multiple(() =>
        {
            Assert.That(s_peer.LastSeen, Is.Null);
            Assert.That(s_peer.LastSeenSince(Now), Is.Null);
            Assert.That(peer.LastSeen, Is.EqualTo(Now));
            Assert.That(peer.LastSeenSince(Now), Is.EqualTo(TimeSpan.Zero));
            Assert.That(peer.LastSeenSince(Now.AddSeconds(2.5)), Is.EqualTo(TimeSpan.FromSeconds(2.5)));
            Assert.That(peer.LastSeenSince(Now.AddTicks(-1)), Is.Null);
        });
    }

    [Test]
    public void The_address_used_last_is_the_last_one_of_those_dialled_last_or_of_all()
    {
        MultiaddressesWithStats untried = Configured(Address(1), Address(2), Address(3));
        MultiaddressesWithStats tied = MultiaddressesWithStats.FromEntries(
        [
            untried[0] with { LastAttempted = Now },
            untried[1] with { LastAttempted = Now },
            untried[2] with { LastAttempted = Now.AddTicks(-1) },
        ]);
        Assert.Multiple(() =>
        {
            Assert.That(s_peer.LastAddressUsed, Is.Null);
            Assert.That((s_peer with { Addresses = untried }).LastAddressUsed, Is.EqualTo(Address(3)));
            Assert.That((s_peer with { Addresses = tied }).LastAddressUsed, Is.EqualTo(Address(2)));
        });
    }

    [Test]
    public void A_peer_that_was_not_stored_can_be_shown()
    {
        Assert.That(
            s_peer.ToString(),
            Is.EqualTo($"[c1a7552e5d9e9b25] PK={Key} () - . Type: BASE_NODE. User agent: <unknown>."));
        Assert.That(s_peer.ToShortString(), Is.EqualTo(Key + "::"));
    }

    [Test]
    public void ToString_gives_flags_addresses_status_type_and_user_agent_in_local_time()
    {
        var clock = new ZonedTime(Now.AddMinutes(1), TimeSpan.FromHours(2));
        Peer peer = new Peer(s_peer.PublicKey, PeerFeatures.CommunicationClient)
        {
            Flags = PeerFlags.Seed,
            UserAgent = "tari/1\n",
            Addresses = Configured(Address(1), Address(2)).Failed(Address(1), "x", Now).Failed(Address(2), "x", Now),
        };
        const string Addresses = "/ip4/44.1.2.1/tcp/9000, /ip4/44.1.2.2/tcp/9000";
        const string Start = $"PeerFlags(SEED)[c1a7552e5d9e9b25] PK={Key} ({Addresses}) - Offline since: 2030-01-01 14:00:00";
        const string End = ". Type: WALLET. User agent: tari/1.";
        Assert.Multiple(() =>
        {
            Assert.That(peer.ToString(clock), Is.EqualTo(Start + End));
            Assert.That(
                peer.BanFor(TimeSpan.FromHours(1), "spam\u202E", Now).ToString(clock),
                Is.EqualTo(Start + ". Banned until: 2030-01-01 15:00:00. Reason: spam" + End));
            Assert.That(
                peer.BanFor(TimeSpan.MaxValue, "spam", Now).ToString(clock),
                Is.EqualTo(Start + ". Banned permanently. Reason: spam" + End));
            Assert.That(peer.BanFor(TimeSpan.FromSeconds(60), "spam", Now).ToString(clock), Is.EqualTo(Start + End), "an ended ban");
            Assert.That(
                peer.BanFor(TimeSpan.FromHours(1), "", Now).ToString(clock),
                Is.EqualTo(Start + ". Banned until: 2030-01-01 15:00:00" + End));
            Assert.That(peer.ToShortString(), Is.EqualTo($"{Key}::{Addresses}"));
        });
    }

    [Test]
    public void ToString_stays_one_line_whatever_the_addresses_hold()
    {
        Peer peer = s_peer with { Addresses = Configured(Multiaddr.FromDns4("a\nFAKE LOG\u202E", 1), Address(1)) };
        Assert.That(peer.ToString(), Does.Contain(" (/dns4/aFAKE LOG/tcp/1, /ip4/44.1.2.1/tcp/9000) - "));
    }

    [TestCase(PeerFeatures.MessagePropagation, "PeerFeatures(MESSAGE_PROPAGATION)")]
    [TestCase(PeerFeatures.DhtStoreForward, "PeerFeatures(DHT_STORE_FORWARD)")]
    [TestCase((PeerFeatures)12, "PeerFeatures(0xc)")]
    public void ToString_names_features_of_neither_node_nor_client(PeerFeatures features, string expected) =>
        Assert.That(s_peer.WithFeatures(features).ToString(), Does.Contain($"Type: {expected}."));

    [Test]
    public void A_time_near_the_end_of_the_calendar_can_be_shown_in_any_zone()
    {
        Peer peer = s_peer with { BannedUntil = PeerTimes.Forever.AddTicks(-1) };
        Assert.That(
            peer.ToString(new ZonedTime(Now, TimeSpan.FromHours(14))), Does.Contain("Banned until: 9999-12-31 23:59:59"));
    }

    [Test]
    public void Equality_and_hash_are_those_of_the_public_key()
    {
        Peer other = s_peer with { UserAgent = "other", Id = 5 };
        Assert.Multiple(() =>
        {
            Assert.That(other, Is.EqualTo(s_peer));
            Assert.That(other.GetHashCode(), Is.EqualTo(s_peer.GetHashCode()));
            Assert.That(other, Is.Not.EqualTo(new Peer(new CommsPublicKey(new byte[32]))));
        });
    }

    [Test]
    public void A_record_without_a_text_a_list_or_notes_is_the_callers_mistake()
    {
        Assert.Multiple(() =>
        {
            Assert.That(() => s_peer with { BannedReason = null! }, Throws.TypeOf<ArgumentNullException>());
            Assert.That(() => s_peer with { UserAgent = null! }, Throws.TypeOf<ArgumentNullException>());
            Assert.That(() => s_peer with { Addresses = null! }, Throws.TypeOf<ArgumentNullException>());
            Assert.That(() => s_peer with { Metadata = null! }, Throws.TypeOf<ArgumentNullException>());
            Assert.That((s_peer with { SupportedProtocols = default }).SupportedProtocols, Is.Empty);
            Assert.That(s_peer.SupportedProtocols, Is.Empty);
        });
    }

    [Test]
    public void Times_are_kept_in_UTC()
    {
        var local = new DateTimeOffset(2030, 1, 1, 14, 0, 0, TimeSpan.FromHours(2));
        Peer peer = s_peer with { AddedAt = local, BannedUntil = local, DeletedAt = local };
        Assert.Multiple(() =>
        {
            Assert.That(peer.AddedAt!.Value.UtcDateTime, Is.EqualTo(Now.UtcDateTime));
            Assert.That(peer.AddedAt!.Value.Offset, Is.EqualTo(TimeSpan.Zero));
            Assert.That(peer.BannedUntil, Is.EqualTo(Now));
            Assert.That(peer.IsDeleted, Is.True);
            Assert.That((peer with { DeletedAt = null }).IsDeleted, Is.False);
        });
    }

    private sealed class ZonedTime(DateTimeOffset now, TimeSpan offset) : TimeProvider
    {
        public override TimeZoneInfo LocalTimeZone { get; } = TimeZoneInfo.CreateCustomTimeZone("test", offset, "test", "test");

        public override DateTimeOffset GetUtcNow() => now;
    }
}
