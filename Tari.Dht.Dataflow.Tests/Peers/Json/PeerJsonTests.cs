using System.Collections.Immutable;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Json;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Peers.Json;

[TestFixture]
internal sealed class PeerJsonTests
{
    private static IEnumerable<TestCaseData> Refusals
    {
        get
        {
            yield return Of("5", "", "an object, or a text");
            yield return Of("null", "", "an object, or a text");
            yield return Of("\"\\ud800\"", "", "an object, or a text");
            yield return Of("{}", "public_key", "is missing");
            yield return Of("""{"public_key":null}""", "public_key", "is missing");
            yield return Of(
                $$"""{"features":"","\ud800_____":1,"public_key":"{{JsonPeers.Key}}"}""", "", "the names of all members are text");
            yield return Of("""{"public_key":5}""", "public_key", "64 hexadecimal digits");
            yield return Of("""{"public_key":"0262"}""", "public_key", "64 hexadecimal digits");
            yield return With("id", "-1", "id", "a whole number");
            yield return With("id", "\"1\"", "id", "a whole number");
            yield return With("node_id", "\"c1a7\"", "node_id", "26 hexadecimal digits");
            yield return With("node_id", "[1,2]", "node_id", "26 hexadecimal digits");
            yield return With("node_id", "\"c1a7552e5d9e9b257c4008b966\"", "node_id", "is not that of the key");
            yield return With("flags", "1", "flags", "text");
            yield return With("flags", "\"SEEDS\"", "flags", "names of flags");
            yield return With("flags", "\"0x2\"", "flags", "names of flags");
            yield return With("features", "\"EVERYTHING\"", "features", "names of features");
            yield return With("features", "\"0x4\"", "features", "names of features");
            yield return With("banned_until", "\"tomorrow\"", "banned_until", "a time such as");
            yield return With("banned_until", "1700000000", "banned_until", "a time such as");
            yield return With("banned_until", "\"2025-02-29T00:00:00\"", "banned_until", "a time such as");
            yield return With("banned_until", "\"2025-01-01T00:00:00+02:00\"", "banned_until", "a time such as");
            yield return With("banned_until", "\"\"", "banned_until", "a time such as");
            yield return With("banned_until", $"\"{new string('9', 5000)}\"", "banned_until", "a time such as");
            yield return With("banned_reason", "{}", "banned_reason", "text");
            yield return With("added_at", "true", "added_at", "a time such as");
            yield return With("deleted_at", "[]", "deleted_at", "a time such as");
            yield return With("user_agent", "\"\\udc00\"", "user_agent", "text");
            yield return With("supported_protocols", "\"t/dht\"", "supported_protocols", "an array of protocols");
            yield return With("supported_protocols", "[[1],[256]]", "supported_protocols[1]", "an array of bytes");
            yield return With("metadata", "[]", "metadata", "an object of notes");
            yield return With("metadata", """{"256":[]}""", "metadata", "an object of notes");
            yield return With("metadata", """{"-1":[]}""", "metadata", "an object of notes");
            yield return With("metadata", """{"\ud800":[]}""", "metadata", "an object of notes");
            yield return With("metadata", """{"1":"00"}""", "metadata", "an object of notes");
            yield return With("metadata", """{"1":[0.5]}""", "metadata", "an object of notes");
            yield return With("addresses", "5", "addresses", "an array of addresses");
            yield return With("addresses", "{}", "addresses.addresses", "is missing");
            yield return With("addresses", "[\"/ip4/1.2.3.4/tcp/1\",\"nowhere\"]", "addresses[1]", "a multiaddress such as");
            yield return With("addresses", "[\"\"]", "addresses[0]", "a multiaddress such as");
            yield return With("addresses", "[5]", "addresses[0]", "an address as text, or an object");
            yield return With("addresses", "[{}]", "addresses[0].address", "is missing");
            yield return With("addresses", $"[{string.Join(',', Enumerable.Repeat("1", 101))}]", "addresses", "at most 100 addresses");
            yield return Entry("\\ud800", "7", "", "the names of all members are text");
            yield return Entry("address", "7", "address", "a multiaddress such as");
            yield return Entry("last_seen", "7", "last_seen", "a time such as");
            yield return Entry("last_attempted", "\"x\"", "last_attempted", "a time such as");
            yield return Entry("connection_attempts", "4294967296", "connection_attempts", "a whole number from 0");
            yield return Entry("latency_sample_count", "-1", "latency_sample_count", "a whole number from 0");
            yield return Entry("avg_latency", "5", "avg_latency", "a duration such as");
            yield return Entry("avg_latency", """{"secs":1}""", "avg_latency", "a duration such as");
            yield return Entry(
                "avg_initial_dial_time", """{"secs":18446744073709551615,"nanos":1000000000}""", "avg_initial_dial_time", "a duration");
            yield return Entry("last_failed_reason", "1", "last_failed_reason", "text");
            yield return Entry("quality_score", "2147483648", "quality_score", "a whole number from -2147483648");
            yield return Entry("source", "\"Rumour\"", "source", "\"Config\", or an object");
            yield return Entry("source", """{"Config":{}}""", "source", "\"Config\", or an object");
            yield return Entry("source", """{"FromDiscovery":{}}""", "source.FromDiscovery.peer_identity_claim", "as a claim has it");
            yield return Of("\"one two\"", "", "a key of 64 hexadecimal digits");
            yield return Of($"\"{JsonPeers.Key}\"", "", "a key of 64 hexadecimal digits");
            yield return Of($"\"{JsonPeers.Key}::\"", "address 1", "a multiaddress such as");
            yield return Of($"\"{JsonPeers.Key}::{JsonPeers.Address}::/nowhere/1\"", "address 2", "a multiaddress such as");
            yield return Of($"\"{JsonPeers.Key}::{new string('/', 5000)}\"", "", "at most 4096 characters");

            static TestCaseData Of(string json, string member, string explanation) =>
                new TestCaseData(json, member, explanation).SetArgDisplayNames(member, json[..Math.Min(json.Length, 60)]);

            static TestCaseData With(string name, string value, string member, string explanation) =>
                Of($$"""{"{{name}}":{{value}},"public_key":"{{JsonPeers.Key}}"}""", member, explanation);

            static TestCaseData Entry(string name, string value, string member, string explanation) => With(
                "addresses",
                $$"""{"addresses":[{"address":"{{JsonPeers.Address}}","{{name}}":{{value}}}]}""",
                ("addresses[0]." + member).TrimEnd('.'),
                explanation);
        }
    }

