using System.Text;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

internal sealed class MessageSignatureTests
{
    private static readonly byte[] s_message = Encoding.ASCII.GetBytes("100% genuine");
    private static readonly CommsPublicKey s_noPoint = new([.. Enumerable.Repeat((byte)0xff, 32)]);

    [Test]
    public void Verify_of_the_signed_message_succeeds_and_of_another_fails()
    {
        using var key = CommsSecretKey.Generate();
        MessageSignature signature = MessageSignature.Sign(key, s_message);

        Assert.That(signature.Signer, Is.EqualTo(key.PublicKey));
        Assert.That(signature.Verify(s_message), Is.EqualTo(MessageSignatureError.None));
        Assert.That(signature.Verify(Encoding.ASCII.GetBytes("99.9% genuine")), Is.EqualTo(MessageSignatureError.InvalidSignature));
    }

    [Test]
    public void Verify_of_a_signature_moved_to_a_related_key_fails()
    {
        using var key = CommsSecretKey.Generate();
        using var bad = CommsSecretKey.Generate();
        MessageSignature signature = MessageSignature.Sign(key, s_message);
        byte[] signer = new byte[32];
        Assert.That(Ristretto255.TryAdd(bad.PublicKey.Bytes, key.PublicKey.Bytes, signer));
        byte[] scalar = ChallengeScalar(signature);
        RistrettoScalar.Multiply(scalar, bad.Scalar, scalar);
        RistrettoScalar.Add(scalar, signature.Scalar, scalar);

        var moved = new MessageSignature(new CommsPublicKey(signer), signature.PublicNonce, scalar);

        Assert.That(moved.Verify(s_message), Is.EqualTo(MessageSignatureError.InvalidSignature));
    }

    [Test]
    public void Verify_of_a_new_nonce_with_a_scalar_made_for_the_old_challenge_fails()
    {
        using var key = CommsSecretKey.Generate();
        using var nonce = CommsSecretKey.Generate();
        MessageSignature signature = MessageSignature.Sign(key, s_message);
        byte[] scalar = ChallengeScalar(signature);
        RistrettoScalar.Multiply(scalar, key.Scalar, scalar);
        RistrettoScalar.Add(scalar, nonce.Scalar, scalar);

        var forged = new MessageSignature(key.PublicKey, nonce.PublicKey, scalar);

        Assert.That(forged.Verify(s_message), Is.EqualTo(MessageSignatureError.InvalidSignature));
    }

    [Test]
    public void Sign_of_the_same_message_twice_uses_another_nonce()
    {
        using var key = CommsSecretKey.Generate();
        MessageSignature first = MessageSignature.Sign(key, s_message);
        MessageSignature second = MessageSignature.Sign(key, s_message);

        Assert.That(first.PublicNonce, Is.Not.EqualTo(second.PublicNonce));
    }

