using System.Text.Json;
using Microsoft.Extensions.Logging.Abstractions;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

/// <summary>What the reference answers to whoever asks it for peers.</summary>
[Category(VectorFile.Category)]
internal sealed class GetPeersVectorTests
{
    private const string FileName = "get_peers.json";

    [Test]
    public void Every_kind_of_case_is_known() => VectorFile.AssertKinds(FileName, "from_peer", "service");

    [TestCaseSource(nameof(Cases), new object[] { "from_peer" })]
    public void A_record_is_passed_on_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers(
            "kind", "name", "addresses", "claims", "entries", "public_key", "max_claims", "max_addresses_per_claim", "expected");
        var names = new Names(vector, DateTimeOffset.UnixEpoch);
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("claims", "peer_info_wire", "wire");

        PeerIdentityClaim[] served =
        [
            .. ServedClaims.Select(
                names.Entries(vector.GetProperty("entries")),
                vector.GetProperty("max_claims").GetInt32(),
                vector.GetProperty("max_addresses_per_claim").GetInt32(),
                address => PeerValidator.CheckShape(address).IsNone),
        ];

        Assert.That(served.Select(names.NameOf), Is.EqualTo(expected.Texts("claims")));
        string wire = Convert.ToHexStringLower(GetPeersResponseWriter.Encode(new CommsPublicKey(vector.Hex("public_key")), served));
        Assert.That(wire, Is.EqualTo(expected.Text("wire")));

