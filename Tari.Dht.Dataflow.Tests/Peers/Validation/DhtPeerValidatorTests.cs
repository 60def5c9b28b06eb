using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Tests.Protocol;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Peers.Validation;

internal sealed class DhtPeerValidatorTests
{
    private const string Good = "/ip4/23.23.23.23/tcp/80";

    private static readonly string[] s_local =
    [
        "/ip4/127.0.0.1/tcp/1", "/ip4/192.168.1.2/tcp/1", "/ip4/169.254.1.2/tcp/1", "/ip6/fc00::1/tcp/1", "/ip6/::ffff:127.0.0.1/tcp/1",
        "/dns4/node.internal/tcp/1",
    ];

    private readonly CommsPublicKey _key = SignedClaims.PublicKey();

    [Test]
    public void OnlyAWrongSignature_IsAnOffence()
    {
        PeerIdentityClaim forged = SignedClaims.Claim(2, SignedClaims.Now, Good);
        PeerIdentityClaim[] two = [SignedClaims.Claim(Good), SignedClaims.Claim(Good)];
        string[] six = [.. Enumerable.Range(1, 6).Select(port => $"/ip4/23.23.23.23/tcp/{port}")];
        (string Expected, DhtPeerValidatorError Error)[] cases =
        [
            ("PeerHasNoAddresses", Fail([])),
            ("PeerHasNoUsableAddresses", Fail([SignedClaims.Claim("/ip4/127.0.0.1/tcp/1")])),
            ("PeerHasNoUsableAddresses", Fail([SignedClaims.Claim()])),
            ("IdentityTooManyClaims", Fail(two, maxClaims: 1)),
            ("InvalidMultiaddr", Fail([SignedClaims.Claim("/ip4/23.23.23.23/udp/80")])),
            ("OnionV2NotSupported", Fail([SignedClaims.Claim("/onion/aaimaq4ygg2iegci:1234")])),
            ("PeerIdentityTooManyAddresses", Fail([SignedClaims.Claim(six)])),
            ("NewAndExistingMismatch", Fail([SignedClaims.Claim(Good)], new Peer(SignedClaims.PublicKey(2)))),
            ("PeerSignatureFromFuture", Fail([SignedClaims.Claim(1, SignedClaims.Now + (2 * 86_400), Good)])),
        ];
        foreach ((string expected, DhtPeerValidatorError error) in cases)
        {
            Assert.That(Name(error), Is.EqualTo(expected));
            Assert.That(error.IsBanOffence, Is.False, expected);
            Assert.That(error.ToString(), Does.EndWith("."));
        }

        DhtPeerValidatorError offence = Fail([forged]);
        Assert.That(Name(offence), Is.EqualTo("InvalidPeerSignature"));
        Assert.That(offence.IsBanOffence);
        Assert.That(default(DhtPeerValidatorError).IsBanOffence, Is.False);
    }

    [Test]
    public void TooManyClaims_AreCounted()
    {
        DhtPeerValidatorError error = Fail([.. Enumerable.Repeat(SignedClaims.Claim(Good), 6)]);

        Assert.That((Name(error), error.Length, error.Max), Is.EqualTo(("IdentityTooManyClaims", 6, 5)));
        Assert.That(Accept([.. Enumerable.Repeat(SignedClaims.Claim(Good), 5)]).Addresses.Entries, Has.Length.EqualTo(1));
    }

    [Test]
    public void ASignatureOfZeros_IsAnOffence()
    {
        PeerIdentityClaim signed = SignedClaims.Claim(Good);
        var zeros = new PeerIdentityClaim(
            signed.Addresses, signed.Features, new IdentitySignature(0, default, new byte[32], signed.Signature.UpdatedAt));

        DhtPeerValidatorError error = Fail([zeros]);

        Assert.That(Name(error), Is.EqualTo("InvalidPeerSignature"));
        Assert.That(error.IsBanOffence);
    }

    [Test]
    public void ANameWithASlash_IsRefusedWithoutOffence_AndAUsualNameKept()
    {
        DhtPeerValidatorError error = Fail([SignedClaims.Claim("name:evil/x")]);

        Assert.That(Name(error), Is.EqualTo("InvalidMultiaddr"));
        Assert.That(error.IsBanOffence, Is.False);
        Assert.That(
            Addresses(Accept([SignedClaims.Claim("/dns4/node.example.com/tcp/18189")])),
            Is.EqualTo(new[] { "/dns4/node.example.com/tcp/18189" }));
    }

    [Test]
    public void OfAGoodAddressAmongLocalOnes_OnlyTheGoodOneIsKept() =>
        Assert.That(Addresses(Accept([SignedClaims.Claim([Good, .. s_local])], maxAddresses: 7)), Is.EqualTo(new[] { Good }));

