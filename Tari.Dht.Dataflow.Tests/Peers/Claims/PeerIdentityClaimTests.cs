using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Tests.Protocol;

namespace Tari.Dht.Dataflow.Tests.Peers.Claims;

internal sealed class PeerIdentityClaimTests
{
    private const string Address = "/ip4/127.0.0.1/tcp/1234";

    [Test]
    public void Verify_OfWhatWasSigned_IsOk()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Address);

        Assert.That(claim.Verify(SignedClaims.PublicKey(), SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Ok));
    }

    [Test]
    public void Verify_OfAnotherPortOrOtherFeatures_IsInvalid()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Address);
        CommsPublicKey key = SignedClaims.PublicKey();

        Assert.That(
            claim.With(addresses: "/ip4/127.0.0.1/tcp/4321").Verify(key, SignedClaims.NowTime),
            Is.EqualTo(IdentitySignatureStatus.Invalid));
        Assert.That(
            claim.With(PeerFeatures.CommunicationClient).Verify(key, SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }

    [Test]
    public void Verify_OfTwoDaysAhead_IsFromTheFutureForTheOwnerAndInvalidForAnyoneElse()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(1, SignedClaims.Now + (2 * 86_400), Address);

        Assert.That(claim.Verify(SignedClaims.PublicKey(1), SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.FromFuture));
        Assert.That(claim.Verify(SignedClaims.PublicKey(2), SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }

    [Test]
    public void Verify_OfAClaimProperlySignedWithTheZeroKey_IsInvalid()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(0, SignedClaims.Now, Address);

        Assert.That(SignedClaims.PublicKey(0), Is.EqualTo(default(CommsPublicKey)));
        Assert.That(claim.Verify(default, SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }

    [TestCase(0)]
    [TestCase(1)]
    [TestCase(8)]
    [TestCase(9)]
    [TestCase(100)]
    public void Verify_OfAnyNumberOfAddresses_CountsThemAllAndTheirOrder(int count)
    {
        string[] addresses = [.. Enumerable.Range(1, count).Select(port => $"/ip4/1.2.3.4/tcp/{port}")];
        PeerIdentityClaim claim = SignedClaims.Claim(addresses);
        CommsPublicKey key = SignedClaims.PublicKey();

        Assert.That(claim.Verify(key, SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Ok));
        Assert.That(
            claim.With(addresses: [.. addresses, Address]).Verify(key, SignedClaims.NowTime), Is.EqualTo(IdentitySignatureStatus.Invalid));
        if (count > 1)
        {
            Assert.That(
                claim.With(addresses: [.. addresses.Reverse()]).Verify(key, SignedClaims.NowTime),
                Is.EqualTo(IdentitySignatureStatus.Invalid));
        }
    }

    [Test]
    public void Verify_OfEightAddresses_AllocatesNothing()
    {
        PeerIdentityClaim claim = SignedClaims.Claim([.. Enumerable.Range(1, 8).Select(port => $"/ip4/1.2.3.4/tcp/{port}")]);
        CommsPublicKey key = SignedClaims.PublicKey();

        Assert.That(AllocationProbe.BytesOf(() => _ = claim.Verify(key, SignedClaims.NowTime)), Is.Zero);
    }

    [Test]
    public void Equals_ComparesAllParts()
    {
        PeerIdentityClaim claim = SignedClaims.Claim(Address);
        var same = new PeerIdentityClaim([SignedClaims.Address(Address)], claim.Features, claim.Signature);
        ref readonly IdentitySignature signature = ref claim.Signature;
        var later = new IdentitySignature(signature.Version, signature.PublicNonce, signature.Scalar, signature.UpdatedAt, 1);

        Assert.That(same, Is.EqualTo(claim));
        Assert.That(same.GetHashCode(), Is.EqualTo(claim.GetHashCode()));
        Assert.That(claim.With(PeerFeatures.CommunicationClient), Is.Not.EqualTo(claim));
        Assert.That(claim.With(addresses: "/ip4/127.0.0.1/tcp/4321"), Is.Not.EqualTo(claim));
        Assert.That(claim.With(addresses: [Address, Address]), Is.Not.EqualTo(claim));
        Assert.That(SignedClaims.Claim(Address), Is.Not.EqualTo(claim), "another nonce");
        Assert.That(new PeerIdentityClaim(claim.Addresses, claim.Features, later), Is.Not.EqualTo(claim));
    }

    [Test]
    public void Constructor_OfAnUnsetListOfAddresses_HasNone() =>
        Assert.That(new PeerIdentityClaim(default, PeerFeatures.CommunicationNode, default).Addresses, Is.Empty);
}
