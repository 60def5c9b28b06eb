using System.Collections.Immutable;
using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

/// <summary>The reference's peer manager over whole sequences of operations, and what its queries may select.</summary>
[TestFixture]
[Category(VectorFile.Category)]
internal sealed class PeerManagerVectorTests
{
    private const string StoreFile = "peer_store.json";
    private const string DistanceFile = "distance.json";

    private static IEnumerable<TestCaseData> StoreCases => VectorFile.Cases(StoreFile, "store");

    private static IEnumerable<TestCaseData> SelectionCases => VectorFile.Cases(DistanceFile, "peer_selection");

    [Test]
    public void Every_kind_of_case_is_known()
    {
        VectorFile.AssertKinds(StoreFile, "store");

        // The other kinds of that file belong to node ids.
        VectorFile.AssertKinds(DistanceFile, "distance", "compare", "order", "peer_selection");
    }

    [TestCaseSource(nameof(StoreCases))]
    public async Task Sequence_of_operations_answers_as_the_reference(JsonElement element)
    {
        using var folder = new TemporaryFolder();
        await new StoreCase(element, folder["peers.db"]).RunAsync();
    }

    [TestCaseSource(nameof(SelectionCases))]
    public async Task Queries_select_from_the_sets_of_the_reference(JsonElement element)
    {
        var time = new ManualTimeProvider();
        await using var manager = PeerManager.Open(new PeerManagerOptions { TimeProvider = time, Random = new Random(1) });
        var keys = new List<CommsPublicKey>();
        AssertFields(element, "kind", "name", "peers", "excluded", "expected");
        foreach (JsonElement peer in element.GetProperty("peers").EnumerateArray())
        {
            AssertFields(peer, "public_key", "features", "address", "seen_now", "then_failed", "banned", "deleted");
            var key = new CommsPublicKey(peer.Hex("public_key"));
            keys.Add(key);
            var address = Multiaddr.Parse(peer.Text("address"));
            MultiaddressesWithStats list = PeerMaker.List(PeerMaker.Claimed(time.GetUtcNow(), address), address);
            if (peer.GetProperty("seen_now").GetBoolean())
            {
                Assert.That(list.TryMarkSeen(address, time.GetUtcNow(), out list));
            }

            if (peer.GetProperty("then_failed").GetBoolean())
            {
                Assert.That(list.TryMarkFailed(address, "refused", time.GetUtcNow(), out list));
            }

            manager.AddOrUpdatePeer(new Peer(key, (PeerFeatures)peer.GetProperty("features").GetUInt32()) { Addresses = list });
            if (peer.GetProperty("banned").GetBoolean())
            {
                manager.BanPeer(key, TimeSpan.FromHours(1), "");
            }

            if (peer.GetProperty("deleted").GetBoolean())
            {
                manager.SoftDeletePeer(NodeId.FromPublicKey(key));
            }
        }

        HashSet<NodeId> excluded =
            [.. element.GetProperty("excluded").EnumerateArray().Select(index => NodeId.FromPublicKey(keys[index.GetInt32()]))];
        foreach (JsonProperty expected in element.GetProperty("expected").EnumerateObject())
        {
            if (expected.Name == "direct_identity_public_key")
            {
                Assert.That(
                    keys.Select(key => manager.GetDirectIdentity(key) is null ? "none" : "found"),
                    Is.EqualTo(expected.Value.EnumerateArray().Select(word => word.GetString())));
                continue;
            }

            IReadOnlyList<Peer> peers = expected.Name switch
            {
                "all" => manager.All(),
                "all_clients" => manager.All(PeerFeatures.CommunicationClient),
                "all_nodes" => manager.All(PeerFeatures.CommunicationNode),
                "banned" => manager.GetBannedPeers(),
                "discovery_syncing_any" => manager.DiscoverySyncing(0, excluded),
                "discovery_syncing_nodes" => manager.DiscoverySyncing(0, excluded, PeerFeatures.CommunicationNode),
                "discovery_syncing_nodes_external" =>
                    manager.DiscoverySyncing(0, excluded, PeerFeatures.CommunicationNode, externalOnly: true),
                "random_peers" => manager.RandomPeers(1000, excluded),
                _ => throw new InvalidDataException($"Unknown query '{expected.Name}'."),
            };
            Assert.That(
                peers.Select(peer => keys.IndexOf(peer.PublicKey)).Order(),
                Is.EqualTo(expected.Value.EnumerateArray().Select(index => index.GetInt32())),
                expected.Name);
        }
    }

