using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Peers.Addresses;

[Category(VectorFile.Category)]
public sealed class AddressVectorTests
{
    private const string FileName = "addresses.json";

    [Test]
    public void All_kinds_of_cases_are_read() => VectorFile.AssertKinds(FileName, "score", "entry", "list");

    [TestCaseSource(nameof(Cases), new object[] { "score" })]
    public void A_score_is_the_references(JsonElement vector)
    {
        var reader = new Reader(vector, "entry", "expected");
        JsonElement expected = vector.GetProperty("expected");
        AssertMembers(expected, "quality_score");
        MultiaddrWithStats entry = reader.Entry(vector.GetProperty("entry"));

        Assert.That(entry.Rescore(reader.Now).QualityScore, Is.EqualTo(expected.Optional("quality_score")?.GetInt32()));
    }

    [TestCaseSource(nameof(Cases), new object[] { "entry" })]
    public void An_entry_changes_as_the_references_does(JsonElement vector)
    {
        var reader = new Reader(vector, "entry", "do", "expected");
        JsonElement expected = vector.GetProperty("expected");
        AssertMembers(expected, "after_each", "offline_at", "has_dial_results", "is_external");
        MultiaddrWithStats entry = reader.Entry(vector.GetProperty("entry"));
        JsonElement[] steps = [.. vector.GetProperty("do").EnumerateArray()];
        JsonElement[] after = [.. expected.GetProperty("after_each").EnumerateArray()];
        Assert.That(after, Has.Length.EqualTo(steps.Length));
        for (int i = 0; i < steps.Length; i++)
        {
            entry = reader.Apply(steps[i], entry);
            reader.AssertEntry(after[i], entry, $"after {i}, {steps[i]}");
        }

        Assert.Multiple(() =>
        {
            Assert.That(entry.OfflineAt, Is.EqualTo(reader.Time(expected.Optional("offline_at"))));
            Assert.That(entry.HasDialResults, Is.EqualTo(expected.GetProperty("has_dial_results").GetBoolean()));
            Assert.That(entry.Address.IsExternal(), Is.EqualTo(expected.GetProperty("is_external").GetBoolean()));
        });
    }

    [TestCaseSource(nameof(Cases), new object[] { "list" })]
    public void A_list_changes_as_the_references_does(JsonElement vector)
    {
        var reader = new Reader(vector, "ops", "expected");
        JsonElement expected = vector.GetProperty("expected");
        AssertMembers(expected, "steps", "lists", "ties_in_any_order");
        bool anyOrder = expected.Optional("ties_in_any_order")?.GetBoolean() ?? false;
        var lists = new Dictionary<string, MultiaddressesWithStats>();
        JsonElement[] operations = [.. vector.GetProperty("ops").EnumerateArray()];
        JsonElement[] steps = [.. expected.GetProperty("steps").EnumerateArray()];
        Assert.That(steps, Has.Length.EqualTo(operations.Length));
        for (int i = 0; i < operations.Length; i++)
        {
            bool? returned = reader.Apply(operations[i], lists);
            AssertMembers(steps[i], "order", "scores", "returned");
            MultiaddrWithStats[] entries = reader.Ordered(lists[operations[i].Text("list")], anyOrder);
            string what = $"after {i}, {operations[i]}";
            Assert.Multiple(() =>
            {
                Assert.That(entries.Select(reader.Name), Is.EqualTo(Texts(steps[i].GetProperty("order"))), "order " + what);
                Assert.That(
                    entries.Select(entry => entry.QualityScore),
                    Is.EqualTo(steps[i].GetProperty("scores").EnumerateArray().Select(Score)),
                    "scores " + what);
                Assert.That(returned, Is.EqualTo(steps[i].Optional("returned")?.GetBoolean()), "answer " + what);
            });
        }

        JsonProperty[] expectedLists = [.. expected.GetProperty("lists").EnumerateObject()];
        Assert.That(lists.Keys, Is.EquivalentTo(expectedLists.Select(property => property.Name)));
        foreach (JsonProperty property in expectedLists)
        {
            reader.AssertList(property.Value, lists[property.Name], anyOrder, property.Name);
        }

        static int? Score(JsonElement score) => score.ValueKind == JsonValueKind.Null ? null : score.GetInt32();
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);