    [Test]
    public void Sign_with_a_masked_secret_verifies_under_the_masked_key()
    {
        byte[] maskedSecret = new byte[32];
        CommsPublicKey maskedKey = KeyMask.Mask(Scalars.Small(1234), Scalars.Small(2), maskedSecret);

        MessageSignature signature = MessageSignature.Sign(maskedSecret, maskedKey, s_message);

        Assert.That(signature.Signer, Is.EqualTo(maskedKey));
        Assert.That(signature.Verify(s_message), Is.EqualTo(MessageSignatureError.None));
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 41, 1 })]
    public void Verify_of_every_single_bit_changed_in_wire_or_message_fails(int seed)
    {
        var random = new Random(seed);
        byte[] message = new byte[32];
        random.NextBytes(message);
        using var key = CommsSecretKey.FromBytes(Scalars.Random(random));
        MessageSignature signature = MessageSignature.Sign(key.Scalar, key.PublicKey, Scalars.Random(random), message);
        byte[] wire = new byte[MessageSignature.WireLength];
        signature.WriteTo(wire);
        Assert.That(IsAccepted(wire, message));

        for (int bit = 0; bit < (wire.Length + message.Length) * 8; bit++)
        {
            byte[] forged = [.. wire, .. message];
            forged[bit / 8] ^= (byte)(1 << (bit % 8));
            Assert.That(IsAccepted(forged[..wire.Length], forged[wire.Length..]), Is.False, $"bit {bit}");
        }

        static bool IsAccepted(byte[] wire, byte[] message) =>
            MessageSignature.TryReadCanonical(wire, out MessageSignature read) && read.Verify(message) == MessageSignatureError.None;
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 42, 1 })]
    public void Verify_of_random_parts_fails_with_one_of_the_four_reasons(int seed)
    {
        var random = new Random(seed);
        byte[] bytes = new byte[96];
        for (int i = 0; i < 1000; i++)
        {
            random.NextBytes(bytes);
            bytes[31] &= 0x7f;
            bytes[63] &= 0x7f;
            bytes[95] &= 0x1f;
            var signer = new CommsPublicKey(bytes.AsSpan(0, 32));
            var nonce = new CommsPublicKey(bytes.AsSpan(32, 32));
            var signature = new MessageSignature(signer, nonce, bytes.AsSpan(64));
            MessageSignatureError expected =
                Scalars.Number(signature.Scalar) >= Scalars.Order ? MessageSignatureError.InvalidSignatureBytes
                : !Ristretto255.IsPoint(nonce.Bytes) ? MessageSignatureError.InvalidSignatureBytes
                : !Ristretto255.IsPoint(signer.Bytes) ? MessageSignatureError.InvalidSignerPublicKeyBytes
                : MessageSignatureError.InvalidSignature;
            Assert.That(signature.Verify(s_message), Is.EqualTo(expected));
            Assert.That(signature.IsValid(s_message), Is.False);
        }
    }

    [Test]
    public void Verify_of_the_zero_secrets_signature_fails_for_its_signer_is_the_identity()
    {
        using var zero = CommsSecretKey.FromBytes(new byte[32]);

        Assert.That(MessageSignature.Sign(zero, s_message).Verify(s_message), Is.EqualTo(MessageSignatureError.InvalidSignature));
        Assert.That(default(MessageSignature).Verify(s_message), Is.EqualTo(MessageSignatureError.InvalidSignature));
    }

    [Test]
    public void Verify_of_the_identity_as_nonce_succeeds_when_the_equation_holds()
    {
        using var key = CommsSecretKey.FromBytes(Scalars.Small(2));
        MessageSignature signature = MessageSignature.Sign(key.Scalar, key.PublicKey, new byte[32], s_message);

        Assert.That(signature.PublicNonce, Is.EqualTo(default(CommsPublicKey)));
        Assert.That(signature.Verify(s_message), Is.EqualTo(MessageSignatureError.None));
    }

    [Test]
    public void Verify_of_a_scalar_of_zero_succeeds_when_the_equation_holds()
    {
        // s = 0 needs R = -e·P with e made from R: it can't be aimed at, so the equation is checked with a chosen challenge.
        using var key = CommsSecretKey.FromBytes(Scalars.Small(2));
        byte[] challenge = Scalars.Bytes(9, 64);
        byte[] nonce = new byte[32];
        byte[] negative = new byte[32];
        RistrettoScalar.Subtract(new byte[32], Scalars.Small(18), negative);
        Ristretto255.MultiplyBase(negative, nonce);

        Assert.That(Schnorr.Verify(key.PublicKey.Bytes, nonce, challenge, new byte[32]));
        Assert.That(Schnorr.Verify(key.PublicKey.Bytes, nonce, challenge, Scalars.Small(1)), Is.False);
        Assert.That(Schnorr.Verify(key.PublicKey.Bytes, nonce, challenge, Scalars.Bytes(Scalars.Order)), Is.False, "zero, not canonical");
    }

    [Test]
    public void Verify_of_a_challenge_of_zero_succeeds_when_the_equation_holds()
    {
        using var key = CommsSecretKey.FromBytes(Scalars.Small(2));
        using var nonce = CommsSecretKey.FromBytes(Scalars.Small(3));

        Assert.That(Schnorr.Verify(key.PublicKey.Bytes, nonce.PublicKey.Bytes, new byte[64], nonce.Scalar));
        Assert.That(Schnorr.Verify(s_noPoint.Bytes, nonce.PublicKey.Bytes, new byte[64], nonce.Scalar), Is.False);
    }

    [Test]
    public void Verify_blames_a_nonce_that_is_no_point_on_the_scalar_and_before_the_signer()
    {
        using var key = CommsSecretKey.FromBytes(Scalars.Small(2));
        MessageSignature good = MessageSignature.Sign(key, s_message);

        Assert.That(With(good.Signer, s_noPoint, good.Scalar), Is.EqualTo(MessageSignatureError.InvalidSignatureBytes));
        Assert.That(With(s_noPoint, s_noPoint, good.Scalar), Is.EqualTo(MessageSignatureError.InvalidSignatureBytes));
        Assert.That(
            With(s_noPoint, good.PublicNonce, Scalars.Bytes(Scalars.Order)), Is.EqualTo(MessageSignatureError.InvalidSignatureBytes));
        Assert.That(With(s_noPoint, good.PublicNonce, good.Scalar), Is.EqualTo(MessageSignatureError.InvalidSignerPublicKeyBytes));
        Assert.That(With(default, s_noPoint, good.Scalar), Is.EqualTo(MessageSignatureError.InvalidSignatureBytes));
        Assert.That(With(default, good.PublicNonce, good.Scalar), Is.EqualTo(MessageSignatureError.InvalidSignature));

        static MessageSignatureError With(CommsPublicKey signer, CommsPublicKey nonce, ReadOnlySpan<byte> scalar) =>
            new MessageSignature(signer, nonce, scalar).Verify(s_message);
    }

    [Test]
    public void WriteTo_then_TryReadCanonical_gives_the_same_signature()
    {
        using var key = CommsSecretKey.Generate();
        MessageSignature signature = MessageSignature.Sign(key, s_message);
        byte[] wire = new byte[MessageSignature.WireLength + 1];
        wire[^1] = 0xee;
        signature.WriteTo(wire);

        Assert.That(wire[^1], Is.EqualTo(0xee));
        Assert.That(MessageSignature.TryReadCanonical(wire, out _), Is.False, "a byte too many");
        Assert.That(MessageSignature.TryReadCanonical(wire.AsSpan(0, 101), out _), Is.False, "a byte too few");
        Assert.That(MessageSignature.TryReadCanonical(wire.AsSpan(0, 102), out MessageSignature read));
        Assert.That(read, Is.EqualTo(signature));
        Assert.That(read == signature && !(read != signature));
        Assert.That(read.GetHashCode(), Is.EqualTo(signature.GetHashCode()));
        Assert.That(() => signature.WriteTo(new byte[101]), Throws.ArgumentException);
    }

    [Test]
    public void Constructor_with_a_scalar_of_another_length_is_refused() =>
        Assert.That(() => new MessageSignature(default, default, new byte[31]), Throws.ArgumentException);

    private static byte[] ChallengeScalar(in MessageSignature signature)
    {
        byte[] challenge = new byte[64];
        byte[] scalar = new byte[32];
        MessageSignature.Challenge(signature.Signer.Bytes, signature.PublicNonce.Bytes, s_message, challenge);
        Assert.That(RistrettoScalar.ReduceWide(challenge, scalar), Is.EqualTo(KeyFormatError.None));
        return scalar;
    }
}