    private static void AssertFields(JsonElement element, params string[] known) =>
        Assert.That(element.EnumerateObject().Select(field => field.Name), Is.SubsetOf(known));

    /// <summary>One sequence, and the names of what occurs in it.</summary>
    private sealed class StoreCase
    {
        private readonly JsonElement _element;
        private readonly DateTimeOffset _now;
        private readonly Dictionary<string, Multiaddr> _addresses = new() { [""] = Multiaddr.Empty };
        private readonly Dictionary<string, PeerIdentityClaim> _claims = [];
        private readonly Dictionary<string, CommsPublicKey> _keys = [];
        private readonly PeerManagerOptions _options;
        private PeerManager _manager;

        public StoreCase(JsonElement element, string path)
        {
            AssertFields(element, "kind", "name", "now", "addresses", "claims", "peers", "config", "transports", "ops", "expected");
            _element = element;
            _now = DateTimeOffset.FromUnixTimeSeconds(element.GetProperty("now").GetInt64());
            foreach (JsonProperty address in element.GetProperty("addresses").EnumerateObject())
            {
                _addresses.Add(address.Name, Multiaddr.FromBytes(Convert.FromHexString(address.Value.GetString()!)));
            }

            foreach (JsonProperty claim in element.Optional("claims")?.EnumerateObject().ToArray() ?? [])
            {
                AssertFields(claim.Value, "addresses", "updated_at");
                _claims.Add(
                    claim.Name,
                    PeerMaker.Claim(TimeOf(claim.Value.GetProperty("updated_at")), AddressesOf(claim.Value.GetProperty("addresses"))));
            }

            foreach (JsonProperty key in element.GetProperty("peers").EnumerateObject())
            {
                _keys.Add(key.Name, new CommsPublicKey(Convert.FromHexString(key.Value.GetString()!)));
            }

            _options = new PeerManagerOptions
            {
                DatabasePath = path,
                TimeProvider = new ManualTimeProvider(_now),
                Random = new Random(7),
            };
            foreach (JsonProperty setting in element.Optional("config")?.EnumerateObject().ToArray() ?? [])
            {
                int value = setting.Value.GetInt32();
                _options = setting.Name switch
                {
                    "max_peer_rows" => _options with { MaxPeerRows = value },
                    "max_candidates_per_netgroup" => _options with { MaxCandidatesPerNetgroup = value },
                    _ => throw new InvalidDataException($"Unknown setting '{setting.Name}'."),
                };
            }

            if (element.Optional("transports") is { } transports)
            {
                TransportKinds kinds = TransportKinds.None;
                foreach (JsonElement kind in transports.EnumerateArray())
                {
                    kinds |= kind.GetString() switch
                    {
                        "ipv4" => TransportKinds.Ipv4,
                        "ipv6" => TransportKinds.Ipv6,
                        "onion" => TransportKinds.Onion,
                        "memory" => TransportKinds.Memory,
                        var other => throw new InvalidDataException($"Unknown transport '{other}'."),
                    };
                }

                _options = _options with { Transports = kinds };
            }

            _manager = PeerManager.Open(_options);
        }

        public async Task RunAsync()
        {
            JsonElement expected = _element.GetProperty("expected");
            AssertFields(expected, "results", "records", "records_drawn_at_random", "address_order_arbitrary");
            JsonElement[] operations = [.. _element.GetProperty("ops").EnumerateArray()];
            JsonElement[] results = [.. expected.GetProperty("results").EnumerateArray()];
            Assert.That(results, Has.Length.EqualTo(operations.Length));
            bool anyOrder = expected.Optional("address_order_arbitrary")?.GetBoolean() == true;
            for (int i = 0; i < operations.Length; i++)
            {
                string what = $"operation {i}: {operations[i]}";
                string? error = null;
                object? result = null;
                try
                {
                    result = Run(operations[i], results[i], anyOrder);
                }
                catch (PeerManagerException exception)
                {
                    error = exception.Error.ToString();
                }

                string? expectedError = results[i].ValueKind == JsonValueKind.Object ? results[i].OptionalText("error") : null;
                Assert.That(error, Is.EqualTo(expectedError), what);
                if (error is null)
                {
                    Assert.That(Text(result), Is.EqualTo(Text(Normal(results[i], anyOrder))), what);
                }
            }

            AssertRecords(expected, anyOrder);
            await _manager.DisposeAsync();
            _manager = PeerManager.Open(_options);
            AssertRecords(expected, anyOrder);
            await _manager.DisposeAsync();
        }