    private static IEnumerable<string> Texts(JsonElement array) => array.EnumerateArray().Select(text => text.GetString()!);

    private static void AssertMembers(JsonElement value, params string[] known) =>
        Assert.That(value.EnumerateObject().Select(member => member.Name), Is.SubsetOf(known), value.ToString());

    /// <summary>The names and the clock of a case.</summary>
    private sealed class Reader
    {
        private readonly Dictionary<string, Multiaddr> _addresses = [];
        private readonly Dictionary<string, PeerIdentityClaim> _claims = [];

        public Reader(JsonElement vector, params string[] members)
        {
            AssertMembers(vector, ["kind", "name", "now", "addresses", "claims", .. members]);
            Now = DateTimeOffset.FromUnixTimeSeconds(vector.GetProperty("now").GetInt64());
            foreach (JsonProperty address in vector.GetProperty("addresses").EnumerateObject())
            {
                _addresses.Add(address.Name, Multiaddr.FromBytes(Convert.FromHexString(address.Value.GetString()!)));
            }

            if (vector.Optional("claims") is { } claims)
            {
                foreach (JsonProperty claim in claims.EnumerateObject())
                {
                    AssertMembers(claim.Value, "updated_at", "addresses");
                    _claims.Add(
                        claim.Name,
                        TestAddresses.Claim(Time(claim.Value.GetProperty("updated_at"))!.Value, Addresses(claim.Value)));
                }
            }
        }

        public DateTimeOffset Now { get; }

        public string Name(MultiaddrWithStats entry) =>
            entry.Address.IsEmpty ? "" : _addresses.Single(pair => pair.Value == entry.Address).Key;

        public DateTimeOffset? Time(JsonElement? value) => value switch
        {
            null => null,
            { ValueKind: JsonValueKind.String } text when text.GetString() == "now" => Now,
            { ValueKind: JsonValueKind.Number } number => Now.AddTicks(number.GetInt64() * TimeSpan.TicksPerMillisecond),
            _ => throw new InvalidDataException($"'{value}' is no time."),
        };

        public MultiaddrWithStats Entry(JsonElement value)
        {
            AssertEntryMembers(value);
            return new MultiaddrWithStats(Address(value), Source(value.Optional("source")))
            {
                LastSeen = Time(value.Optional("last_seen")),
                LastAttempted = Time(value.Optional("last_attempted")),
                ConnectionAttempts = value.Optional("connection_attempts")?.GetUInt32() ?? 0,
                LastFailedReason = value.OptionalText("last_failed_reason"),
                InitialDialTime = Mean(value, "avg_initial_dial_time_ns", "initial_dial_time_sample_count"),
                Latency = Mean(value, "avg_latency_ns", "latency_sample_count"),
                QualityScore = value.Optional("quality_score")?.GetInt32(),
            };
        }

        public void AssertEntry(JsonElement expected, MultiaddrWithStats actual, string what)
        {
            MultiaddrWithStats entry = Entry(expected);
            Assert.Multiple(() =>
            {
                Assert.That(Name(actual), Is.EqualTo(expected.Text("address")), "address " + what);
                Assert.That(actual.Source.Kind, Is.EqualTo(entry.Source.Kind), "kind of source " + what);
                Assert.That(actual.Source.Claim, Is.SameAs(entry.Source.Claim), "claim " + what);
                Assert.That(actual.LastSeen, Is.EqualTo(entry.LastSeen), "last seen " + what);
                Assert.That(actual.LastAttempted, Is.EqualTo(entry.LastAttempted), "last attempted " + what);
                Assert.That(actual.ConnectionAttempts, Is.EqualTo(entry.ConnectionAttempts), "attempts " + what);
                Assert.That(actual.LastFailedReason, Is.EqualTo(entry.LastFailedReason), "reason " + what);
                Assert.That(actual.InitialDialTime, Is.EqualTo(entry.InitialDialTime), "dial time " + what);
                Assert.That(actual.Latency, Is.EqualTo(entry.Latency), "latency " + what);
                Assert.That(actual.QualityScore, Is.EqualTo(entry.QualityScore), "score " + what);
            });
        }

