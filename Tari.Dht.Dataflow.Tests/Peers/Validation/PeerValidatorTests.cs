using System.Collections.Immutable;
using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Protocol.Proto.Identity;
using Tari.Dht.Dataflow.Tests.Protocol;
using Tari.Dht.Dataflow.Tests.Support;
using IdentitySignature = Tari.Dht.Dataflow.Cryptography.IdentitySignature;

namespace Tari.Dht.Dataflow.Tests.Peers.Validation;

internal sealed class PeerValidatorTests
{
    private const string Good = "/ip4/23.23.23.23/tcp/18189";

    private readonly CommsPublicKey _key = SignedClaims.PublicKey();

    [Test]
    public void AClaim_OfTwoDaysAhead_IsFromTheFuture_AndUnderAnotherKeyAnOffence()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(1, SignedClaims.Now + (2 * 86_400), Good);

        PeerValidatorError own = Strict().CheckClaim(_key, claim, out ImmutableArray<Multiaddr> permitted);
        PeerValidatorError other = Strict().CheckClaim(SignedClaims.PublicKey(2), claim, out _);

        Assert.That(own.Kind, Is.EqualTo(PeerValidatorErrorKind.PeerSignatureFromFuture));
        Assert.That(own.IsBanOffence, Is.False);
        Assert.That(permitted, Is.Empty);
        Assert.That(other.Kind, Is.EqualTo(PeerValidatorErrorKind.InvalidPeerSignature));
        Assert.That(other.IsBanOffence);
        Assert.That(other.ToString(), Does.Contain(NodeId.FromPublicKey(SignedClaims.PublicKey(2)).ToString()));
    }

    [Test]
    public void AClaim_OfADayAhead_IsTakenToTheSecond()
    {
        Assert.That(Check(SignedClaims.Claim(1, SignedClaims.Now + 86_400, Good)).IsNone);
        Assert.That(
            Check(SignedClaims.Claim(1, SignedClaims.Now + 86_401, Good)).Kind, Is.EqualTo(PeerValidatorErrorKind.PeerSignatureFromFuture));
    }

    [TestCase("evil/x")]
    [TestCase("a/tcp/80/ip4/10.0.0.1")]
    public void AName_ThatReadsAsComponents_FailsTheWholeClaim(string name)
    {
        PeerValidatorError error = Check(SignedClaims.Claim(Good, "name:" + name));

        Assert.That(error.Kind, Is.EqualTo(PeerValidatorErrorKind.InvalidMultiaddr));
        Assert.That(error.IsBanOffence);
        Assert.That(error.ToString(), Does.Not.Contain("evil").And.Not.Contain("10.0.0.1"));
    }

    [Test]
    public void AUsualNameAlone_IsPermitted()
    {
        const string Name = "/dns4/ok.example.com/tcp/1";

        Assert.That(Permitted(Strict(), SignedClaims.Claim(Name)), Is.EqualTo(new[] { Name }));
    }

    [TestCase("127.1")]
    [TestCase("0x7f000001")]
    [TestCase("1.2.3.4")]
    [TestCase("example.123")]
    public void AName_ThatResolversTakeForAnIpAddress_IsLeftOut(string name)
    {
        Assert.That(Permitted(Strict(), SignedClaims.Claim(Good, "name:" + name)), Is.EqualTo(new[] { Good }));
        Assert.That(Permitted(Lenient(), SignedClaims.Claim(Good, "name:" + name)), Is.EqualTo(new[] { Good }));

        PeerValidatorError shape = PeerValidator.CheckShape(SignedClaims.Dns4(name));
        Assert.That(shape.Kind, Is.EqualTo(PeerValidatorErrorKind.UnusableDnsName));
        Assert.That(shape.IsBanOffence, Is.False);
    }

    [Test]
    public void ANameWithAnUnderscore_IsLeftOutOfAClaimThatStaysAsItIs()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Good, "name:a_b.example.com");
        foreach (PeerValidator validator in new[] { Strict(), Lenient() })
        {
            Assert.That(Permitted(validator, claim), Is.EqualTo(new[] { Good }));
            Assert.That(claim.Addresses, Has.Length.EqualTo(2));
            Assert.That(claim.Verify(_key, SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Ok));
            Assert.That(Permitted(validator, SignedClaims.Claim("name:a_b.example.com")), Is.Empty);
        }
    }

    [TestCase(1000, 1)]
    [TestCase(1100, 0)]
    public void AClaim_WithAHugeName_IsAGoodOneOfWhichNothingIsKept(int nameLength, int kept)
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Good, $"/dns4/{new string('a', nameLength)}/tcp/18189");

        Assert.That(Permitted(Strict(), claim), Has.Count.EqualTo(kept));
    }

    [Test]
    public void AClaimWithoutAddresses_IsAGoodOne() => Assert.That(Permitted(Strict(), SignedClaims.Claim()), Is.Empty);

    [Test]
    public void TheListOfAClaim_WhoseAddressesAreAllPermitted_IsNotCopied()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Good, "/ip4/24.24.24.24/tcp/1");

        Strict().CheckClaim(_key, claim, out ImmutableArray<Multiaddr> permitted);

        Assert.That(permitted, Is.EqualTo(claim.Addresses));
        Assert.That(permitted.Equals(claim.Addresses), "the same array");
    }

    [Test]
    public void AClaim_WhoseAddressesAreAllPermitted_IsCheckedWithoutAllocation()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Good, SignedClaims.GoodOnion3, "/dns4/a.example.com/tcp/1", "/ip6/2606:4700::1/tcp/1");
        PeerIdentityClaim refused = SignedClaims.Claim("/ip4/1.2.3.4/udp/1");
        PeerIdentityClaim forged = SignedClaims.Claim(2, SignedClaims.Now, Good);
        PeerValidator validator = Strict();

        Assert.That(AllocationProbe.BytesOf(() => _ = validator.CheckClaim(_key, claim, out _)), Is.Zero, "good");
        Assert.That(AllocationProbe.BytesOf(() => _ = validator.CheckClaim(_key, refused, out _)), Is.Zero, "of a wrong form");
        Assert.That(AllocationProbe.BytesOf(() => _ = validator.CheckClaim(_key, forged, out _)), Is.Zero, "forged");
    }

    [Test]
    public void PermittedAddresses_KeepTheirOrder() =>
        Assert.That(
            Permitted(Strict(), SignedClaims.Claim("/ip4/10.0.0.1/tcp/1", Good, "/memory/3", SignedClaims.GoodOnion3, "/ip6/::1/tcp/1")),
            Is.EqualTo(new[] { Good, SignedClaims.GoodOnion3 }));

    [Test]
    public void OfTwoFaultsOfAClaim_TheFirstInOrderIsTheAnswer()
    {
        PeerIdentityClaim future = SignedClaims.Claim(1, SignedClaims.Now + (2 * 86_400), Good);
        string[] six = [.. Enumerable.Range(1, 5).Select(port => $"/ip4/1.2.3.4/tcp/{port}"), "/udp/1"];
        Assert.Multiple(() =>
        {
            Assert.That(
                Check(future.With(addresses: six)).Kind,
                Is.EqualTo(PeerValidatorErrorKind.PeerIdentityTooManyAddresses),
                "count before form");
            Assert.That(
                Check(future.With(addresses: ["/ip4/1.2.3.4/tcp/0", "/udp/1"])).AddressFault,
                Is.EqualTo(AddressFault.ZeroTcpPort),
                "first address");
            Assert.That(
                Check(future.With(addresses: ["/onion/aaimaq4ygg2iegci:1", "/udp/1"])).Kind,
                Is.EqualTo(PeerValidatorErrorKind.OnionV2NotSupported),
                "first address");
            Assert.That(
                Check(future.With(addresses: "/udp/1")).AddressFault,
                Is.EqualTo(AddressFault.UnsupportedType),
                "form before signature");
            Assert.That(
                Check(future.With(PeerFeatures.CommunicationClient)).Kind,
                Is.EqualTo(PeerValidatorErrorKind.InvalidPeerSignature),
                "signature before date");
            Assert.That(
                Check(SignedClaims.Claim(2, SignedClaims.Now, "/ip4/10.0.0.1/tcp/1")).Kind,
                Is.EqualTo(PeerValidatorErrorKind.InvalidPeerSignature),
                "signature before what is left out");
        });
    }

    [Test]
    public void TheNumberOfAddresses_IsCheckedAgainstTheSetting()
    {
        PeerIdentityClaim claim = SignedClaims.Claim([.. Enumerable.Range(1, 6).Select(port => $"/ip4/1.2.3.4/tcp/{port}")]);

        PeerValidatorError error = Check(claim);

        Assert.That(
            (error.Kind, error.Length, error.Max), Is.EqualTo((PeerValidatorErrorKind.PeerIdentityTooManyAddresses, 6, 5)));
        Assert.That(error.IsBanOffence);
        Assert.That(error.ToString(), Does.Contain("6").And.Contain("5"));
        Assert.That(
            Permitted(Of(new PeerValidatorConfig { MaxPermittedPeerAddressesPerClaim = 6 }), claim), Has.Count.EqualTo(6));
    }

    [Test]
    public void BanOffences_AreTheNetworks()
    {
        // Whether each kind costs a ban at a handshake.
        var expected = new Dictionary<PeerValidatorErrorKind, bool>
        {
            [PeerValidatorErrorKind.None] = false,
            [PeerValidatorErrorKind.InvalidPeerSignature] = true,
            [PeerValidatorErrorKind.InvalidMultiaddr] = true,
            [PeerValidatorErrorKind.OnionV2NotSupported] = true,
            [PeerValidatorErrorKind.PeerIdentityTooManyProtocols] = true,
            [PeerValidatorErrorKind.PeerIdentityTooManyAddresses] = true,
            [PeerValidatorErrorKind.PeerIdentityProtocolIdTooLong] = true,
            [PeerValidatorErrorKind.PeerIdentityUserAgentTooLong] = true,
            [PeerValidatorErrorKind.PeerSignatureFromFuture] = false,
            [PeerValidatorErrorKind.PeerHasNoAddresses] = false,
            [PeerValidatorErrorKind.PeerHasNoUsableAddresses] = false,
            [PeerValidatorErrorKind.NonPrintableIdentityString] = false,
            [PeerValidatorErrorKind.UnusableDnsName] = false,
        };
        PeerValidatorError[] errors =
        [
            default,
            PeerValidatorError.InvalidSignature(_key),
            PeerValidatorError.SignatureFromFuture(_key),
            PeerValidatorError.HasNoAddresses(_key),
            PeerValidatorError.HasNoUsableAddresses(_key),
            PeerValidatorError.InvalidMultiaddr(AddressFault.Empty),
            PeerValidatorError.OnionV2(),
            PeerValidatorError.UnusableDnsName(DnsNameFault.Numeric),
            PeerValidatorError.AboveLimit(PeerValidatorErrorKind.PeerIdentityTooManyAddresses, 6, 5),
            PeerValidatorError.AboveLimit(PeerValidatorErrorKind.PeerIdentityTooManyProtocols, 21, 20),
            PeerValidatorError.AboveLimit(PeerValidatorErrorKind.PeerIdentityProtocolIdTooLong, 51, 50),
            PeerValidatorError.AboveLimit(PeerValidatorErrorKind.PeerIdentityUserAgentTooLong, 51, 50),
            PeerValidatorError.NonPrintable(IdentityField.UserAgent),
        ];
        Assert.That(errors.Select(error => error.Kind), Is.EquivalentTo(Enum.GetValues<PeerValidatorErrorKind>()));
        foreach (PeerValidatorError error in errors)
        {
            Assert.That(error.IsBanOffence, Is.EqualTo(expected[error.Kind]), error.ToString());
            Assert.That(error.BanDuration, Is.EqualTo(expected[error.Kind] ? TimeSpan.FromSeconds(7200) : null));
            Assert.That(error.ToString(), Does.EndWith("."));
        }

        IEnumerable<PeerValidatorError> addressFaults =
            Enum.GetValues<AddressFault>().Skip(1).Select(fault => PeerValidatorError.InvalidMultiaddr(fault, "x"));
        IEnumerable<PeerValidatorError> nameFaults = Enum.GetValues<DnsNameFault>().Skip(1).Select(PeerValidatorError.UnusableDnsName);
        Assert.That(addressFaults.Concat(nameFaults).Select(error => error.ToString()), Is.Unique);
    }

    [Test]
    public void MostRecentClaim_IsTheLatest_OfEqualsTheLast()
    {
        PeerIdentityClaim old = SignedClaims.Claim(1, 10, Good);
        PeerIdentityClaim first = SignedClaims.Claim(1, 20, Good);
        PeerIdentityClaim last = SignedClaims.Claim(1, 20, Good);
        ref readonly IdentitySignature signature = ref first.Signature;
        var withNanoseconds = new PeerIdentityClaim(
            first.Addresses, first.Features, new IdentitySignature(0, signature.PublicNonce, signature.Scalar, 20, 1));

        Assert.That(PeerValidator.MostRecentClaim([]), Is.Null);
        Assert.That(PeerValidator.MostRecentClaim([first, old, last]), Is.SameAs(last));
        Assert.That(PeerValidator.MostRecentClaim([last, first, old]), Is.SameAs(first));
        Assert.That(PeerValidator.MostRecentClaim([withNanoseconds, first, old]), Is.SameAs(withNanoseconds));
    }

    [Test]
    public void AnIdentity_OfAGoodAndAPrivateAddress_KeepsTheGoodOne_AndTheWholeClaim()
    {
        foreach (string other in new[] { "/ip4/192.168.1.2/tcp/1", "name:a_b.example.com" })
        {
            PeerIdentityClaim claim = SignedClaims.Claim(Good, other);

            ValidatedPeerIdentity identity = Identity(SignedClaims.IdentityOf(claim));

            Assert.That(identity.Claim, Is.EqualTo(claim));
            Assert.That(identity.Claim.Verify(_key, SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Ok));
            Assert.That(identity.PermittedAddresses.Select(address => address.ToString()), Is.EqualTo(new[] { Good }));

            Peer stored = identity.ToInboundPeer(null, SignedClaims.NowTime);
            Assert.That(stored.Addresses.Entries.Select(entry => entry.Address.ToString()), Is.EqualTo(new[] { Good }));
            Assert.That(stored.Addresses.Entries[0].Source.Claim, Is.SameAs(identity.Claim));
        }
    }

    [Test]
    public void AnIdentity_OfALocalAddress_LeavesAKnownAddressAlone()
    {
        ValidatedPeerIdentity identity = Identity(SignedClaims.IdentityOf(SignedClaims.Claim("/ip4/127.0.0.1/tcp/1")));
        var known = new Peer(_key)
        {
            Addresses = MultiaddressesWithStats.FromAddresses([SignedClaims.Address(Good)], PeerAddressSource.Config),
        };

        Assert.That(identity.PermittedAddresses, Is.Empty);
        Assert.That(identity.ToInboundPeer(known, SignedClaims.NowTime).Addresses.Entries, Is.EqualTo(known.Addresses.Entries));
        Assert.That(identity.ToOutboundPeer(known, SignedClaims.NowTime).Addresses.Entries, Is.EqualTo(known.Addresses.Entries));
    }

    [Test]
    public void AnIdentity_OfAnInboundConnection_StoresTheAddressWithoutMarkingItSeen()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(1, PeerFeatures.MessagePropagation, SignedClaims.Now, Good);
        ValidatedPeerIdentity identity = Identity(SignedClaims.IdentityOf(claim, "agent", "t/a", "t/b"));
        var known = new Peer(_key, PeerFeatures.CommunicationClient) { Flags = PeerFlags.Seed, UserAgent = "old" };

        foreach (Peer? before in new[] { null, known })
        {
            Peer after = identity.ToInboundPeer(before, SignedClaims.NowTime);
            Assert.That(after.Addresses.Entries.Single().Address.ToString(), Is.EqualTo(Good));
            Assert.That(after.Addresses.Entries.Single().LastSeen, Is.Null);
            Assert.That(after.Addresses.Entries.Single().Source.Kind, Is.EqualTo(PeerAddressSourceKind.FromPeerConnection));
            Assert.That(after.Features, Is.EqualTo(PeerFeatures.MessagePropagation));
            Assert.That(after.Flags, Is.EqualTo(before?.Flags ?? PeerFlags.None));
            Assert.That(after.UserAgent, Is.EqualTo("agent"));
            Assert.That(after.SupportedProtocols.Select(protocol => protocol.ToString()), Is.EqualTo(new[] { "t/a", "t/b" }));
        }
    }

    [Test]
    public void AnIdentity_OfADialledPeer_DoesNotChangeItsFeatures()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(1, PeerFeatures.MessagePropagation, SignedClaims.Now, Good);
        var dialled = new Peer(_key, PeerFeatures.CommunicationClient);

        Peer after = Identity(SignedClaims.IdentityOf(claim)).ToOutboundPeer(dialled, SignedClaims.NowTime);

        Assert.That(after.Features, Is.EqualTo(PeerFeatures.CommunicationClient));
        Assert.That(after.Addresses.Entries.Single().Address.ToString(), Is.EqualTo(Good));
    }

    [Test]
    public void AnIdentity_AppliedToAnotherPeer_IsTheCallersMistake()
    {
        ValidatedPeerIdentity identity = Identity(SignedClaims.IdentityOf(SignedClaims.Claim(Good)));
        var other = new Peer(SignedClaims.PublicKey(2));

        Assert.That(() => identity.ToInboundPeer(other, SignedClaims.NowTime), Throws.ArgumentException);
        Assert.That(() => identity.ToOutboundPeer(other, SignedClaims.NowTime), Throws.ArgumentException);
        Assert.That(() => identity.ToOutboundPeer(null!, SignedClaims.NowTime), Throws.ArgumentNullException);
    }

    [Test]
    public void AnIdentity_MadeOfUnsetLists_HasNone()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Good);
        var identity = new ValidatedPeerIdentity(_key, claim, default, "agent", default);

        Assert.That(identity.PermittedAddresses, Is.Empty);
        Assert.That(identity.SupportedProtocols, Is.Empty);
        Assert.That(identity.ToInboundPeer(null, SignedClaims.NowTime).Addresses, Is.Empty);
        Assert.That(() => new ValidatedPeerIdentity(_key, null!, [], "agent", []), Throws.ArgumentNullException);
        Assert.That(() => new ValidatedPeerIdentity(_key, claim, [], null!, []), Throws.ArgumentNullException);
    }

    [TestCase("tari\u202ebasenode")]
    [TestCase("\u001b[31mtari")]
    [TestCase("tari\nbasenode")]
    [TestCase("tari\u007f")]
    public void AUserAgent_WithWhatDoesNotPrint_IsRefusedWithoutABan(string userAgent)
    {
        PeerIdentityError error = Check(SignedClaims.IdentityOf(SignedClaims.Claim(Good), userAgent));

        Assert.That(
            (error.Validator.Kind, error.Validator.Field),
            Is.EqualTo((PeerValidatorErrorKind.NonPrintableIdentityString, IdentityField.UserAgent)));
        Assert.That(error.IsBanOffence, Is.False);
        Assert.That(error.ToString(), Does.Contain("user_agent").And.Not.Contain("tari"));
    }

    [Test]
    public void AUserAgent_OfPrintableAscii_IsTaken()
    {
        foreach (string userAgent in new[] { "tari/basenode/6.2.0", "", " ~" })
        {
            Assert.That(Identity(SignedClaims.IdentityOf(SignedClaims.Claim(Good), userAgent)).UserAgent, Is.EqualTo(userAgent));
        }
    }

    [TestCase("t/a,t/b")]
    [TestCase("t/\0")]
    [TestCase("t/\u200b")]
    public void AProtocol_WithACommaOrWhatDoesNotPrint_IsRefusedWithoutABan(string protocol)
    {
        PeerIdentityError error = Check(SignedClaims.IdentityOf(SignedClaims.Claim(Good), "agent", "t/plain", protocol));

        Assert.That(
            (error.Validator.Kind, error.Validator.Field),
            Is.EqualTo((PeerValidatorErrorKind.NonPrintableIdentityString, IdentityField.SupportedProtocols)));
        Assert.That(error.IsBanOffence, Is.False);
        Assert.That(error.ToString(), Does.Contain("supported_protocols").And.Not.Contain("t/"));
    }

    [Test]
    public void TwoPlainProtocols_AreTaken()
    {
        ValidatedPeerIdentity identity = Identity(SignedClaims.IdentityOf(SignedClaims.Claim(Good), "agent", "t/a", "t/b"));

        Assert.That(identity.SupportedProtocols.Select(id => id.ToString()), Is.EqualTo(new[] { "t/a", "t/b" }));
    }

    [Test]
    public void AnIdentity_WithoutAddresses_IsTakenAtAHandshakeAndNotElsewhere()
    {
        PeerIdentityMsg message = SignedClaims.IdentityOf(SignedClaims.Claim());

        Assert.That(Identity(message).PermittedAddresses, Is.Empty);
        Assert.That(PeerIdentityMessage.TryDecode(message.ToByteArray(), out PeerIdentityMessage decoded));
        Assert.That(decoded.TryConvert(out _), Is.EqualTo(PeerClaimError.NoAddresses));
        Assert.That(UnvalidatedPeerInfo.TryConvert(_key, decoded, out UnvalidatedPeerInfo? info), Is.EqualTo(PeerClaimError.NoAddresses));
        Assert.That(info, Is.Null);
    }

    // Each step spoils one thing more, the first in order last: so each answer is that of an earlier check than the one before.
    [Test]
    public void OfManyFaultsOfAnIdentity_TheFirstInOrderIsTheAnswer()
    {
        PeerIdentityMsg message = SignedClaims.IdentityOf(SignedClaims.Claim(2, SignedClaims.Now, "/ip4/1.2.3.4/udp/1"));
        var answers = new List<string>();
        Next(() => message.IdentitySignature.PublicNonce = ByteString.Empty);
        Next(() => message.IdentitySignature = null);
        Next(() => message.Features = 4);
        Next(() => message.Addresses.Add(ByteString.CopyFrom(5)));
        Next(() => message.SupportedProtocols.Add(ByteString.CopyFromUtf8("a,b")));
        Next(() => message.UserAgent = "\n");
        Next(() => message.UserAgent = new string('\n', 51));
        Next(() => message.Addresses.AddRange(Enumerable.Repeat(ByteString.CopyFrom(5), 4)));
        Next(() => message.SupportedProtocols.Add(ByteString.CopyFromUtf8(new string(',', 51))));
        Next(() => message.SupportedProtocols.AddRange(Enumerable.Repeat(ByteString.CopyFromUtf8("x"), 19)));

        Assert.That(answers, Is.EqualTo(new[]
        {
            "InvalidMultiaddr ban",
            "SignatureNonce",
            "MissingSignature",
            "Features",
            "Address",
            "NonPrintableIdentityString SupportedProtocols",
            "NonPrintableIdentityString UserAgent",
            "PeerIdentityUserAgentTooLong 51 of 50 ban",
            "PeerIdentityTooManyAddresses 6 of 5 ban",
            "PeerIdentityProtocolIdTooLong 51 of 50 ban",
            "PeerIdentityTooManyProtocols 21 of 20 ban",
        }));

        void Next(Action spoil)
        {
            if (answers.Count == 0)
            {
                answers.Add(Describe(Check(message)));
            }

            spoil();
            answers.Add(Describe(Check(message)));
        }

        static string Describe(PeerIdentityError error)
        {
            PeerValidatorError validator = error.Validator;
            string text = validator.IsNone ? error.Format.ToString() : validator.Kind.ToString();
            text += validator.Max > 0 ? $" {validator.Length} of {validator.Max}" : "";
            text += validator.Field != IdentityField.None ? " " + validator.Field : "";
            return text + (error.IsBanOffence ? " ban" : "");
        }
    }

    [TestCase(1, PeerValidatorErrorKind.PeerIdentityTooManyAddresses)]
    [TestCase(3, PeerValidatorErrorKind.PeerIdentityTooManyProtocols)]
    public void AnIdentity_OfManyEmptyValues_IsRefusedWithoutMakingAnyOfThem(int field, PeerValidatorErrorKind expected)
    {
        const int Count = 10_000;
        byte[] values = [.. Enumerable.Repeat<byte[]>([(byte)((field << 3) | 2), 0], Count).SelectMany(value => value)];
        byte[] encoded = [.. SignedClaims.IdentityOf(SignedClaims.Claim()).ToByteArray(), .. values];
        PeerValidator validator = Strict();

        PeerValidatorError error = validator.CheckIdentityMessage(_key, encoded, out _).Validator;

        Assert.That((error.Kind, error.Length), Is.EqualTo((expected, Count)));
        Assert.That(AllocationProbe.BytesOf(() => _ = validator.CheckIdentityMessage(_key, encoded, out _)), Is.Zero);
    }

    [Test]
    public void BytesThatAreNoIdentity_CostABan()
    {
        PeerIdentityError error = Strict().CheckIdentityMessage(_key, [0x0a, 0x05], out ValidatedPeerIdentity? identity);

        Assert.That(error.Format, Is.EqualTo(PeerClaimError.Malformed));
        Assert.That(error.IsBanOffence);
        Assert.That(error.ToString(), Does.Contain("decoded"));
        Assert.That(error.BanDuration, Is.EqualTo(TimeSpan.FromSeconds(7200)));
        Assert.That(default(PeerIdentityError).BanDuration, Is.Null);
        Assert.That(identity, Is.Null);
    }

    [Test]
    public void Constructor_OfNegativeLimits_IsTheCallersMistake()
    {
        PeerValidatorConfig[] wrong =
        [
            new() { MaxPermittedPeerAddressesPerClaim = -1 },
            new() { MaxProtocolIdLength = -1 },
            new() { MaxSupportedProtocols = -1 },
            new() { MaxUserAgentByteLength = -1 },
        ];
        foreach (PeerValidatorConfig config in wrong)
        {
            Assert.That(() => new PeerValidator(config), Throws.TypeOf<ArgumentOutOfRangeException>());
        }

        Assert.That(() => new PeerValidator(null!), Throws.ArgumentNullException);
        Assert.That(() => new DhtPeerValidator(new PeerValidatorConfig(), -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(new PeerValidatorConfig().Validate, Throws.Nothing);
    }

    private static PeerValidator Strict() => Of(new PeerValidatorConfig());

    private static PeerValidator Lenient() => Of(new PeerValidatorConfig { AllowTestAddresses = true });

    private static PeerValidator Of(PeerValidatorConfig config) => new(config, new ManualTimeProvider(SignedClaims.NowTime));

    private PeerValidatorError Check(PeerIdentityClaim claim) => Strict().CheckClaim(_key, claim, out _);

    private PeerIdentityError Check(PeerIdentityMsg message)
    {
        PeerIdentityError error = Strict().CheckIdentityMessage(_key, message.ToByteArray(), out ValidatedPeerIdentity? identity);
        Assert.That(identity is null, Is.Not.EqualTo(error.IsNone));
        return error;
    }

    private ValidatedPeerIdentity Identity(PeerIdentityMsg message)
    {
        PeerIdentityError error = Strict().CheckIdentityMessage(_key, message.ToByteArray(), out ValidatedPeerIdentity? identity);
        Assert.That(error.IsNone, error.ToString());
        return identity!;
    }

    private List<string> Permitted(PeerValidator validator, PeerIdentityClaim claim)
    {
        PeerValidatorError error = validator.CheckClaim(_key, claim, out ImmutableArray<Multiaddr> permitted);
        Assert.That(error.IsNone, error.ToString());
        return [.. permitted.Select(address => address.ToString())];
    }
}