        private static string Text(object? value) => value switch
        {
            null => "null",
            JsonElement raw => raw.GetRawText(),
            bool flag => flag ? "true" : "false",
            string text => JsonSerializer.Serialize(text),
            SortedDictionary<string, object?> map =>
                "{" + string.Join(",\n", map.Select(entry => entry.Key + ":" + Text(entry.Value))) + "}",
            System.Collections.IEnumerable list => "[" + string.Join(",", list.Cast<object?>().Select(Text)) + "]",
            _ => Convert.ToString(value, CultureInfo.InvariantCulture)!,
        };

        /// <summary>A result of the file in the form in which ours are, with all fields of records and entries known.</summary>
        private object? Normal(JsonElement value, bool anyOrder)
        {
            switch (value.ValueKind)
            {
                case JsonValueKind.Null:
                    return null;
                case JsonValueKind.True or JsonValueKind.False:
                    return value.GetBoolean();
                case JsonValueKind.Number:
                    return value.GetInt64();
                case JsonValueKind.String:
                    return value.GetString();
                case JsonValueKind.Array:
                    return value.EnumerateArray().Select(item => Normal(item, anyOrder)).ToList();
                default:
                    var map = new SortedDictionary<string, object?>(StringComparer.Ordinal);
                    foreach (JsonProperty field in value.EnumerateObject())
                    {
                        map[field.Name] = field.Name switch
                        {
                            "record" when field.Value.ValueKind == JsonValueKind.Object => RecordOf(field.Value, anyOrder),
                            "peers_with_addresses" or "addresses" when anyOrder && field.Value.ValueKind == JsonValueKind.Object =>
                                new SortedDictionary<string, object?>(
                                    field.Value.EnumerateObject().ToDictionary(
                                        peer => peer.Name,
                                        peer =>
                                            (object?)peer.Value.EnumerateArray().Select(name => name.GetString())
                                                .Order(StringComparer.Ordinal).ToList()),
                                    StringComparer.Ordinal),
                            _ => Normal(field.Value, anyOrder),
                        };
                    }

                    return map;
            }
        }

        private static SortedDictionary<string, object?> Map(params (string Name, object? Value)[] fields) =>
            new(fields.ToDictionary(field => field.Name, field => field.Value), StringComparer.Ordinal);

