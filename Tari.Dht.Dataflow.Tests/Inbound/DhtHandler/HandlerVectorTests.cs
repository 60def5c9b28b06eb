using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Outbound.Broadcast;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;

/// <summary>What the reference's whole inbound stack does with a message: delivers, answers, sends on, bans, stores.</summary>
[TestFixture]
[Category(VectorFile.Category)]
internal sealed class HandlerVectorTests
{
    private const string EnvelopesFile = "envelopes.json";
    private const string MessagesFile = "dht_messages.json";

    private static readonly DhtConfig s_config = new();

    private static IEnumerable<TestCaseData> Envelopes => VectorFile.Cases(EnvelopesFile, "inbound");

    private static IEnumerable<TestCaseData> Handlers => VectorFile.Cases(MessagesFile, "handler");

    [Test]
    public void Every_kind_of_case_is_known()
    {
        VectorFile.AssertKinds(EnvelopesFile, "identities", "inbound");
        VectorFile.AssertKinds(MessagesFile, "validate", "validate_existing", "identities", "handler");
    }

    [Test]
    public void Every_outcome_that_the_stages_can_have_is_among_the_cases()
    {
        string[] texts =
        [
            .. Envelopes.Concat(Handlers).Select(
                test => ((JsonElement)test.Arguments[0]!).GetProperty("expected").GetRawText().Replace(" ", "", StringComparison.Ordinal)),
        ];
        Assert.Multiple(() =>
        {
            foreach (string outcome in (string[])
                [
                    "\"Propagate\"", "\"DirectPublicKey\"", "\"Low\"", "\"Medium\"", "\"High\"",
                    "MessageError", "InvalidPeerSignature", "_notified\":true",
                ])
            {
                Assert.That(texts.Any(text => text.Contains(outcome, StringComparison.Ordinal)), outcome);
            }
        });
    }

    [TestCaseSource(nameof(Envelopes))]
    public async Task An_envelope_ends_as_the_reference_has_it(JsonElement vector)
    {
        JsonElement settings = VectorFile.Read(EnvelopesFile).Single(element => element.Text("kind") == "identities");
        Assert.That(settings.GetProperty("ban_duration").GetInt32(), Is.EqualTo(s_config.BanDuration.TotalSeconds));
        Assert.That(settings.GetProperty("ban_duration_short").GetInt32(), Is.EqualTo(s_config.BanDurationShort.TotalSeconds));
        JsonElement expected = vector.GetProperty("expected");
        foreach (bool forwarding in (bool[])[false, true])
        {
            using NodeIdentity node = Identity(settings, vector.Text("node"));
            node.SetFeatures((PeerFeatures)settings.GetProperty("node_features").GetUInt32());
            JsonElement allowed =
                vector.Optional("dedup_allowed_message_occurrences") ?? settings.GetProperty("dedup_allowed_message_occurrences");
            await using HandlerProbe probe = Probe(node, settings.Now(), vector, forwarding, allowed.GetInt32());
            foreach (JsonElement known in settings.GetProperty("known_peers").EnumerateArray())
            {
                probe.Know(new Peer(Key(settings, known.GetString()!)));
            }

            JsonElement? after = expected.Optional(forwarding ? "after_with_forwarding" : "after");
            Assert.That(after.HasValue, Is.EqualTo(expected.Text("stage") == "passed"), "what passes has something after it");
            await AssertOutcomeAsync(probe, settings, vector, after);
        }
    }

    [TestCaseSource(nameof(Handlers))]
    public async Task A_message_to_the_DHT_ends_as_the_reference_has_it(JsonElement vector)
    {
        vector.AssertMembers("dedup_hit_count", "envelope", "expected", "kind", "message", "name", "node", "now", "source", "source_known");
        JsonElement settings = VectorFile.Read(MessagesFile).Single(element => element.Text("kind") == "identities");
        JsonElement expected = vector.GetProperty("expected");
        using NodeIdentity node = Identity(settings, vector.Text("node"));
        node.AddPublicAddress(SignedClaims.Address(settings.Text("node_address")));
        await using HandlerProbe probe = Probe(node, vector.Now(), vector, forwarding: false, allowedOccurrences: 1);
        CommsPublicKey source = Key(settings, vector.Text("source"));
        Assert.That(vector.GetProperty("source_known").GetBoolean());
        probe.Know(new Peer(source)
        {
            Addresses = MultiaddressesWithStats.FromAddresses([SignedClaims.Address("/ip4/8.8.4.1/tcp/9000")], PeerAddressSource.Config),
        });
        Assert.That(expected.Text("stage"), Is.EqualTo("passed"));
        await AssertOutcomeAsync(probe, settings, vector, expected.GetProperty("after"));
        AssertStored(probe, source, expected.Optional("peer_store_source"));
        AssertStored(probe, Key(settings, "author"), expected.Optional("peer_store_author"));
    }