        public MultiaddrWithStats Apply(JsonElement operation, MultiaddrWithStats entry)
        {
            if (operation.ValueKind == JsonValueKind.String)
            {
                return operation.GetString() switch
                {
                    "mark_last_seen_now" => entry.MarkSeen(Now),
                    "mark_last_attempted_now" => entry.MarkAttempted(Now),
                    "reset_connection_attempts" => entry.ResetConnectionAttempts(),
                    _ => throw new InvalidDataException($"Unknown operation {operation}."),
                };
            }

            JsonProperty member = operation.EnumerateObject().Single();
            return member.Name switch
            {
                "mark_failed_connection_attempt" => entry.MarkFailed(member.Value.GetString()!, Now),
                "update_latency_ns" => entry.UpdateLatency(Nanoseconds(member.Value), Now),
                "update_initial_dial_time_ns" => entry.UpdateInitialDialTime(Nanoseconds(member.Value), Now),
                "merge" => entry.Merge(Entry(member.Value), Now),
                "update_source_if_better" => entry.UpdateSource(Source(member.Value), Now),
                _ => throw new InvalidDataException($"Unknown operation {operation}."),
            };
        }

        public bool? Apply(JsonElement operation, Dictionary<string, MultiaddressesWithStats> lists)
        {
            string name = operation.Text("list");
            MultiaddressesWithStats list = lists.GetValueOrDefault(name, MultiaddressesWithStats.Empty);
            MultiaddressesWithStats updated;
            bool? returned = null;
            string kind = operation.Text("op");
            string[] members = kind switch
            {
                "from_addresses" or "add_or_update_addresses" => ["addresses", "source"],
                "from_entries" => ["entries"],
                "copy" or "merge" => ["from"],
                "mark_last_seen_now" => ["address"],
                "mark_failed_connection_attempt" => ["address", "reason"],
                "update_latency" => ["address", "ns"],
                "mark_all_addresses_as_last_seen_now_with_latency" => ["addresses", "ns"],
                "update_address_stats" => ["address", "do"],
                "reset_connection_attempts" => [],
                _ => throw new InvalidDataException($"Unknown operation {kind}."),
            };
            AssertMembers(operation, ["op", "list", .. members]);
            switch (kind)
            {
                case "from_addresses":
                    updated = MultiaddressesWithStats.FromAddresses(Addresses(operation), Source(operation.GetProperty("source")));
                    break;
                case "from_entries":
                    updated = MultiaddressesWithStats.FromEntries([.. operation.GetProperty("entries").EnumerateArray().Select(Entry)]);
                    break;
                case "copy":
                    updated = lists[operation.Text("from")];
                    break;
                case "merge":
                    updated = list.Merge(lists[operation.Text("from")], Now);
                    break;
                case "add_or_update_addresses":
                    updated = list.AddOrUpdate(Addresses(operation), Source(operation.GetProperty("source")), Now);
                    break;
                case "mark_last_seen_now":
                    returned = list.TryMarkSeen(Address(operation), Now, out updated);
                    break;
                case "mark_failed_connection_attempt":
                    returned = list.TryMarkFailed(Address(operation), operation.Text("reason"), Now, out updated);
                    break;
                case "update_latency":
                    returned = list.TryUpdateLatency(Address(operation), Nanoseconds(operation.GetProperty("ns")), Now, out updated);
                    break;
                case "mark_all_addresses_as_last_seen_now_with_latency":
                    returned = list.MarkAllSeen(Addresses(operation), Nanoseconds(operation.GetProperty("ns")), Now, out updated);
                    break;
                case "update_address_stats":
                    list.TryUpdate(
                        Address(operation),
                        entry => operation.GetProperty("do").EnumerateArray().Aggregate(entry, (before, step) => Apply(step, before)),
                        out updated);
                    break;
                default:
                    updated = list.ResetConnectionAttempts();
                    break;
            }

            lists[name] = updated;
            return returned;
        }