    [Test]
    public void OnlyLocalAddresses_AreOfNoUse_UnlessAnExternalOneIsKnown()
    {
        PeerIdentityClaim local = SignedClaims.Claim("/ip4/127.0.0.1/tcp/1", "/ip4/10.0.0.2/tcp/1", "/ip6/fe80::1/tcp/1");
        Peer known = Known(PeerAddressSource.FromDiscovery(SignedClaims.Claim(1, 5, Good)), Good);

        Assert.That(Name(Fail([local])), Is.EqualTo("PeerHasNoUsableAddresses"));
        Assert.That(Addresses(Accept([local], known)), Is.EqualTo(new[] { Good }));
        Assert.That(Name(Fail([local], Known(PeerAddressSource.Config, "/ip4/10.0.0.3/tcp/1"))), Is.EqualTo("PeerHasNoUsableAddresses"));
        Assert.That(Name(Fail([local], Known(PeerAddressSource.Config, ""))), Is.EqualTo("PeerHasNoUsableAddresses"), "the empty address");
    }

    [Test]
    public void WithTestAddressesAllowed_AllLocalOnesAreKept()
    {
        string[] local = ["/ip4/127.0.0.1/tcp/1", "/ip4/192.168.1.2/tcp/1", "/ip6/fe80::1/tcp/1", "/dns4/node.internal/tcp/1"];

        Peer peer = Accept([SignedClaims.Claim(local)], allowTest: true);

        Assert.That(Addresses(peer), Is.EquivalentTo(local));
    }

    [Test]
    public void ANewPeer_TakesItsFeaturesFromTheLatestClaim()
    {
        PeerIdentityClaim old = SignedClaims.Claim(1, PeerFeatures.CommunicationNode, 100, Good);
        PeerIdentityClaim latest = SignedClaims.Claim(1, PeerFeatures.MessagePropagation, 200, Good);

        Peer peer = Accept([latest, old]);

        Assert.That(peer.PublicKey, Is.EqualTo(_key));
        Assert.That(peer.Features, Is.EqualTo(PeerFeatures.MessagePropagation));
        Assert.That(peer.Flags, Is.EqualTo(PeerFlags.None));
        Assert.That(peer.UserAgent, Is.Empty);
        Assert.That(peer.SupportedProtocols, Is.Empty);
        Assert.That(peer.HasId, Is.False);
    }

    [Test]
    public void AKnownPeer_KeepsItsFeaturesFlagsAndBan()
    {
        Peer known = Known(PeerAddressSource.Config, "/ip4/8.8.8.8/tcp/8") with
        {
            Features = PeerFeatures.CommunicationClient,
            Flags = PeerFlags.Seed,
            BannedUntil = SignedClaims.NowTime.AddDays(1),
            BannedReason = "reason",
            Id = 17,
        };

        Peer peer = Accept([SignedClaims.Claim(Good)], known);

        Assert.That(peer.Features, Is.EqualTo(PeerFeatures.CommunicationClient));
        Assert.That(peer.Flags, Is.EqualTo(PeerFlags.Seed));
        Assert.That(peer.BannedUntil, Is.EqualTo(known.BannedUntil));
        Assert.That(peer.BannedReason, Is.EqualTo("reason"));
        Assert.That(peer.Id, Is.EqualTo(17));
        Assert.That(Addresses(peer), Is.EquivalentTo(new[] { Good, "/ip4/8.8.8.8/tcp/8" }));
        Assert.That(known.Addresses.Entries, Has.Length.EqualTo(1), "the given record stays as it is");
    }

