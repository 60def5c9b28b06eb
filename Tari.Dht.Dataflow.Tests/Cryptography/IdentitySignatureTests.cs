using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

internal sealed class IdentitySignatureTests
{
    private const uint NodeFeatures = 3;
    private const uint ClientFeatures = 0;
    private const long Day = 86_400;

    private static readonly DateTimeOffset s_now = DateTimeOffset.FromUnixTimeSeconds(1_800_000_000);

    // /ip4/127.0.0.1/tcp/1234 and the same with port 4321.
    private static readonly ReadOnlyMemory<byte>[] s_addresses = [new byte[] { 0x04, 127, 0, 0, 1, 0x06, 0x04, 0xd2 }];
    private static readonly ReadOnlyMemory<byte>[] s_otherPort = [new byte[] { 0x04, 127, 0, 0, 1, 0x06, 0x10, 0xe1 }];

    [Test]
    public void Verify_succeeds_for_the_claim_and_fails_for_another_port_or_other_features()
    {
        using var key = CommsSecretKey.Generate();
        IdentitySignature signature = Sign(key, s_now);

        Assert.That(signature.Version, Is.EqualTo(IdentitySignature.LatestVersion));
        Assert.That(signature.Verify(key.PublicKey, NodeFeatures, s_addresses, s_now), Is.EqualTo(IdentitySignatureStatus.Ok));
        Assert.That(signature.Verify(key.PublicKey, NodeFeatures, s_otherPort, s_now), Is.EqualTo(IdentitySignatureStatus.Invalid));
        Assert.That(signature.Verify(key.PublicKey, ClientFeatures, s_addresses, s_now), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }

    [Test]
    public void Verify_of_a_claim_by_the_zero_secret_fails()
    {
        using var zero = CommsSecretKey.FromBytes(new byte[32]);

        Assert.That(
            Sign(zero, s_now).Verify(zero.PublicKey, NodeFeatures, s_addresses, s_now), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }

    [Test]
    public void Verify_two_days_ahead_is_from_the_future_for_its_owner_and_invalid_under_another_key()
    {
        using var key = CommsSecretKey.Generate();
        using var other = CommsSecretKey.Generate();
        IdentitySignature signature = Sign(key, s_now.AddDays(2));

        Assert.That(signature.Verify(key.PublicKey, NodeFeatures, s_addresses, s_now), Is.EqualTo(IdentitySignatureStatus.FromFuture));
        Assert.That(signature.Verify(other.PublicKey, NodeFeatures, s_addresses, s_now), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }

    [TestCase(Day, 0, IdentitySignatureStatus.Ok)]
    [TestCase(Day + 1, 0, IdentitySignatureStatus.FromFuture)]
    [TestCase(Day, 999, IdentitySignatureStatus.Ok)]
    [TestCase(Day + 1, 999, IdentitySignatureStatus.FromFuture)]
    public void Verify_allows_exactly_a_day_ahead(long secondsAhead, int millisecondsOfClock, IdentitySignatureStatus expected)
    {
        using var key = CommsSecretKey.Generate();
        IdentitySignature signature = Sign(key, s_now.AddSeconds(secondsAhead));

        Assert.That(
            signature.Verify(key.PublicKey, NodeFeatures, s_addresses, s_now.AddMilliseconds(millisecondsOfClock)), Is.EqualTo(expected));
    }

    [TestCase(Day, 100, IdentitySignatureStatus.Ok)]
    [TestCase(Day, 101, IdentitySignatureStatus.FromFuture)]
    [TestCase(Day - 1, 999_999_999, IdentitySignatureStatus.Ok)]
    public void Verify_of_a_date_with_nanoseconds_allows_exactly_a_day_ahead(
        long secondsAhead, int nanoseconds, IdentitySignatureStatus expected)
    {
        using var key = CommsSecretKey.Generate();
        IdentitySignature whole = Sign(key, s_now.AddSeconds(secondsAhead));
        var signature = new IdentitySignature(0, whole.PublicNonce, whole.Scalar, whole.UpdatedAt, nanoseconds);

        Assert.That(signature.Verify(key.PublicKey, NodeFeatures, s_addresses, s_now.AddTicks(1)), Is.EqualTo(expected));
    }

    [Test]
    public void Verify_with_a_clock_at_either_end_of_the_calendar_compares_dates_all_the_same()
    {
        using var key = CommsSecretKey.Generate();
        IdentitySignature signature = Sign(key, s_now);
        IdentitySignature afterTheCalendar = IdentitySignature.Sign(key, NodeFeatures, s_addresses, 253_402_300_800 + Day);

        Assert.That(
            signature.Verify(key.PublicKey, NodeFeatures, s_addresses, DateTimeOffset.MinValue),
            Is.EqualTo(IdentitySignatureStatus.FromFuture));
        Assert.That(
            signature.Verify(key.PublicKey, NodeFeatures, s_addresses, DateTimeOffset.MaxValue), Is.EqualTo(IdentitySignatureStatus.Ok));
        Assert.That(
            afterTheCalendar.Verify(key.PublicKey, NodeFeatures, s_addresses, DateTimeOffset.MaxValue),
            Is.EqualTo(IdentitySignatureStatus.FromFuture));
    }

    [Test]
    public void Verify_of_any_version_succeeds_but_only_of_the_one_signed()
    {
        using var key = CommsSecretKey.Generate();
        for (int version = 0; version <= byte.MaxValue; version += 51)
        {
            IdentitySignature signature = IdentitySignature.Sign(
                key, Scalars.Small(3), (byte)version, NodeFeatures, s_addresses, s_now.ToUnixTimeSeconds());
            var changed = new IdentitySignature((byte)(version ^ 1), signature.PublicNonce, signature.Scalar, signature.UpdatedAt);

            Assert.That(signature.Verify(key.PublicKey, NodeFeatures, s_addresses, s_now), Is.EqualTo(IdentitySignatureStatus.Ok));
            Assert.That(changed.Verify(key.PublicKey, NodeFeatures, s_addresses, s_now), Is.EqualTo(IdentitySignatureStatus.Invalid));
        }
    }

    [Test]
    public void Verify_binds_the_borders_and_the_order_of_the_addresses()
    {
        using var key = CommsSecretKey.Generate();
        ReadOnlyMemory<byte>[] two = [s_addresses[0], s_otherPort[0]];
        IdentitySignature signature = IdentitySignature.Sign(key, NodeFeatures, two, 0);

        ReadOnlyMemory<byte>[] swapped = [two[1], two[0]];
        ReadOnlyMemory<byte>[] joined = [new byte[][] { two[0].ToArray(), two[1].ToArray() }.SelectMany(bytes => bytes).ToArray()];
        Assert.That(signature.Verify(key.PublicKey, NodeFeatures, two, s_now), Is.EqualTo(IdentitySignatureStatus.Ok));
        Assert.That(signature.Verify(key.PublicKey, NodeFeatures, swapped, s_now), Is.EqualTo(IdentitySignatureStatus.Invalid));
        Assert.That(signature.Verify(key.PublicKey, NodeFeatures, joined, s_now), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }

    [Test]
    public void Verify_of_parts_that_are_no_points_or_no_scalar_or_dated_before_1970_is_invalid()
    {
        using var key = CommsSecretKey.Generate();
        IdentitySignature good = Sign(key, s_now);
        var noPoint = new CommsPublicKey([.. Enumerable.Repeat((byte)0xff, 32)]);
        byte[] noScalar = Scalars.Bytes(Scalars.Number(good.Scalar) + Scalars.Order);

        Assert.That(good.Verify(noPoint, NodeFeatures, s_addresses, s_now), Is.EqualTo(IdentitySignatureStatus.Invalid));
        Assert.That(Verify(new IdentitySignature(0, noPoint, good.Scalar, good.UpdatedAt)), Is.EqualTo(IdentitySignatureStatus.Invalid));
        Assert.That(
            Verify(new IdentitySignature(0, good.PublicNonce, noScalar, good.UpdatedAt)), Is.EqualTo(IdentitySignatureStatus.Invalid));
        Assert.That(Verify(new IdentitySignature(0, good.PublicNonce, good.Scalar, -1)), Is.EqualTo(IdentitySignatureStatus.Invalid));
        Assert.That(
            Verify(new IdentitySignature(0, good.PublicNonce, good.Scalar, long.MinValue)), Is.EqualTo(IdentitySignatureStatus.Invalid));

        IdentitySignatureStatus Verify(IdentitySignature signature) => signature.Verify(key.PublicKey, NodeFeatures, s_addresses, s_now);
    }

    [Test]
    public void Verify_of_a_negative_date_is_invalid_even_if_signed()
    {
        using var key = CommsSecretKey.FromBytes(Scalars.Small(2));
        byte[] challenge = new byte[64];
        byte[] scalar = new byte[32];
        var nonce = CommsPublicKey.FromHex("94741f5d5d52755ece4f23f044ee27d5d1ea1e2bd196b462166b16152a9d0259");
        IdentitySignature.Challenge(key.PublicKey, nonce.Bytes, 0, NodeFeatures, s_addresses, -1, challenge);
        Schnorr.Sign(key.Scalar, Scalars.Small(3), challenge, scalar);

        var signature = new IdentitySignature(0, nonce, scalar, -1);

        Assert.That(Schnorr.Verify(key.PublicKey.Bytes, nonce.Bytes, challenge, scalar));
        Assert.That(signature.Verify(key.PublicKey, NodeFeatures, s_addresses, s_now), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }

    [TestCase(8_210_266_876_799, IdentitySignatureStatus.FromFuture)]
    [TestCase(8_210_266_876_800, IdentitySignatureStatus.Invalid)]
    [TestCase(long.MaxValue, IdentitySignatureStatus.Invalid)]
    public void Verify_of_a_date_after_the_references_last_one_is_invalid_instead(long updatedAt, IdentitySignatureStatus expected)
    {
        using var key = CommsSecretKey.Generate();
        IdentitySignature signature = IdentitySignature.Sign(key, NodeFeatures, s_addresses, updatedAt);

        Assert.That(signature.Verify(key.PublicKey, NodeFeatures, s_addresses, s_now), Is.EqualTo(expected));
    }

    [Test]
    public void Sign_of_a_negative_date_and_a_scalar_of_another_length_are_refused()
    {
        using var key = CommsSecretKey.Generate();

        Assert.That(() => IdentitySignature.Sign(key, 0, default, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new IdentitySignature(0, default, new byte[33], 0), Throws.ArgumentException);
    }

    private static IdentitySignature Sign(CommsSecretKey key, DateTimeOffset at) =>
        IdentitySignature.Sign(key, NodeFeatures, s_addresses, at.ToUnixTimeSeconds());
}