        /// <summary>The entries, and where any order will do those that tie by their names, as the file has them.</summary>
        public MultiaddrWithStats[] Ordered(MultiaddressesWithStats list, bool anyOrder)
        {
            MultiaddrWithStats[] entries = [.. list];
            var byName = Comparer<MultiaddrWithStats>.Create((left, right) => string.CompareOrdinal(Name(left), Name(right)));
            for (int start = 0, end; anyOrder && start < entries.Length; start = end)
            {
                end = start + 1;
                while (end < entries.Length && Tie(entries[start], entries[end]))
                {
                    end++;
                }

                Array.Sort(entries, start, end - start, byName);
            }

            return entries;

            static bool Tie(MultiaddrWithStats left, MultiaddrWithStats right) =>
                (left.QualityScore ?? 0) == (right.QualityScore ?? 0) && left.Source.IsConfig == right.Source.IsConfig;
        }

        public void AssertList(JsonElement expected, MultiaddressesWithStats actual, bool anyOrder, string what)
        {
            AssertMembers(expected, "entries", "best", "last_seen", "last_attempted", "offline_at", "newest_claim_updated_at");
            JsonElement[] entries = [.. expected.GetProperty("entries").EnumerateArray()];
            MultiaddrWithStats[] ordered = Ordered(actual, anyOrder);
            Assert.That(ordered, Has.Length.EqualTo(entries.Length), "entries of " + what);
            for (int i = 0; i < entries.Length; i++)
            {
                AssertEntry(entries[i], ordered[i], $"of entry {i} of {what}");
            }

            string[] best = [.. Texts(expected.GetProperty("best"))];
            Assert.Multiple(() =>
            {
                Assert.That(actual.Best is null, Is.EqualTo(best.Length == 0), "no best of " + what);
                Assert.That(actual.Best is null || best.Contains(Name(actual.Best)), Is.True, "best of " + what);
                Assert.That(actual.LastSeen, Is.EqualTo(Time(expected.Optional("last_seen"))), "last seen of " + what);
                Assert.That(actual.LastAttempted, Is.EqualTo(Time(expected.Optional("last_attempted"))), "last attempted of " + what);
                Assert.That(actual.OfflineAt, Is.EqualTo(Time(expected.Optional("offline_at"))), "offline of " + what);
                Assert.That(
                    actual.NewestClaim?.Signature.UpdatedAt,
                    Is.EqualTo(Time(expected.Optional("newest_claim_updated_at"))?.ToUnixTimeSeconds()),
                    "newest claim of " + what);
            });
        }

        private static void AssertEntryMembers(JsonElement value) =>
            AssertMembers(
                value,
                "address",
                "source",
                "last_seen",
                "last_attempted",
                "connection_attempts",
                "last_failed_reason",
                "avg_latency_ns",
                "latency_sample_count",
                "avg_initial_dial_time_ns",
                "initial_dial_time_sample_count",
                "quality_score");

        private static UInt128 Nanoseconds(JsonElement value) => UInt128.Parse(value.GetString()!, CultureInfo.InvariantCulture);

        private static RunningMean Mean(JsonElement entry, string mean, string samples) =>
            new(entry.Optional(mean) is { } value ? Nanoseconds(value) : null, entry.Optional(samples)?.GetUInt32() ?? 0);

        private Multiaddr Address(JsonElement value) => Address(value.Text("address"));

        private Multiaddr Address(string name) => name.Length == 0 ? Multiaddr.Empty : _addresses[name];

        private Multiaddr[] Addresses(JsonElement value) => [.. Texts(value.GetProperty("addresses")).Select(Address)];

        private PeerAddressSource Source(JsonElement? value)
        {
            if (value is not { } source)
            {
                return PeerAddressSource.Config;
            }

            if (source.ValueKind == JsonValueKind.String)
            {
                Assert.That(source.GetString(), Is.EqualTo("Config"));
                return PeerAddressSource.Config;
            }

            AssertMembers(source, "kind", "claim");
            PeerIdentityClaim claim = _claims[source.Text("claim")];
            return source.Text("kind") switch
            {
                "FromNodeIdentity" => PeerAddressSource.FromNodeIdentity(claim),
                "FromPeerConnection" => PeerAddressSource.FromPeerConnection(claim),
                "FromDiscovery" => PeerAddressSource.FromDiscovery(claim),
                "FromAnotherPeer" => PeerAddressSource.FromAnotherPeer(claim, default),
                "FromJoinMessage" => PeerAddressSource.FromJoinMessage(claim),
                _ => throw new InvalidDataException($"Unknown source {source}."),
            };
        }
    }
}