    private static HandlerProbe Probe(
        NodeIdentity node, DateTimeOffset now, JsonElement vector, bool forwarding, int allowedOccurrences) => new(
        node,
        new HandlerProbeOptions
        {
            Start = now,
            EnableForwarding = forwarding,
            Cache = new ScriptedDedupCache { Answer = vector.GetProperty("dedup_hit_count").GetUInt32() },
            Configure = options => options with { DedupAllowedMessageOccurrences = allowedOccurrences },
        });

    private static async Task AssertOutcomeAsync(HandlerProbe probe, JsonElement settings, JsonElement vector, JsonElement? after)
    {
        (var delivered, StageName stage, DropReason reason) =
            await probe.RunOneAsync(NodeId.FromPublicKey(Key(settings, vector.Text("source"))), vector.GetProperty("envelope").Blob());
        delivered?.Dispose();
        IReadOnlyList<HandlerProbe.SentRequest> sent = probe.TakeSent();
        if (after is not { } expected)
        {
            Assert.That(stage, Is.LessThan(StageName.InboundLogging));
            Assert.That(sent, Is.Empty);
            Assert.That(probe.Offences.Reported, Is.Empty);
            Assert.That(probe.Discovery.Received, Is.Empty);
            return;
        }

        expected.AssertMembers("bans", "discovery_response_notified", "domain_received", "error", "sent");
        Assert.That(delivered is not null, Is.EqualTo(expected.GetProperty("domain_received").GetBoolean()), "domain_received");
        Assert.That(ReferenceName(reason), Is.EqualTo(expected.OptionalText("error")), "error");
        Assert.That(probe.Discovery.Received.Count == 1, Is.EqualTo(expected.GetProperty("discovery_response_notified").GetBoolean()));
        AssertBans(expected.GetProperty("bans"), probe.Offences.Reported);
        JsonElement[] messages = [.. expected.GetProperty("sent").EnumerateArray()];
        Assert.That(sent, Has.Count.EqualTo(messages.Length), "messages sent");
        for (int i = 0; i < messages.Length; i++)
        {
            AssertSent(messages[i], sent[i]);
        }
    }

    private static void AssertBans(JsonElement expected, IReadOnlyList<RecordingOffences.Offence> reported)
    {
        JsonElement[] bans = [.. expected.EnumerateArray()];
        Assert.That(reported, Has.Count.EqualTo(bans.Length), "bans");
        for (int i = 0; i < bans.Length; i++)
        {
            // The reasons are for people; ours are worded differently.
            bans[i].AssertMembers("duration_seconds", "duration_setting", "public_key", "reason", "severity");
            bool isLong = reported[i].Severity == OffenceSeverity.High;
            Assert.That(reported[i].Peer.ToString(), Is.EqualTo(bans[i].Text("public_key")));
            Assert.That(reported[i].Severity.ToString(), Is.EqualTo(bans[i].Text("severity")));
            Assert.That(isLong ? "ban_duration" : "ban_duration_short", Is.EqualTo(bans[i].Text("duration_setting")));
            Assert.That(
                (isLong ? s_config.BanDuration : s_config.BanDurationShort).TotalSeconds,
                Is.EqualTo(bans[i].GetProperty("duration_seconds").GetInt32()));
        }
    }