    [Test]
    public void AddressesOfAClaim_CarryTheWholeClaimAsTheirSource()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Good, "/ip4/10.0.0.1/tcp/1");

        MultiaddrWithStats entry = Accept([claim]).Addresses.Entries.Single();

        Assert.That(entry.Source.Kind, Is.EqualTo(PeerAddressSourceKind.FromDiscovery));
        Assert.That(entry.Source.Claim, Is.SameAs(claim));
        Assert.That(entry.LastSeen, Is.Null);
    }

    [Test]
    public void AnOlderClaim_AddsNothingToANewerOne()
    {
        PeerIdentityClaim newer = SignedClaims.Claim(1, 200, Good);
        PeerIdentityClaim older = SignedClaims.Claim(1, 100, "/ip4/24.24.24.24/tcp/1");

        Assert.That(Addresses(Accept([newer, older])), Is.EqualTo(new[] { Good }));
        Assert.That(Addresses(Accept([older, newer])), Is.EqualTo(new[] { Good }));
    }

    [Test]
    public void AFailureOfOneClaim_IsOneOfAll()
    {
        PeerIdentityClaim forged = SignedClaims.Claim(2, SignedClaims.Now, Good);
        PeerIdentityClaim local = SignedClaims.Claim("/ip4/127.0.0.1/tcp/1");
        PeerIdentityClaim invalid = SignedClaims.Claim("/udp/1");

        Assert.That(Name(Fail([SignedClaims.Claim(Good), forged])), Is.EqualTo("InvalidPeerSignature"));
        Assert.That(Name(Fail([local, forged])), Is.EqualTo("InvalidPeerSignature"), "before there are no usable addresses");
        Assert.That(Name(Fail([invalid, forged])), Is.EqualTo("InvalidMultiaddr"), "the first claim first");
        Assert.That(Name(Fail([forged, invalid])), Is.EqualTo("InvalidPeerSignature"), "the first claim first");
    }

    [Test]
    public void OfTwoFaultsOfAPeer_TheFirstInOrderIsTheAnswer()
    {
        var other = new Peer(SignedClaims.PublicKey(2));
        PeerIdentityClaim forged = SignedClaims.Claim(2, SignedClaims.Now, Good);

        Assert.That(Name(Fail([], other)), Is.EqualTo("PeerHasNoAddresses"));
        Assert.That(Name(Fail([forged, forged], other, maxClaims: 1)), Is.EqualTo("IdentityTooManyClaims"));
        Assert.That(Name(Fail([forged], other)), Is.EqualTo("NewAndExistingMismatch"));
    }

    [Test]
    public void AJoin_IsConvertedAndValidated()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Good);
        Assert.That(PeerClaimMessage.TryDecode(SignedClaims.JoinOf(claim, nonce: 99), out PeerClaimMessage message));
        Assert.That(message.Nonce, Is.EqualTo(99));
        Assert.That(UnvalidatedPeerInfo.TryConvert(message, out UnvalidatedPeerInfo? info), Is.EqualTo(PeerClaimError.None));

        Assert.That(info!.Claims.Single(), Is.EqualTo(claim));
        Assert.That(Addresses(Accept([.. info.Claims])), Is.EqualTo(new[] { Good }));
    }

    [Test]
    public void AJoin_OfMoreAddressesThanAnyBudget_IsRefusedWithoutMakingAnyOfThem()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Good);
        byte[] address = SignedClaims.Dns4("a-name-of-some-length.com").Bytes.ToArray();
        byte[] addresses = [.. Enumerable.Repeat<byte[]>([0x12, (byte)address.Length, .. address], 28_800).SelectMany(field => field)];
        byte[] encoded = [.. SignedClaims.JoinOf(claim), .. addresses];

        Assert.That(encoded, Has.Length.GreaterThan(900 * 1024));
        Assert.That(PeerClaimMessage.TryDecode(encoded, out _), Is.False);
        Assert.That(AllocationProbe.BytesOf(() => _ = PeerClaimMessage.TryDecode(encoded, out _)), Is.Zero);
    }

    [Test]
    public void Validate_OfNothing_IsTheCallersMistake() =>
        Assert.That(() => Validator().Validate(null!, null, out _), Throws.ArgumentNullException);

    [Test]
    public void AListWithANullInsteadOfAClaim_IsTheCallersMistake() =>
        Assert.That(() => new UnvalidatedPeerInfo(_key, [SignedClaims.Claim(Good), null!]), Throws.ArgumentException);

    [Test]
    public void AnUnsetListOfClaims_IsNone() => Assert.That(new UnvalidatedPeerInfo(_key, default).Claims, Is.Empty);

    private static string Name(DhtPeerValidatorError error) =>
        error.Kind == DhtPeerValidatorErrorKind.Validator ? error.Validator.Kind.ToString() : error.Kind.ToString();

    private static DhtPeerValidator Validator(int maxClaims = 5, int maxAddresses = 5, bool allowTest = false) => new(
        new PeerValidatorConfig { MaxPermittedPeerAddressesPerClaim = maxAddresses, AllowTestAddresses = allowTest },
        maxClaims,
        new ManualTimeProvider(SignedClaims.NowTime));

    private static IEnumerable<string> Addresses(Peer peer) => peer.Addresses.Entries.Select(entry => entry.Address.ToString());

    private Peer Known(PeerAddressSource source, params string[] addresses) =>
        new(_key) { Addresses = MultiaddressesWithStats.FromAddresses([.. addresses.Select(SignedClaims.Address)], source) };

    private DhtPeerValidatorError Fail(PeerIdentityClaim[] claims, Peer? existing = null, int maxClaims = 5)
    {
        DhtPeerValidatorError error = Validator(maxClaims).Validate(new UnvalidatedPeerInfo(_key, [.. claims]), existing, out Peer? peer);
        Assert.That(error.IsNone, Is.False);
        Assert.That(peer, Is.Null);
        return error;
    }

    private Peer Accept(PeerIdentityClaim[] claims, Peer? existing = null, int maxAddresses = 5, bool allowTest = false)
    {
        DhtPeerValidatorError error = Validator(5, maxAddresses, allowTest)
            .Validate(new UnvalidatedPeerInfo(_key, [.. claims]), existing, out Peer? peer);
        Assert.That(error.IsNone, error.ToString());
        return peer!;
    }
}