    [Test]
    [Description("Scenario 13")]
    public void A_peers_json_has_its_key_and_its_node_id_as_hexadecimal_text()
    {
        var peer = new Peer(CommsPublicKey.FromHex(JsonPeers.Key));

        JsonNode json = JsonNode.Parse(JsonPeers.Write(peer))!;

        Assert.That((string?)json["public_key"], Is.EqualTo(JsonPeers.Key));
        Assert.That((string?)json["node_id"], Is.EqualTo(JsonPeers.NodeId));
    }

    [Test]
    public void Write_writes_every_member_in_the_form_of_other_nodes()
    {
        var entry = new MultiaddrWithStats(Multiaddr.Parse(JsonPeers.Address), PeerAddressSource.Config)
        {
            LastSeen = new DateTimeOffset(2025, 9, 12, 11, 36, 0, 120, TimeSpan.FromHours(2)),
            Latency = new RunningMean(1_000_000_002, 4),
        };
        var peer = new Peer(CommsPublicKey.FromHex(JsonPeers.Key))
        {
            Id = 9,
            Addresses = MultiaddressesWithStats.FromEntries([entry]),
            Flags = PeerFlags.Seed,
            BannedUntil = PeerTimes.Forever,
            BannedReason = "why",
            SupportedProtocols = [new ProtocolId("t/"u8)],
            AddedAt = DateTimeOffset.UnixEpoch.AddTicks(1),
            Metadata = ImmutableSortedDictionary<byte, ReadOnlyMemory<byte>>.Empty.Add(7, new byte[] { 255 }),
        };

        string json = JsonPeers.Write(peer, out int leftOut);

        Assert.That(leftOut, Is.Zero);
        Assert.That(json, Is.EqualTo("""
            {"id":9,"public_key":"02622ace8f7303a31cafc63f8fc48fdc16e1c8c8d234b2f0d6685282a9076031","node_id":"c1a7552e5d9e9b257c4008b965",
            "addresses":{"addresses":[{"address":"/ip4/23.23.23.23/tcp/18189","last_seen":"2025-09-12T09:36:00.120","connection_attempts":0,
            "avg_initial_dial_time":null,"initial_dial_time_sample_count":0,"avg_latency":{"secs":1,"nanos":2},"latency_sample_count":4,
            "last_attempted":null,"last_failed_reason":null,"quality_score":null,"source":"Config"}]},"flags":"SEED",
            "banned_until":"9999-12-31T23:59:59","banned_reason":"why","features":"MESSAGE_PROPAGATION | DHT_STORE_FORWARD",
            "supported_protocols":[[116,47]],"added_at":"1970-01-01T00:00:00.000000100","user_agent":"","metadata":{"7":[255]},
            "deleted_at":null}
            """.ReplaceLineEndings("")));
    }

