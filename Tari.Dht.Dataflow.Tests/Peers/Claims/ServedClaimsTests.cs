using System.Collections.Immutable;
using System.Text.Json;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Vectors;
using static Tari.Dht.Dataflow.Tests.Peers.Addresses.TestAddresses;

namespace Tari.Dht.Dataflow.Tests.Peers.Claims;

public sealed class ServedClaimsTests
{
    private const string FileName = "get_peers.json";

    [Test]
    [Category(VectorFile.Category)]
    public void All_kinds_of_cases_are_known() =>
        VectorFile.AssertKinds(FileName, "from_peer", "service"); // For the service see GetPeersVectorTests.

    [TestCaseSource(nameof(Cases))]
    [Category(VectorFile.Category)]
    public void The_claims_served_are_the_references(JsonElement vector)
    {
        vector.AssertMembers(
            "kind", "name", "addresses", "claims", "entries", "public_key", "max_claims", "max_addresses_per_claim", "expected");

        // For the forms on the wire see GetPeersVectorTests.
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("claims", "peer_info_wire", "wire");
        var addresses = new Dictionary<string, Multiaddr>();
        foreach (JsonProperty address in vector.GetProperty("addresses").EnumerateObject())
        {
            addresses.Add(address.Name, Multiaddr.FromBytes(Convert.FromHexString(address.Value.GetString()!)));
        }

        var claims = new Dictionary<string, PeerIdentityClaim>();
        foreach (JsonProperty claim in vector.GetProperty("claims").EnumerateObject())
        {
            claim.Value.AssertMembers("addresses", "features", "identity_signature");
            claims.Add(
                claim.Name,
                Claim(Now, [.. claim.Value.GetProperty("addresses").EnumerateArray().Select(name => addresses[name.GetString()!])]));
        }

        MultiaddressesWithStats list =
            MultiaddressesWithStats.FromEntries([.. vector.GetProperty("entries").EnumerateArray().Select(Entry)]);
        ImmutableArray<PeerIdentityClaim> served = ServedClaims.Select(
            list,
            vector.GetProperty("max_claims").GetInt32(),
            vector.GetProperty("max_addresses_per_claim").GetInt32(),
            IsWellShaped);

        Assert.That(
            served.Select(claim => claims.Single(pair => ReferenceEquals(pair.Value, claim)).Key),
            Is.EqualTo(expected.GetProperty("claims").EnumerateArray().Select(name => name.GetString())));

        MultiaddrWithStats Entry(JsonElement entry)
        {
            entry.AssertMembers("address", "source");
            JsonElement source = entry.GetProperty("source");
            string name = entry.Text("address");
            Multiaddr address = name.Length == 0 ? Multiaddr.Empty : addresses[name];
            if (source.ValueKind == JsonValueKind.String)
            {
                Assert.That(source.GetString(), Is.EqualTo("Config"));
                return new MultiaddrWithStats(address, PeerAddressSource.Config);
            }

            source.AssertMembers("kind", "claim");
            PeerIdentityClaim claim = claims[source.Text("claim")];
            return new MultiaddrWithStats(address, source.Text("kind") switch
            {
                "FromPeerConnection" => PeerAddressSource.FromPeerConnection(claim),
                "FromDiscovery" => PeerAddressSource.FromDiscovery(claim),
                "FromNodeIdentity" => PeerAddressSource.FromNodeIdentity(claim),
                "FromJoinMessage" => PeerAddressSource.FromJoinMessage(claim),
                "FromAnotherPeer" => PeerAddressSource.FromAnotherPeer(claim, default),
                _ => throw new InvalidDataException($"Unknown source {source}."),
            });
        }
    }

    [Test]
    public void Scenario_57_a_claim_with_an_unusual_name_is_not_served_and_a_clean_one_beside_it_is()
    {
        Multiaddr unusual = Multiaddr.Parse("/dns4/a_b.example.com/tcp/1");
        PeerIdentityClaim mixed = Claim(Now, Address(1), unusual);
        PeerIdentityClaim clean = Claim(Now, Address(2));
        MultiaddressesWithStats list =
            MultiaddressesWithStats.FromEntries([new MultiaddrWithStats(Address(1), PeerAddressSource.FromDiscovery(mixed))]);
        Assert.That(ServedClaims.Select(list, 5, 5, IsWellShaped), Is.Empty);

        list = MultiaddressesWithStats.FromEntries(
            list.Entries.Add(new MultiaddrWithStats(Address(2), PeerAddressSource.FromDiscovery(clean))));
        Assert.That(ServedClaims.Select(list, 5, 5, IsWellShaped), Is.EqualTo(new[] { clean }).Using<PeerIdentityClaim>(ReferenceEquals));
    }

    [TestCase(0)]
    [TestCase(-1)]
    public void No_claim_is_served_to_whoever_asks_for_none(int maxClaims) =>
        Assert.That(ServedClaims.Select(Claimed(Now, Address(1)), maxClaims, 5, _ => true), Is.Empty);

    [Test]
    public void The_empty_address_and_configured_ones_serve_nothing()
    {
        MultiaddressesWithStats list = MultiaddressesWithStats.FromEntries(
        [
            new MultiaddrWithStats(Multiaddr.Empty, PeerAddressSource.FromDiscovery(Claim(Now, Address(1)))),
            new MultiaddrWithStats(Address(1), PeerAddressSource.Config),
        ]);
        Assert.That(ServedClaims.Select(list, 5, 5, _ => true), Is.Empty);
    }

    private static IEnumerable<TestCaseData> Cases() => VectorFile.Cases(FileName, "from_peer");

    private static bool IsWellShaped(Multiaddr address) => PeerValidator.CheckShape(address).IsNone;
}