    private static void AssertSent(JsonElement expected, in HandlerProbe.SentRequest sent)
    {
        expected.AssertMembers(
            "body", "destination", "encryption", "force_origin", "kept_header", "message_type", "strategy", "strategy_text");
        (string strategy, string text) = sent.Parameters.Strategy switch
        {
            BroadcastStrategy.Propagate propagate => (
                "Propagate", $"Propagate({Text(propagate.Destination)}, {propagate.Excluded.Count} excluded)"),
            BroadcastStrategy.ToPublicKey direct => ("DirectPublicKey", $"DirectPublicKey({direct.PublicKey})"),
            var other => throw new InvalidDataException($"Nothing here is sent by {other}."),
        };
        Assert.That(strategy, Is.EqualTo(expected.Text("strategy")));
        Assert.That(text, Is.EqualTo(expected.Text("strategy_text")));
        Assert.That(Text(sent.Parameters.Destination), Is.EqualTo(expected.Text("destination")));
        Assert.That(sent.Parameters.Encryption.IsEncrypt, Is.EqualTo(expected.GetProperty("encryption").GetBoolean()));
        Assert.That(sent.Parameters.ForceOrigin, Is.EqualTo(expected.GetProperty("force_origin").GetBoolean()));
        Assert.That((int)sent.Parameters.MessageType, Is.EqualTo(expected.GetProperty("message_type").GetInt32()));
        Assert.That(KeptHeader(sent.Parameters.CustomHeader), Is.EqualTo(expected.OptionalText("kept_header")));
        AssertBody(expected.Optional("body"), sent.Body);
    }

    private static void AssertBody(JsonElement? expected, byte[] body)
    {
        if (expected is not { } bytes)
        {
            // A discovery response: its contents are not random but its signature is; DiscoveryHandlerTests reads it.
            Assert.That(EnvelopeBody.Decode(body, out EnvelopeBody decoded), Is.EqualTo(EnvelopeBodyStatus.Ok));
            Assert.That(decoded.PartCount, Is.EqualTo(1));
            Assert.That(PeerClaimMessage.TryDecode(decoded[0].Span, out _));
        }
        else if (bytes.ValueKind == JsonValueKind.String)
        {
            Assert.That(Convert.ToHexStringLower(body), Is.EqualTo(bytes.GetString()));
        }
        else
        {
            bytes.AssertMembers("length", "blake2b_256");
            byte[] digest = new byte[32];
            Blake2b.Hash(body, digest);
            Assert.That(body, Has.Length.EqualTo(bytes.GetProperty("length").GetInt32()));
            Assert.That(digest, Is.EqualTo(bytes.Hex("blake2b_256")));
        }
    }

    private static void AssertStored(HandlerProbe probe, in CommsPublicKey key, JsonElement? expected)
    {
        Peer? stored = probe.Peers.Find(key);
        Assert.That(stored is not null, Is.EqualTo(expected.HasValue), "stored");
        if (expected is { } record)
        {
            record.AssertMembers("addresses_sorted", "features");
            Assert.That((uint)stored!.Features, Is.EqualTo(record.GetProperty("features").GetUInt32()));
            Assert.That(
                stored.Addresses.Entries.Select(entry => entry.Address.ToString()).Order(StringComparer.Ordinal),
                Is.EqualTo(record.Texts("addresses_sorted")));
        }
    }

    private static string? ReferenceName(DropReason reason) => reason switch
    {
        DropReason.MessagePartMalformed => "DhtInboundError::MessageError",
        DropReason.MessagePartMissing => "DhtInboundError::InvalidMessageBody",
        DropReason.InvalidPeerSignature => "DhtInboundError::PeerValidatorError::InvalidPeerSignature",
        _ => reason.IsError() ? throw new InvalidDataException($"No case of the reference ends with {reason}.") : null,
    };

    // Of the header's field in the envelope the header itself.
    private static string? KeptHeader(byte[]? field)
    {
        if (field is null)
        {
            return null;
        }

        Assert.That(field[0], Is.EqualTo(0x0a));
        int start = 1;
        int length = 0;
        for (int shift = 0; ; shift += 7)
        {
            byte next = field[start++];
            length |= (next & 0x7f) << shift;
            if (next < 0x80)
            {
                break;
            }
        }

        Assert.That(field, Has.Length.EqualTo(start + length), "the header and nothing else");
        return Convert.ToHexStringLower(field.AsSpan(start, length));
    }

    private static string Text(NodeDestination destination) =>
        destination.PublicKey is { } key ? string.Create(CultureInfo.InvariantCulture, $"PublicKey({key})") : "Unknown";

    private static NodeIdentity Identity(JsonElement settings, string name) =>
        new(CommsSecretKey.FromBytes(settings.GetProperty("identities").GetProperty(name).Hex("secret_key")));

    private static CommsPublicKey Key(JsonElement settings, string name) =>
        new(settings.GetProperty("identities").GetProperty(name).Hex("public_key"));
}
