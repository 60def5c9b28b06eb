using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Tests.Peers.Claims;

/// <summary>The JSON of claims, of their signatures, and of the sources of addresses.</summary>
internal sealed class PeerIdentityClaimJsonTests
{
    private const string Nonce = "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919";
    private const string Scalar = "d0bf9919e1c61ffae12f614792f6bcf2cf62e3acb6986cf488422e5f29980c0f";
    private const string ClaimText =
        "{\"addresses\":[\"/ip4/23.23.23.23/tcp/18189\",\"/dns4/node.example.com/tcp/18189\"],"
        + "\"features\":\"MESSAGE_PROPAGATION | DHT_STORE_FORWARD\","
        + "\"signature\":{\"version\":0,\"signature\":{\"public_nonce\":\"" + Nonce + "\",\"signature\":\"" + Scalar + "\"},"
        + "\"updated_at\":\"2025-09-12T09:36:00.123456789Z\"}}";

    [Test]
    public void AClaimOfAnIpAndANameAddress_WritesTheirTexts_AndReadsBackEqual()
    {
        PeerIdentityClaim claim = SignedClaims.Claim("/ip4/23.23.23.23/tcp/18189", "/dns4/node.example.com/tcp/18189");

        JsonElement json = Write(claim, expectedLeftOut: 0);

        Assert.That(
            json.GetProperty("addresses").EnumerateArray().Select(item => item.GetString()),
            Is.EqualTo(new[] { "/ip4/23.23.23.23/tcp/18189", "/dns4/node.example.com/tcp/18189" }));
        Assert.That(Read(json), Is.EqualTo(claim));
    }