    [Test]
    public void A_peer_reads_back_as_it_was_written([Range(0, 41)] int number)
    {
        Peer peer = JsonPeers.Full(number) with { Id = number };

        Peer read = JsonPeers.Read(JsonPeers.Write(peer));

        Assert.That(JsonPeers.Write(read), Is.EqualTo(JsonPeers.Write(peer)));
        Assert.That(read.PublicKey, Is.EqualTo(peer.PublicKey));
        Assert.That(read.NodeId, Is.EqualTo(peer.NodeId));
        Assert.That(read.HasId, Is.EqualTo(number > 0));
        Assert.That(read.AddedAt, Is.EqualTo(peer.AddedAt));
        Assert.That(read.BannedUntil, Is.EqualTo(peer.BannedUntil));
        Assert.That(read.SupportedProtocols, Is.EqualTo(peer.SupportedProtocols));
        Assert.That(read.UserAgent, Is.EqualTo(peer.UserAgent));
        Assert.That(read.Metadata[200].ToArray(), Is.EqualTo(new byte[] { 1, 255 }));
        Assert.That(read.Addresses, Is.EqualTo(peer.Addresses));
        for (int i = 0; i < read.Addresses.Entries.Length; i++)
        {
            MultiaddrWithStats actual = read.Addresses.Entries[i], expected = peer.Addresses.Entries[i];
            Assert.That(actual.LastSeen, Is.EqualTo(expected.LastSeen));
            Assert.That(actual.LastAttempted, Is.EqualTo(expected.LastAttempted));
            Assert.That(actual.ConnectionAttempts, Is.EqualTo(expected.ConnectionAttempts));
            Assert.That(actual.LastFailedReason, Is.EqualTo(expected.LastFailedReason));
            Assert.That(actual.InitialDialTime, Is.EqualTo(expected.InitialDialTime));
            Assert.That(actual.Latency, Is.EqualTo(expected.Latency));
            Assert.That(actual.QualityScore, Is.EqualTo(expected.QualityScore));
            Assert.That(actual.Source.Kind, Is.EqualTo(expected.Source.Kind));
            Assert.That(actual.Source.Claim, Is.EqualTo(expected.Source.Claim));
        }
    }