        // The response is the peer behind a key and a length.
        Assert.That(wire, Does.EndWith(expected.Text("peer_info_wire")));
    }

    [TestCaseSource(nameof(Cases), new object[] { "service" })]
    public async Task A_caller_is_answered_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers(
            "kind", "name", "now", "addresses", "claims", "peers", "config", "saved", "request", "requester", "expected");
        var time = new ManualTimeProvider(vector.Now());
        var names = new Names(vector, vector.Now());
        var keys = vector.GetProperty("peers").EnumerateObject()
            .ToDictionary(peer => peer.Name, peer => new CommsPublicKey(Convert.FromHexString(peer.Value.GetString()!)));
        await using var manager = PeerManager.Open(new PeerManagerOptions { TimeProvider = time, Random = new Random(3) });
        foreach (JsonElement saved in vector.GetProperty("saved").EnumerateArray())
        {
            saved.AssertMembers("peer", "record");
            manager.AddOrUpdatePeer(names.Record(keys[saved.Text("peer")], saved.GetProperty("record")));
        }

        JsonElement asked = vector.GetProperty("request");
        asked.AssertMembers("n", "include_clients", "max_claims", "max_addresses_per_claim");
        var request = new GetPeersRequest(
            asked.GetProperty("n").GetUInt32(),
            asked.Optional("include_clients")?.GetBoolean() ?? false,
            asked.GetProperty("max_claims").GetUInt32(),
            asked.GetProperty("max_addresses_per_claim").GetUInt32());
        NodeId requester = vector.Text("requester") is { Length: > 0 } name
            ? NodeId.FromPublicKey(keys[name])
            : NodeId.FromPublicKey(SignedClaims.PublicKey(77));
        var responder = new RecordingResponder();

        RpcStatus status = await new DhtRpcService(manager, Config(vector.GetProperty("config")), time, NullLogger.Instance).ServeAsync(
            new RpcRequest(requester, DhtRpcProtocol.GetPeers, GetPeersRequestMessage.Encode(request), TimeSpan.FromMinutes(2)),
            responder,
            CancellationToken.None);

        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("result", "responses", "responses_from", "count", "status", "details");
        if (expected.Text("result") == "error")
        {
            Assert.That(status.Code.ToString(), Is.EqualTo(expected.Text("status")));
            Assert.That(status.Details, Is.EqualTo(expected.Text("details")));
            Assert.That(responder.Bodies, Is.Empty);
            return;
        }

        Assert.That(expected.Text("result"), Is.EqualTo("ok"));
        Assert.That(status, Is.EqualTo(RpcStatus.Ok));
        string[] wires = [.. responder.Bodies.Select(Convert.ToHexStringLower)];
        if (expected.Optional("responses") is { } all)
        {
            Assert.That(wires, Is.EquivalentTo(Wires(all)));
            return;
        }

        Assert.That(wires, Is.SubsetOf(Wires(expected.GetProperty("responses_from"))).And.Unique);
        Assert.That(wires, Has.Length.EqualTo(expected.GetProperty("count").GetInt32()));
    }

    private static string[] Wires(JsonElement responses) =>
    [
        .. responses.EnumerateArray().Select(response =>
        {
            response.AssertMembers("peer", "claims", "wire");
            return response.Text("wire");
        }),
    ];

    private static DhtConfig Config(JsonElement config)
    {
        config.AssertMembers("allow_test_addresses", "max_peers_to_sync_per_round");
        var result = new DhtConfig();
        return result with
        {
            PeerValidatorConfig = result.PeerValidatorConfig with
            {
                AllowTestAddresses = config.Optional("allow_test_addresses")?.GetBoolean() ?? false,
            },
            NetworkDiscovery = result.NetworkDiscovery with
            {
                MaxPeersToSyncPerRound = config.Optional("max_peers_to_sync_per_round")?.GetInt32() ?? 500,
            },
        };
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);

    /// <summary>The addresses and claims that a case gives names to.</summary>
    private sealed class Names
    {
        private readonly DateTimeOffset _now;
        private readonly Dictionary<string, Multiaddr> _addresses = new() { [""] = Multiaddr.Empty };
        private readonly Dictionary<string, PeerIdentityClaim> _claims = [];

        public Names(JsonElement vector, DateTimeOffset now)
        {
            _now = now;
            foreach (JsonProperty address in vector.GetProperty("addresses").EnumerateObject())
            {
                _addresses.Add(address.Name, Multiaddr.FromBytes(Convert.FromHexString(address.Value.GetString()!)));
            }

            foreach (JsonProperty claim in vector.GetProperty("claims").EnumerateObject())
            {
                claim.Value.AssertMembers("addresses", "features", "identity_signature");
                byte[] encoded = claim.Value.Hex("identity_signature");
                PeerClaimError error = IdentitySignatureCodec.TryDecode(encoded, out IdentitySignature signature);
                Assert.That(error, Is.EqualTo(PeerClaimError.None));
                _claims.Add(
                    claim.Name,
                    new PeerIdentityClaim(
                        [.. claim.Value.Texts("addresses").Select(name => _addresses[name])],
                        (PeerFeatures)claim.Value.GetProperty("features").GetUInt32(),
                        signature));
            }
        }

        public string NameOf(PeerIdentityClaim claim) => _claims.Single(pair => ReferenceEquals(pair.Value, claim)).Key;

        public Peer Record(CommsPublicKey key, JsonElement record)
        {
            record.AssertMembers("entries", "features", "flags", "banned_until", "deleted_at");
            return new Peer(key, (PeerFeatures)(record.Optional("features")?.GetUInt32() ?? 3))
            {
                Flags = (PeerFlags)(record.Optional("flags")?.GetByte() ?? 0),
                BannedUntil = Time(record, "banned_until"),
                DeletedAt = Time(record, "deleted_at"),
                Addresses = Entries(record.GetProperty("entries")),
            };
        }

        public MultiaddressesWithStats Entries(JsonElement entries) =>
            MultiaddressesWithStats.FromEntries([.. entries.EnumerateArray().Select(Entry)]);

        private MultiaddrWithStats Entry(JsonElement entry)
        {
            entry.AssertMembers("address", "source", "last_seen", "last_attempted", "last_failed_reason");
            return new MultiaddrWithStats(_addresses[entry.Text("address")], Source(entry.GetProperty("source")))
            {
                LastSeen = Time(entry, "last_seen"),
                LastAttempted = Time(entry, "last_attempted"),
                LastFailedReason = entry.OptionalText("last_failed_reason"),
            };
        }

        private PeerAddressSource Source(JsonElement source)
        {
            if (source.ValueKind == JsonValueKind.String)
            {
                Assert.That(source.GetString(), Is.EqualTo("Config"));
                return PeerAddressSource.Config;
            }

            source.AssertMembers("kind", "claim");
            PeerIdentityClaim claim = _claims[source.Text("claim")];
            return source.Text("kind") switch
            {
                "FromPeerConnection" => PeerAddressSource.FromPeerConnection(claim),
                "FromDiscovery" => PeerAddressSource.FromDiscovery(claim),
                "FromNodeIdentity" => PeerAddressSource.FromNodeIdentity(claim),
                "FromJoinMessage" => PeerAddressSource.FromJoinMessage(claim),
                "FromAnotherPeer" => PeerAddressSource.FromAnotherPeer(claim, default),
                var other => throw new InvalidDataException($"Unknown source {other}."),
            };
        }

        private DateTimeOffset? Time(JsonElement element, string name) =>
            element.Optional(name) is { } milliseconds ? _now.AddMilliseconds(milliseconds.GetInt64()) : null;
    }
}