        private static string Hex(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(bytes);

        private object? Run(JsonElement operation, JsonElement expected, bool anyOrder)
        {
            switch (operation.Text("op"))
            {
                case "save":
                    AssertFields(operation, "op", "peer", "record");
                    long row = _manager.AddOrUpdatePeer(PeerOf(operation));
                    Assert.That(row, Is.Positive);
                    return null;
                case "save_online":
                    AssertFields(operation, "op", "peer", "addresses", "features", "source");
                    Peer online = _manager.AddOrUpdateOnlinePeer(
                        KeyOf(operation),
                        IdOf(operation),
                        AddressesOf(operation.GetProperty("addresses")),
                        (PeerFeatures)operation.GetProperty("features").GetUInt32(),
                        SourceOf(operation.GetProperty("source")));
                    return Map(("addresses_in_memory", Names(online.Addresses, anyOrder)), ("is_offline", online.IsOffline));
                case "load_mark_save":
                    AssertFields(operation, "op", "peer", "marks");
                    _manager.AddOrUpdatePeer(Marked(Known(operation), operation.GetProperty("marks")));
                    return null;
                case "ban":
                    AssertFields(operation, "op", "peer", "seconds", "reason");
                    NodeId banned = _manager.BanPeer(KeyOf(operation), SecondsOf(operation), operation.Text("reason"));
                    Assert.That(banned, Is.EqualTo(IdOf(operation)));
                    return null;
                case "ban_by_node_id":
                    AssertFields(operation, "op", "peer", "seconds", "reason");
                    _manager.BanPeerByNodeId(IdOf(operation), SecondsOf(operation), operation.Text("reason"));
                    return null;
                case "unban":
                    _manager.UnbanPeer(IdOf(operation));
                    return null;
                case "unban_all":
                    return _manager.UnbanAllPeers();
                case "soft_delete":
                    _manager.SoftDeletePeer(IdOf(operation));
                    return null;
                case "set_metadata":
                    AssertFields(operation, "op", "peer", "key", "data");
                    ReadOnlyMemory<byte>? previous =
                        _manager.SetPeerMetadata(IdOf(operation), operation.GetProperty("key").GetByte(), operation.Hex("data"));
                    return Map(("previous", previous is { } bytes ? Hex(bytes.Span) : null));
                case "reset_offline_non_wallet_peers":
                    return _manager.ResetOfflineNonWalletPeers();
                case "garbage_collect":
                    AssertFields(operation, "op", "connected", "seen_since");
                    PeerCollection removed = _manager.CollectGarbage(OptionalIds(operation, "connected"),
                        OptionalTime(operation, "seen_since"));
                    return Map(
                        ("never_seen", removed.NeverSeen),
                        ("banned", removed.Banned),
                        ("address_less", removed.AddressLess),
                        ("soft_deleted", removed.SoftDeleted));
                case "find":
                    Peer? byId = _manager.Find(IdOf(operation));
                    Assert.That(_manager.Find(KeyOf(operation)), Is.SameAs(byId));
                    return Map(("record", byId is null ? null : RecordOf(byId, anyOrder)));
                case "direct_identity":
                    bool found = _manager.GetDirectIdentity(IdOf(operation)) is not null;
                    Assert.That(_manager.GetDirectIdentity(KeyOf(operation)) is not null, Is.EqualTo(found));
                    return found;
                case "is_banned":
                    return _manager.IsPeerBanned(IdOf(operation));
                case "features":
                    return (long)(uint)_manager.GetPeerFeatures(IdOf(operation));
                case "multi_addresses":
                    return Names(_manager.GetPeerAddresses(IdOf(operation)), anyOrder);
                case "status":
                    Peer peer = Known(operation);
                    return Map(
                        ("all_addresses_failed", peer.AllAddressesFailed),
                        ("is_banned", peer.IsBanned(_now)),
                        ("is_offline", peer.IsOffline),
                        ("is_seed", peer.IsSeed),
                        ("last_connect_attempt", Milliseconds(peer.LastConnectAttempt)),
                        ("last_seen", Milliseconds(peer.LastSeen)),
                        ("offline_at", Milliseconds(peer.OfflineAt)),
                        ("reason_banned", peer.BannedReason));
                case "count":
                    return _manager.Count;
                case "all":
                    AssertFields(operation, "op", "features");
                    return Set(_manager.All(operation.Optional("features") is { } features ? (PeerFeatures)features.GetUInt32() : null));
                case "seeds":
                    return Set(_manager.GetSeedPeers());
                case "banned":
                    return Set(_manager.GetBannedPeers());
                case "not_banned_or_deleted":
                    return Set(_manager.GetNotBannedOrDeletedPeers());
                case "by_node_ids":
                    return Set(_manager.FindByNodeIds(PeersOf(operation)));
                case "public_keys_by_node_ids":
                    return Map(("set", Names(_manager.GetPublicKeys(PeersOf(operation)))));
                case "multi_addresses_of_several":
                    return Map((
                        "addresses",
                        Map([.. _manager.GetPeerAddresses(PeersOf(operation)).Select(
                            entry => (NameOf(_manager.Find(entry.Key)!.PublicKey), (object?)Names(entry.Value, anyOrder)))])));
                case "starts_with":
                    return Set(_manager.FindAllStartsWith(operation.Hex("bytes")));
                case "discovery_syncing":
                    AssertFields(operation, "op", "n", "max_n", "excluded", "features", "external_addresses_only", "certain");
                    return Drawn(
                        _manager.DiscoverySyncing(
                            Number(operation, "n"),
                            OptionalIds(operation, "excluded"),
                            operation.Optional("features") is { } offered ? (PeerFeatures)offered.GetUInt32() : null,
                            Flag(operation, "external_addresses_only"),
                            Number(operation, "max_n")),
                        expected,
                        anyOrder);
                case "random_peers":
                    AssertFields(operation, "op", "n", "excluded", "flags", "known_good", "certain");
                    return Drawn(
                        _manager.RandomPeers(
                            Number(operation, "n"),
                            OptionalIds(operation, "excluded"),
                            operation.Optional("flags") is { } flags ? (PeerFlags)flags.GetByte() : null,
                            Flag(operation, "known_good")),
                        expected,
                        anyOrder);
                case "dial_candidates":
                    AssertFields(
                        operation, "op", "exclude_failed", "excluded", "limit", "seen_since", "netgroups_taken", "randomize");
                    IReadOnlyList<Peer> candidates = _manager.DialCandidates(new DialCandidatesQuery
                    {
                        Limit = operation.Optional("limit")?.GetInt32(),
                        Excluded = OptionalIds(operation, "excluded"),
                        ExcludeFailed = Flag(operation, "exclude_failed"),
                        Randomize = Flag(operation, "randomize"),
                        GroupsTaken = operation.Optional("netgroups_taken")?.EnumerateObject()
                            .ToDictionary(group => group.Name, group => group.Value.GetInt32()),
                        SeenSince = OptionalTime(operation, "seen_since"),
                    });
                    AssertFields(expected, "in_order", "set", "count");
                    return expected.TryGetProperty("in_order", out _)
                        ? Map(("in_order", candidates.Select(item => NameOf(item.PublicKey)).ToList()))
                        : expected.TryGetProperty("set", out _) ? Set(candidates)
                        : Map(("count", candidates.Count));
                default:
                    throw new InvalidDataException($"Unknown operation '{operation.Text("op")}'.");
            }
        }

        /// <summary>The result of a draw: how many, or who with which addresses when that is certain.</summary>
        private SortedDictionary<string, object?> Drawn(IReadOnlyList<Peer> peers, JsonElement expected, bool anyOrder)
        {
            AssertFields(expected, "peers_with_addresses", "count");
            return expected.TryGetProperty("count", out _)
                ? Map(("count", peers.Count))
                : Map((
                    "peers_with_addresses",
                    Map([.. peers.Select(peer => (NameOf(peer.PublicKey), (object?)Names(peer.Addresses, anyOrder)))])));
        }

        private void AssertRecords(JsonElement expected, bool anyOrder)
        {
            var records = _manager.All().ToDictionary(peer => NameOf(peer.PublicKey), peer => peer);
            foreach (JsonProperty record in expected.GetProperty("records").EnumerateObject())
            {
                Assert.That(records.Remove(record.Name, out Peer? peer), $"{record.Name} is left");
                Assert.That(Text(RecordOf(peer!, anyOrder)), Is.EqualTo(Text(RecordOf(record.Value, anyOrder))), record.Name);
            }

            if (expected.Optional("records_drawn_at_random") is { } drawn)
            {
                AssertFields(drawn, "count", "from");
                Assert.That(records, Has.Count.EqualTo(drawn.GetProperty("count").GetInt32()));
                Assert.That(records.Keys, Is.SubsetOf(drawn.GetProperty("from").EnumerateArray().Select(name => name.GetString())));
            }
            else
            {
                Assert.That(records, Is.Empty);
            }
        }

        private Peer Marked(Peer peer, JsonElement marks)
        {
            MultiaddressesWithStats list = peer.Addresses;
            foreach (JsonElement mark in marks.EnumerateArray())
            {
                AssertFields(mark, "op", "address", "reason", "do");
                Multiaddr address = _addresses[mark.Text("address")];
                bool isThere = mark.Text("op") switch
                {
                    "mark_last_seen_now" => list.TryMarkSeen(address, _now, out list),
                    "mark_failed_connection_attempt" => list.TryMarkFailed(address, mark.Text("reason"), _now, out list),
                    "update_address_stats" => list.TryUpdate(address, entry => Updated(entry, mark.GetProperty("do")), out list),
                    var other => throw new InvalidDataException($"Unknown mark '{other}'."),
                };
                Assert.That(isThere, mark.ToString());
            }

            return peer with { Addresses = list };
        }

        private MultiaddrWithStats Updated(MultiaddrWithStats entry, JsonElement changes)
        {
            foreach (JsonProperty change in changes.EnumerateArray().SelectMany(item => item.EnumerateObject()))
            {
                var nanoseconds = UInt128.Parse(change.Value.GetString()!, CultureInfo.InvariantCulture);
                entry = change.Name switch
                {
                    "update_initial_dial_time_ns" => entry.UpdateInitialDialTime(nanoseconds, _now),
                    "update_latency_ns" => entry.UpdateLatency(nanoseconds, _now),
                    _ => throw new InvalidDataException($"Unknown change '{change.Name}'."),
                };
            }

            return entry;
        }

        private Peer PeerOf(JsonElement operation)
        {
            JsonElement record = operation.GetProperty("record");
            AssertFields(
                record, "entries", "source", "flags", "node_id", "deleted_at", "banned_until", "banned_reason", "metadata", "added_at",
                "addresses", "supported_protocols", "user_agent", "features");
            CommsPublicKey key = KeyOf(operation);
            MultiaddressesWithStats list;
            if (record.Optional("entries") is { } entries)
            {
                Assert.That(record.TryGetProperty("addresses", out _), Is.False);
                list = PeerMaker.Entries([.. entries.EnumerateArray().Select(EntryOf)]);
            }
            else
            {
                PeerAddressSource source = record.Optional("source") is { } given ? SourceOf(given) : PeerAddressSource.Config;
                list = PeerMaker.List(source, record.Optional("addresses") is { } addresses ? AddressesOf(addresses) : []);
            }

            return new Peer(key,
                record.Optional("features") is { } features ? (PeerFeatures)features.GetUInt32() : PeerFeatures.CommunicationNode)
            {
                NodeId = record.OptionalHex("node_id") is { } id ? new NodeId(id) : NodeId.FromPublicKey(key),
                Flags = (PeerFlags)(record.Optional("flags")?.GetByte() ?? 0),
                Addresses = list,
                BannedUntil = OptionalTime(record, "banned_until"),
                BannedReason = record.OptionalText("banned_reason") ?? "",
                SupportedProtocols =
                [
                    .. record.Optional("supported_protocols")?.EnumerateArray().Select(item => new ProtocolId(item.Blob())).ToArray() ?? [],
                ],
                AddedAt = OptionalTime(record, "added_at"),
                UserAgent = record.OptionalText("user_agent") ?? "",
                Metadata = record.Optional("metadata")?.EnumerateObject().ToImmutableSortedDictionary(
                    note => byte.Parse(note.Name, CultureInfo.InvariantCulture), note => (ReadOnlyMemory<byte>)note.Value.Blob())
                    ?? ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty,
                DeletedAt = OptionalTime(record, "deleted_at"),
            };
        }

        private MultiaddrWithStats EntryOf(JsonElement entry)
        {
            AssertEntryFields(entry);
            return new MultiaddrWithStats(
                _addresses[entry.Text("address")], entry.Optional("source") is { } source ? SourceOf(source) : PeerAddressSource.Config)
            {
                LastSeen = OptionalTime(entry, "last_seen"),
                LastAttempted = OptionalTime(entry, "last_attempted"),
                ConnectionAttempts = entry.Optional("connection_attempts")?.GetUInt32() ?? 0,
                LastFailedReason = entry.OptionalText("last_failed_reason"),
                Latency = MeanOf(entry, "avg_latency_ns", "latency_sample_count"),
                InitialDialTime = MeanOf(entry, "avg_initial_dial_time_ns", "initial_dial_time_sample_count"),
                QualityScore = entry.Optional("quality_score")?.GetInt32(),
            };
        }

        private static void AssertEntryFields(JsonElement entry) => AssertFields(
            entry, "address", "source", "last_seen", "last_attempted", "connection_attempts", "last_failed_reason", "avg_latency_ns",
            "latency_sample_count", "avg_initial_dial_time_ns", "initial_dial_time_sample_count", "quality_score");

        private static RunningMean MeanOf(JsonElement entry, string mean, string count) => new(
            entry.OptionalText(mean) is { } text ? UInt128.Parse(text, CultureInfo.InvariantCulture) : null,
            entry.Optional(count)?.GetUInt32() ?? 0);

        private PeerAddressSource SourceOf(JsonElement source)
        {
            if (source.ValueKind == JsonValueKind.String)
            {
                Assert.That(source.GetString(), Is.EqualTo("Config"));
                return PeerAddressSource.Config;
            }

            AssertFields(source, "kind", "claim");
            PeerIdentityClaim claim = _claims[source.Text("claim")];
            return source.Text("kind") switch
            {
                "FromPeerConnection" => PeerAddressSource.FromPeerConnection(claim),
                "FromDiscovery" => PeerAddressSource.FromDiscovery(claim),
                "FromNodeIdentity" => PeerAddressSource.FromNodeIdentity(claim),
                var other => throw new InvalidDataException($"Unknown source '{other}'."),
            };
        }

        /// <summary>A record of the file with every field in it.</summary>
        private SortedDictionary<string, object?> RecordOf(JsonElement record, bool anyOrder)
        {
            AssertFields(
                record, "features", "flags", "banned_until", "banned_reason", "supported_protocols", "user_agent", "metadata", "added_at",
                "deleted_at", "addresses");
            IEnumerable<SortedDictionary<string, object?>> entries = record.GetProperty("addresses").EnumerateArray().Select(entry =>
            {
                AssertEntryFields(entry);
                JsonElement source = entry.GetProperty("source");
                return Map(
                    ("address", entry.Text("address")),
                    ("source", source.ValueKind == JsonValueKind.String
                        ? source.GetString()
                        : source.Text("kind") + " " + DescribeClaim(_claims[source.Text("claim")])),
                    ("last_seen", TimeText(entry, "last_seen")),
                    ("last_attempted", TimeText(entry, "last_attempted")),
                    ("connection_attempts", entry.Optional("connection_attempts")?.GetInt64() ?? 0),
                    ("last_failed_reason", entry.OptionalText("last_failed_reason")),
                    ("avg_latency_ns", entry.OptionalText("avg_latency_ns")),
                    ("latency_sample_count", entry.Optional("latency_sample_count")?.GetInt64() ?? 0),
                    ("avg_initial_dial_time_ns", entry.OptionalText("avg_initial_dial_time_ns")),
                    ("initial_dial_time_sample_count", entry.Optional("initial_dial_time_sample_count")?.GetInt64() ?? 0),
                    ("quality_score", entry.Optional("quality_score")?.GetInt64()));
            });
            return Map(
                ("features", record.GetProperty("features").GetInt64()),
                ("flags", record.Optional("flags")?.GetInt64() ?? 0),
                ("banned_until", TimeText(record, "banned_until")),
                ("banned_reason", record.OptionalText("banned_reason") ?? ""),
                ("supported_protocols",
                    record.Optional("supported_protocols")?.EnumerateArray().Select(item => item.GetString()).ToList() ?? []),
                ("user_agent", record.OptionalText("user_agent") ?? ""),
                ("metadata", Map([.. (record.Optional("metadata")?.EnumerateObject().ToArray() ?? []).Select(
                    note => (note.Name, (object?)note.Value.GetString()))])),
                ("added_at", TimeText(record, "added_at")),
                ("deleted_at", TimeText(record, "deleted_at")),
                ("addresses", InOrder(entries, anyOrder)));
        }

        private SortedDictionary<string, object?> RecordOf(Peer peer, bool anyOrder)
        {
            IEnumerable<SortedDictionary<string, object?>> entries = peer.Addresses.Entries.Select(entry => Map(
                ("address", NameOf(entry.Address)),
                ("source", entry.Source.Claim is { } claim ? entry.Source.Kind + " " + DescribeClaim(claim) : entry.Source.ToString()),
                ("last_seen", TimeText(entry.LastSeen)),
                ("last_attempted", TimeText(entry.LastAttempted)),
                ("connection_attempts", (long)entry.ConnectionAttempts),
                ("last_failed_reason", entry.LastFailedReason),
                ("avg_latency_ns", entry.Latency.Nanoseconds?.ToString(CultureInfo.InvariantCulture)),
                ("latency_sample_count", (long)entry.Latency.Samples),
                ("avg_initial_dial_time_ns", entry.InitialDialTime.Nanoseconds?.ToString(CultureInfo.InvariantCulture)),
                ("initial_dial_time_sample_count", (long)entry.InitialDialTime.Samples),
                ("quality_score", (long?)entry.QualityScore)));
            return Map(
                ("features", (long)(uint)peer.Features),
                ("flags", (long)(byte)peer.Flags),
                ("banned_until", TimeText(peer.BannedUntil)),
                ("banned_reason", peer.BannedReason),
                ("supported_protocols", peer.SupportedProtocols.Select(item => Hex(item.Bytes)).ToList()),
                ("user_agent", peer.UserAgent),
                ("metadata", Map([.. peer.Metadata.Select(
                    note => (note.Key.ToString(CultureInfo.InvariantCulture), (object?)Hex(note.Value.Span)))])),
                ("added_at", TimeText(peer.AddedAt)),
                ("deleted_at", TimeText(peer.DeletedAt)),
                ("addresses", InOrder(entries, anyOrder)));
        }

        private static List<SortedDictionary<string, object?>> InOrder(IEnumerable<SortedDictionary<string, object?>> entries,
            bool anyOrder) =>
            anyOrder ? [.. entries.OrderBy(entry => (string)entry["address"]!, StringComparer.Ordinal)] : [.. entries];

        /// <summary>A claim by what counts of it, which comes back from a file too.</summary>
        private static string DescribeClaim(PeerIdentityClaim claim) =>
            $"{claim.Signature.UpdatedAt}.{claim.Signature.UpdatedAtNanoseconds} {(uint)claim.Features} "
            + string.Join('+', claim.Addresses.Select(address => Hex(address.Bytes)));

        private DateTimeOffset TimeOf(JsonElement value) => value.ValueKind == JsonValueKind.String
            ? value.GetString() switch
            {
                "now" => _now,
                "max" => PeerTimes.Forever,
                var other => throw new InvalidDataException($"Unknown time '{other}'."),
            }
            : _now.AddMilliseconds(value.GetInt64());

        private DateTimeOffset? OptionalTime(JsonElement element, string name) =>
            element.Optional(name) is { } value ? TimeOf(value) : null;

        private string? TimeText(JsonElement element, string name) => TimeText(OptionalTime(element, name));

        private static string? TimeText(DateTimeOffset? time) => time?.ToString("O", CultureInfo.InvariantCulture);

        /// <summary>A time as the file gives it outside of records.</summary>
        private JsonElement? Milliseconds(DateTimeOffset? time) => time is not { } value ? null
            : value == _now ? JsonElement.Parse("\"now\"")
            : JsonElement.Parse(((value - _now).Ticks / TimeSpan.TicksPerMillisecond).ToString(CultureInfo.InvariantCulture));

        private static int Number(JsonElement operation, string name) => operation.Optional(name)?.GetInt32() ?? 0;

        private static bool Flag(JsonElement operation, string name) => operation.Optional(name)?.GetBoolean() ?? false;

        private static ulong SecondsOf(JsonElement operation)
        {
            JsonElement seconds = operation.GetProperty("seconds");
            return seconds.ValueKind == JsonValueKind.String
                ? ulong.Parse(seconds.GetString()!, CultureInfo.InvariantCulture)
                : seconds.GetUInt64();
        }

        private CommsPublicKey KeyOf(JsonElement operation) => _keys[operation.Text("peer")];

        private NodeId IdOf(JsonElement operation) => NodeId.FromPublicKey(KeyOf(operation));

        private Peer Known(JsonElement operation) =>
            _manager.Find(IdOf(operation)) ?? throw new InvalidDataException($"'{operation.Text("peer")}' is not in the store.");

        private Multiaddr[] AddressesOf(JsonElement names) => [.. names.EnumerateArray().Select(name => _addresses[name.GetString()!])];

        /// <summary>The peers of an operation, one of which may occur twice.</summary>
        private NodeId[] PeersOf(JsonElement operation)
        {
            AssertFields(operation, "op", "peers");
            return [.. operation.GetProperty("peers").EnumerateArray().Select(peer => NodeId.FromPublicKey(_keys[peer.GetString()!]))];
        }

        private HashSet<NodeId>? OptionalIds(JsonElement operation, string name) => operation.Optional(name)?.EnumerateArray()
            .Select(peer => NodeId.FromPublicKey(_keys[peer.GetString()!])).ToHashSet();

        private string NameOf(CommsPublicKey key) => _keys.Single(entry => entry.Value == key).Key;

        private string NameOf(Multiaddr address) => _addresses.Single(entry => entry.Value == address).Key;

        private List<string> Names(MultiaddressesWithStats list, bool anyOrder)
        {
            IEnumerable<string> names = list.Entries.Select(entry => NameOf(entry.Address));
            return anyOrder ? [.. names.Order(StringComparer.Ordinal)] : [.. names];
        }

        private List<string> Names(IEnumerable<CommsPublicKey> keys) => [.. keys.Select(NameOf).Order(StringComparer.Ordinal)];

        private SortedDictionary<string, object?> Set(IEnumerable<Peer> peers) => Map(("set", Names(peers.Select(peer => peer.PublicKey))));
    }
}