    [Test]
    public void Sources_read_back_with_their_claims()
    {
        using CommsSecretKey secret = JsonPeers.Secret(1), other = JsonPeers.Secret(2);
        var claim = JsonPeers.Claim(secret, JsonPeers.Now, JsonPeers.Address);
        PeerAddressSource[] sources =
        [
            PeerAddressSource.Config,
            PeerAddressSource.FromNodeIdentity(claim),
            PeerAddressSource.FromPeerConnection(claim),
            PeerAddressSource.FromDiscovery(claim),
            PeerAddressSource.FromAnotherPeer(claim, other.PublicKey),
            PeerAddressSource.FromJoinMessage(claim),
        ];
        var address = Multiaddr.Parse(JsonPeers.Address);
        var peer = new Peer(secret.PublicKey)
        {
            Addresses = MultiaddressesWithStats.FromEntries([.. sources.Select(source => new MultiaddrWithStats(address, source))]),
        };

        Peer read = JsonPeers.Read(JsonPeers.Write(peer));

        for (int i = 0; i < sources.Length; i++)
        {
            PeerAddressSource source = read.Addresses.Entries[i].Source;
            Assert.That(source.Kind, Is.EqualTo(sources[i].Kind));
            Assert.That(source.Claim, Is.EqualTo(sources[i].Claim));
            Assert.That(source.SourcePeer, Is.EqualTo(sources[i].SourcePeer));
        }
    }

    [Test]
    public void Addresses_of_one_claim_share_it_after_reading()
    {
        Peer read = JsonPeers.Read(JsonPeers.Write(JsonPeers.Full(1)));

        Assert.That(read.Addresses.Entries[1].Source, Is.SameAs(read.Addresses.Entries[0].Source));
    }

    [Test]
    public void An_address_whose_text_reads_back_as_another_is_left_out_and_counted()
    {
        // A DNS name with slashes.
        byte[] lossy = [0x36, 6, .. "evil/x"u8, 6, 0, 1];
        var address = Multiaddr.FromBytes(lossy);
        using CommsSecretKey secret = JsonPeers.Secret(1);
        var signature = IdentitySignature.Sign(secret, 3, [address.Memory], 1);
        var source = PeerAddressSource.FromDiscovery(new([address], PeerFeatures.CommunicationNode, signature));
        var peer = new Peer(secret.PublicKey)
        {
            Addresses = MultiaddressesWithStats.FromEntries(
                [new(address, PeerAddressSource.Config), new(Multiaddr.Parse(JsonPeers.Address), source)]),
        };

        string json = JsonPeers.Write(peer, out int leftOut);

        Assert.That(leftOut, Is.EqualTo(2));
        Assert.That(JsonPeers.Read(json).Addresses.Entries, Has.Length.EqualTo(1));
    }

    [Test]
    public void A_key_alone_is_a_node_without_addresses()
    {
        Peer peer = JsonPeers.Read($$"""{"public_key":" 0x{{JsonPeers.Key.ToUpperInvariant()}} "}""");

        Assert.That(peer.NodeId.ToString(), Is.EqualTo(JsonPeers.NodeId));
        Assert.That(peer.Features, Is.EqualTo(PeerFeatures.CommunicationNode));
        Assert.That(peer.Flags, Is.EqualTo(PeerFlags.None));
        Assert.That(peer.Addresses.Entries, Is.Empty);
        Assert.That(peer.AddedAt, Is.Null);
        Assert.That(peer.HasId, Is.False);
    }

    [Test]
    public void Null_is_as_good_as_absent_and_unknown_members_are_passed_over()
    {
        Peer peer = JsonPeers.Read($$"""
            {
              "comment": { "public_key": [1, 2] }, "public_key": "{{JsonPeers.Key}}", "node_id": null, "id": null, "addresses": null,
              "flags": null, "banned_until": null, "banned_reason": null, "features": null, "supported_protocols": null, "added_at": null,
              "user_agent": null, "metadata": null, "deleted_at": null
            }
            """);

        JsonPeers.AssertSame(peer, new Peer(CommsPublicKey.FromHex(JsonPeers.Key)));
    }

    [Test]
    public void Addresses_written_by_hand_are_configured_ones_each_once()
    {
        Peer peer = JsonPeers.Read($$"""
            {"public_key":"{{JsonPeers.Key}}","features":"COMMUNICATION_NODE",
            "addresses":["{{JsonPeers.Address}}","/dns4/a.example/tcp/1","{{JsonPeers.Address}}"]}
            """);

        Assert.That(
            peer.Addresses.Entries.Select(static entry => entry.Address.ToString()),
            Is.EqualTo(new[] { JsonPeers.Address, "/dns4/a.example/tcp/1" }));
        Assert.That(
            peer.Addresses.Entries, Has.All.Matches<MultiaddrWithStats>(static entry => entry.Source.IsConfig && !entry.HasDialResults));
    }