    [Test]
    public void AClaimOfNamesThatNoTextCanHold_KeepsJustThePlainAddress_AndNoLongerVerifies()
    {
        PeerIdentityClaim claim = SignedClaims.Claim("name:a/tcp/80/ip4/10.0.0.1", "/ip4/23.23.23.23/tcp/18189", "name:evil/x");
        Assert.That(claim.Verify(SignedClaims.PublicKey(), SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Ok));

        PeerIdentityClaim read = Read(Write(claim, expectedLeftOut: 2));

        Assert.That(read.Addresses, Is.EqualTo(new[] { SignedClaims.Address("/ip4/23.23.23.23/tcp/18189") }));
        Assert.That(read.Signature, Is.EqualTo(claim.Signature));
        Assert.That(read.Verify(SignedClaims.PublicKey(), SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }

    [Test]
    public void AClaimAsStored_ReadsAndWritesToTheSameText()
    {
        PeerIdentityClaim claim = Read(JsonSerializer.Deserialize<JsonElement>(ClaimText));

        Assert.That(claim.Features, Is.EqualTo(PeerFeatures.CommunicationNode));
        Assert.That(claim.Signature.UpdatedAt, Is.EqualTo(1_757_669_760));
        Assert.That(claim.Signature.UpdatedAtNanoseconds, Is.EqualTo(123_456_789));
        Assert.That(claim.Signature.PublicNonce, Is.EqualTo(CommsPublicKey.FromHex(Nonce)));
        Assert.That(JsonNode.Parse(Write(claim, 0).GetRawText())!.ToJsonString(), Is.EqualTo(JsonNode.Parse(ClaimText)!.ToJsonString()));
    }

    [TestCase(PeerFeatures.CommunicationClient, "")]
    [TestCase(PeerFeatures.MessagePropagation, "MESSAGE_PROPAGATION")]
    [TestCase(PeerFeatures.DhtStoreForward, "DHT_STORE_FORWARD")]
    [TestCase(PeerFeatures.CommunicationNode, "MESSAGE_PROPAGATION | DHT_STORE_FORWARD")]
    [TestCase((PeerFeatures)0x85, "MESSAGE_PROPAGATION | 0x84")]
    public void Features_AreWrittenByName_AndReadBack(PeerFeatures features, string expected)
    {
        var claim = new PeerIdentityClaim([], features, Read(JsonSerializer.Deserialize<JsonElement>(ClaimText)).Signature);

        JsonElement json = Write(claim, 0);

        Assert.That(json.GetProperty("features").GetString(), Is.EqualTo(expected));
        Assert.That(Read(json), Is.EqualTo(claim));
    }

    [TestCase("COMMUNICATION_NODE", PeerFeatures.CommunicationNode)]
    [TestCase(" NONE ", PeerFeatures.CommunicationClient)]
    [TestCase("COMMUNICATION_CLIENT|0x2", PeerFeatures.DhtStoreForward)]
    [TestCase("   ", PeerFeatures.CommunicationClient)]
    public void Features_OfOtherForms_AreRead(string text, PeerFeatures expected) =>
        Assert.That(Read(With("features", text)).Features, Is.EqualTo(expected));

    [TestCase("addresses", "null")]
    [TestCase("addresses", "\"/ip4/1.2.3.4/tcp/1\"")]
    [TestCase("addresses", "[\"/ip4/1.2.3.4/tcp/1\",\"no address\"]")]
    [TestCase("addresses", "[1]")]
    [TestCase("features", "3")]
    [TestCase("features", "\"SOMETHING\"")]
    [TestCase("features", "\"MESSAGE_PROPAGATION |\"")]
    [TestCase("features", "\"0x100000000\"")]
    [TestCase("signature", "7")]
    [TestCase("signature.version", "256")]
    [TestCase("signature.version", "-1")]
    [TestCase("signature.version", "1.5")]
    [TestCase("signature.version", "\"0\"")]
    [TestCase("signature.signature", "[]")]
    [TestCase("signature.signature.public_nonce", "\"00\"")]
    [TestCase("signature.signature.public_nonce", "\"" + Nonce + "00\"")]
    [TestCase("signature.signature.public_nonce", "\"zz493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919\"")]
    [TestCase("signature.signature.signature", "\"ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff\"")]
    [TestCase("signature.signature.signature", "null")]
    [TestCase("signature.updated_at", "\"yesterday\"")]
    [TestCase("signature.updated_at", "\"2025-09-12T09:36:00.1é\"")]
    [TestCase("signature.updated_at", "0")]
    public void AMemberThatIsMissingOrWrong_IsNamed(string member, string value)
    {
        JsonNode wrong = JsonNode.Parse(ClaimText)!;
        Set(wrong, member, JsonNode.Parse(value));
        AssertFailure(wrong, member);

        JsonNode missing = JsonNode.Parse(ClaimText)!;
        Set(missing, member, null, remove: true);
        AssertFailure(missing, member);
    }

    [TestCase("null")]
    [TestCase("[]")]
    [TestCase("\"Config\"")]
    public void WhatIsNoObject_IsNoClaim(string json)
    {
        Assert.That(
            PeerIdentityClaimJson.TryRead(JsonSerializer.Deserialize<JsonElement>(json), out PeerIdentityClaim? claim, out string? member),
            Is.False);
        Assert.That(claim, Is.Null);
        Assert.That(member, Is.Empty);
    }

    [Test]
    public void HexText_MayHaveSpacesAPrefixAndCapitals() =>
        Assert.That(
            Read(With("signature.signature.public_nonce", " 0x" + Nonce.ToUpperInvariant() + "\n")).Signature.PublicNonce,
            Is.EqualTo(CommsPublicKey.FromHex(Nonce)));

    [Test]
    public void UnknownMembers_ArePassedOver()
    {
        JsonNode json = JsonNode.Parse(ClaimText)!;
        json["more"] = 1;
        json["signature"]!["more"] = new JsonObject();

        Assert.That(Read(json.Deserialize<JsonElement>()).Addresses, Has.Length.EqualTo(2));
    }

    [Test]
    public void ATextWithHalfASurrogatePair_IsWrong()
    {
        JsonElement json = JsonSerializer.Deserialize<JsonElement>(
            ClaimText.Replace("MESSAGE_PROPAGATION |", "\\ud800", StringComparison.Ordinal));

        Assert.That(PeerIdentityClaimJson.TryRead(json, out _, out string? member), Is.False);
        Assert.That(member, Is.EqualTo("features"));
    }

    [Test]
    public void AMemberNamedByHalfASurrogatePair_NeverRaisesAnException()
    {
        foreach (string text in new[] { "{\"\\ud800aaaaaaa\":1,", "{\"\\ud800\":1," })
        {
            JsonElement json = JsonSerializer.Deserialize<JsonElement>(text + ClaimText[1..]);
            Assert.That(() => PeerIdentityClaimJson.TryRead(json, out _, out _), Throws.Nothing);
            Assert.That(() => PeerAddressSourceJson.TryRead(json, out _, out _), Throws.Nothing);
        }
    }

    [Test]
    public void Sources_OfEveryKind_ReadBack()
    {
        PeerIdentityClaim claim = SignedClaims.Claim("/ip4/23.23.23.23/tcp/18189");
        PeerAddressSource[] sources =
        [
            PeerAddressSource.Config,
            PeerAddressSource.FromNodeIdentity(claim),
            PeerAddressSource.FromPeerConnection(claim),
            PeerAddressSource.FromDiscovery(claim),
            PeerAddressSource.FromAnotherPeer(claim, SignedClaims.PublicKey(9)),
            PeerAddressSource.FromJoinMessage(claim),
        ];
        Assert.That(sources.Select(source => source.Kind), Is.EqualTo(Enum.GetValues<PeerAddressSourceKind>()));
        foreach (PeerAddressSource source in sources)
        {
            JsonElement json = WriteSource(source);
            Assert.That(PeerAddressSourceJson.TryRead(json, out PeerAddressSource? read, out _), Is.True);
            Assert.That(read!.Kind, Is.EqualTo(source.Kind));
            Assert.That(read.Claim, Is.EqualTo(source.Claim));
            Assert.That(read.SourcePeer, Is.EqualTo(source.SourcePeer));
        }

        Assert.That(WriteSource(PeerAddressSource.Config).GetRawText(), Is.EqualTo("\"Config\""));
        Assert.That(
            WriteSource(sources[2]).GetRawText(), Does.StartWith("{\"FromPeerConnection\":{\"peer_identity_claim\":{\"addresses\":["));
        Assert.That(
            WriteSource(sources[4]).GetProperty("FromAnotherPeer").GetProperty("source_peer").GetString(),
            Is.EqualTo(SignedClaims.PublicKey(9).ToString()));
    }

    [TestCase("\"config\"", "")]
    [TestCase("null", "")]
    [TestCase("{}", "")]
    [TestCase("{\"Config\":null}", "")]
    [TestCase("{\"FromNowhere\":{\"peer_identity_claim\":CLAIM}}", "")]
    [TestCase("{\"FromDiscovery\":{\"peer_identity_claim\":CLAIM},\"FromJoinMessage\":{\"peer_identity_claim\":CLAIM}}", "")]
    [TestCase("{\"FromDiscovery\":7}", "FromDiscovery.peer_identity_claim")]
    [TestCase("{\"FromDiscovery\":{}}", "FromDiscovery.peer_identity_claim")]
    [TestCase("{\"FromDiscovery\":{\"peer_identity_claim\":{\"addresses\":[]}}}", "FromDiscovery.peer_identity_claim.features")]
    [TestCase("{\"FromAnotherPeer\":{\"peer_identity_claim\":CLAIM}}", "FromAnotherPeer.source_peer")]
    [TestCase("{\"FromAnotherPeer\":{\"peer_identity_claim\":CLAIM,\"source_peer\":\"00\"}}", "FromAnotherPeer.source_peer")]
    public void WhatIsNoSource_Fails(string text, string expectedMember)
    {
        JsonElement json = JsonSerializer.Deserialize<JsonElement>(text.Replace("CLAIM", ClaimText, StringComparison.Ordinal));

        Assert.That(PeerAddressSourceJson.TryRead(json, out PeerAddressSource? source, out string? member), Is.False);
        Assert.That(source, Is.Null);
        Assert.That(member, Is.EqualTo(expectedMember));
    }

    private static void AssertFailure(JsonNode json, string expectedMember)
    {
        bool read = PeerIdentityClaimJson.TryRead(json.Deserialize<JsonElement>(), out PeerIdentityClaim? claim, out string? member);
        Assert.That(read, Is.False, json.ToJsonString());
        Assert.That(claim, Is.Null);
        Assert.That(member, Is.EqualTo(expectedMember));
    }

    private static JsonElement With(string member, string text)
    {
        JsonNode json = JsonNode.Parse(ClaimText)!;
        Set(json, member, text);
        return json.Deserialize<JsonElement>();
    }

    private static void Set(JsonNode json, string member, JsonNode? value, bool remove = false)
    {
        string[] names = member.Split('.');
        foreach (string name in names[..^1])
        {
            json = json[name]!;
        }

        if (remove)
        {
            json.AsObject().Remove(names[^1]);
        }
        else
        {
            json[names[^1]] = value;
        }
    }

    private static JsonElement Write(PeerIdentityClaim claim, int expectedLeftOut)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Assert.That(PeerIdentityClaimJson.Write(writer, claim), Is.EqualTo(expectedLeftOut));
        }

        return JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static JsonElement WriteSource(PeerAddressSource source)
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            Assert.That(PeerAddressSourceJson.Write(writer, source), Is.Zero);
        }

        return JsonSerializer.Deserialize<JsonElement>(Encoding.UTF8.GetString(buffer.ToArray()));
    }

    private static PeerIdentityClaim Read(JsonElement json)
    {
        Assert.That(PeerIdentityClaimJson.TryRead(json, out PeerIdentityClaim? claim, out string? member), Is.True, member);
        Assert.That(member, Is.Null);
        return claim!;
    }
}