    [Test]
    public void An_address_object_needs_nothing_but_the_address()
    {
        Peer peer = JsonPeers.Read($$"""{"public_key":"{{JsonPeers.Key}}","addresses":[{"address":"{{JsonPeers.Address}}"}]}""");

        Assert.That(peer.Addresses.Entries[0].Source.IsConfig, Is.True);
        Assert.That(peer.Addresses.Entries[0].QualityScore, Is.Null);
    }

    [TestCase("/ip4/1.2.3.4/tcp/1")]
    [TestCase("/ip4/1.2.3.4/tcp/1", "/dns4/a.example/tcp/2")]
    [TestCase("/ip6/::1/tcp/1", "/ip6/::/tcp/2", "/ip6/fe80::/tcp/3", "/ip6/1:2:3:4:5:6:7:8/tcp/4", "/memory/5")]
    [TestCase("/ip6/2001:db8::1/tcp/18189", "/onion3/vww6ybal4bd7szmgncyruucpgfkqahzddi37ktceo3ah7ngmcopnpyyd:1234")]
    public void A_text_is_the_short_form_of_a_configured_node(params string[] addresses)
    {
        Peer peer = JsonPeers.Read($"\" {JsonPeers.Key}::{string.Join("::", addresses)} \"");

        Assert.That(peer.PublicKey.ToString(), Is.EqualTo(JsonPeers.Key));
        Assert.That(peer.Features, Is.EqualTo(PeerFeatures.CommunicationNode));
        Assert.That(peer.Addresses.Entries.Select(static entry => entry.Address.ToString()), Is.EqualTo(addresses));
        Assert.That(peer.Addresses.Entries, Has.All.Matches<MultiaddrWithStats>(static entry => entry.Source.IsConfig));
    }

    [Test]
    public void Spaces_around_the_parts_of_a_short_form_do_not_count()
    {
        bool isRead = PeerJson.TryParse(
            $"{JsonPeers.Key} :: /ip4/1.2.3.4/tcp/1 ::/ip4/1.2.3.4/tcp/2", out Peer? peer, out PeerJsonProblem problem);

        Assert.That(isRead, Is.True, problem.ToString());
        Assert.That(peer!.Addresses.Entries, Has.Length.EqualTo(2));
    }

    [TestCase("2025-09-12T09:36:00", "2025-09-12T09:36:00.0000000")]
    [TestCase("2025-09-12T09:36:00Z", "2025-09-12T09:36:00.0000000")]
    [TestCase("2025-09-12T09:36:00.1", "2025-09-12T09:36:00.1000000")]
    [TestCase("2025-09-12T09:36:00.123456789", "2025-09-12T09:36:00.1234567")]
    [TestCase("2025-09-12 09:36:00", "2025-09-12T09:36:00.0000000")]
    [TestCase("+262142-12-31T23:59:59.999999999", "9999-12-31T23:59:59.9999999")]
    [TestCase("-0044-03-15T12:00:00", "0001-01-01T00:00:00.0000000")]
    [TestCase("0001-01-01T00:00:00", "0001-01-01T00:00:00.0000000")]
    public void Times_are_UTC_and_saturate(string text, string expected)
    {
        Peer peer = JsonPeers.Read($$"""{"public_key":"{{JsonPeers.Key}}","banned_until":"{{text}}"}""");

        Assert.That(peer.BannedUntil!.Value.UtcDateTime.ToString("yyyy-MM-ddTHH:mm:ss.fffffff", null), Is.EqualTo(expected));
    }

    [TestCase("0001-01-01T00:00:00")]
    [TestCase("1969-12-31T23:59:59.999999900")]
    [TestCase("1970-01-01T00:00:00")]
    [TestCase("2000-02-29T12:34:56.001")]
    [TestCase("2000-02-29T12:34:56.000001")]
    [TestCase("9999-12-31T23:59:59.999999900")]
    public void Times_are_written_with_as_few_digits_as_they_need(string text)
    {
        Peer peer = JsonPeers.Read($$"""{"public_key":"{{JsonPeers.Key}}","deleted_at":"{{text}}"}""");

        Assert.That((string?)JsonNode.Parse(JsonPeers.Write(peer))!["deleted_at"], Is.EqualTo(text));
    }

    [Test]
    public void The_longest_duration_reads_back()
    {
        string json = $$"""
            {"public_key":"{{JsonPeers.Key}}",
            "addresses":[{"address":"/memory/1","avg_latency":{"secs":18446744073709551615,"nanos":999999999} }]}
            """;

        Peer peer = JsonPeers.Read(json);

        Assert.That(peer.Addresses.Entries[0].Latency.Nanoseconds, Is.EqualTo(RunningMean.MaxNanoseconds));
        Assert.That(JsonPeers.Write(peer), Does.Contain("""{"secs":18446744073709551615,"nanos":999999999}"""));
    }

    [Test]
    public void Nanoseconds_of_a_second_and_more_carry_over()
    {
        Peer peer = JsonPeers.Read(
            $$"""{"public_key":"{{JsonPeers.Key}}","addresses":[{"address":"/memory/1","avg_latency":{"secs":1,"nanos":4000000000} }]}""");

        Assert.That(peer.Addresses.Entries[0].Latency.Nanoseconds, Is.EqualTo((UInt128)5_000_000_000));
    }

    [TestCaseSource(nameof(Refusals))]
    public void A_value_that_makes_no_sense_is_refused_by_the_name_of_its_member(string json, string member, string explanation)
    {
        PeerJsonProblem problem = JsonPeers.Problem(json);

        Assert.That(problem.Error, Is.Not.EqualTo(PeerJsonError.None));
        Assert.That(problem.Member, Is.EqualTo(member));
        Assert.That(problem.ToString(), Does.Contain(explanation));
    }

    [Test]
    public void A_problem_never_shows_the_value()
    {
        const string secret = "c0ffee";
        string[] members = ["public_key", "node_id", "flags", "features", "banned_until", "added_at", "addresses"];

        foreach (string member in members)
        {
            PeerJsonProblem problem = JsonPeers.Problem($$"""{"public_key":"{{JsonPeers.Key}}","{{member}}":"{{secret}}"}""");

            Assert.That(problem.Member, Is.EqualTo(member));
            Assert.That(problem.ToString(), Does.Not.Contain(secret));
        }
    }

    [Test]
    public void Mutated_peers_are_read_or_refused_and_never_throw([ValueSource(nameof(Seeds))] int seed)
    {
        var random = new Random(seed);
        byte[][] sources =
        [
            .. Enumerable.Range(0, 4).Select(static number => System.Text.Encoding.UTF8.GetBytes(JsonPeers.Write(JsonPeers.Full(number)))),
        ];
        int read = 0, refused = 0;
        for (int i = 0; i < 2500; i++)
        {
            byte[] json = JsonMutation.Mutate(sources[random.Next(sources.Length)], random);
            JsonDocument document;
            try
            {
                document = JsonDocument.Parse(json);
            }
            catch (JsonException)
            {
                continue;
            }

            using (document)
            {
                bool isRead = PeerJson.TryRead(document.RootElement, out Peer? peer, out PeerJsonProblem problem);
                Assert.That(isRead, Is.EqualTo(peer is not null).And.EqualTo(problem.Error == PeerJsonError.None));
                read += isRead ? 1 : 0;
                refused += isRead ? 0 : 1;
                if (isRead)
                {
                    JsonPeers.AssertSame(JsonPeers.Read(JsonPeers.Write(peer!)), peer!);
                }
            }
        }

        Assert.That(read, Is.GreaterThan(100));
        Assert.That(refused, Is.GreaterThan(100));
    }

    private static IEnumerable<int> Seeds() => LongRun.Seeds(1, 4);
}
