using System.Security.Cryptography;
using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

[TestFixture]
internal sealed class VerifiedSignaturesTests
{
    private const int Remembered = 4096;

    [Test]
    public void A_signature_is_known_once_it_was_added_and_only_with_its_own_scalar_and_challenge()
    {
        byte[] challenge = RandomNumberGenerator.GetBytes(64);
        byte[] scalar = RandomNumberGenerator.GetBytes(32);
        Assert.That(VerifiedSignatures.Contains(challenge, scalar), Is.False);

        VerifiedSignatures.Add(challenge, scalar);

        Assert.That(VerifiedSignatures.Contains(challenge, scalar), Is.True);
        foreach (byte[] half in (byte[][])[challenge[..32], scalar])
        {
            for (int i = 0; i < 32; i++)
            {
                byte[] other = [.. half];
                other[i] ^= 1;
                bool isKnown = ReferenceEquals(half, scalar)
                    ? VerifiedSignatures.Contains(challenge, other)
                    : VerifiedSignatures.Contains([.. other, .. challenge[32..]], scalar);
                Assert.That(isKnown, Is.False, $"byte {i}");
            }
        }
    }

    [Test]
    public void The_oldest_of_a_set_makes_room_and_nothing_grows()
    {
        byte[] scalar = new byte[32];
        byte[][] challenges = new byte[6][];
        for (int i = 0; i < challenges.Length; i++)
        {
            // The same place for all of them.
            challenges[i] = RandomNumberGenerator.GetBytes(64);
            challenges[i].AsSpan(0, 8).Clear();
            VerifiedSignatures.Add(challenges[i], scalar);
            VerifiedSignatures.Add(challenges[i], scalar);
        }

        bool[] known = Array.ConvertAll(challenges, challenge => VerifiedSignatures.Contains(challenge, scalar));

        Assert.That(known, Is.EqualTo(new[] { false, false, true, true, true, true }));
    }

    [Test]
    public void Many_threads_remember_and_forget_without_mixing_signatures_up()
    {
        Parallel.For(0, 4, thread =>
        {
            var random = new Random(thread);
            byte[] challenge = new byte[64];
            byte[] scalar = new byte[32];
            byte[] other = new byte[32];
            for (int i = 0; i < Remembered; i++)
            {
                random.NextBytes(challenge);
                random.NextBytes(scalar);
                random.NextBytes(other);
                VerifiedSignatures.Add(challenge, scalar);
                if (VerifiedSignatures.Contains(challenge, other))
                {
                    throw new InvalidOperationException("A signature that nobody added is known.");
                }
            }
        });
    }

    [Test]
    public void A_claim_that_verified_before_is_still_judged_by_its_date_and_by_every_part()
    {
        using CommsSecretKey key = CommsSecretKey.Generate();
        ReadOnlyMemory<byte>[] addresses = [new byte[] { 4, 1, 2, 3, 4, 6, 0, 80 }];
        long date = 1_700_000_000;
        DateTimeOffset now = DateTimeOffset.FromUnixTimeSeconds(date);
        IdentitySignature signature = IdentitySignature.Sign(key, 3, addresses, date);
        CommsPublicKey publicKey = key.PublicKey;
        for (int i = 0; i < 2; i++)
        {
            Assert.That(signature.Verify(publicKey, 3, addresses, now), Is.EqualTo(IdentitySignatureStatus.Ok));
        }

        Assert.That(signature.Verify(publicKey, 3, addresses, now.AddDays(-2)), Is.EqualTo(IdentitySignatureStatus.FromFuture));
        Assert.That(signature.Verify(publicKey, 0, addresses, now), Is.EqualTo(IdentitySignatureStatus.Invalid));
        Assert.That(signature.Verify(publicKey, 3, [], now), Is.EqualTo(IdentitySignatureStatus.Invalid));
        byte[] scalar = signature.Scalar.ToArray();
        scalar[0] ^= 1;
        var altered = new IdentitySignature(signature.Version, signature.PublicNonce, scalar, date);
        Assert.That(altered.Verify(publicKey, 3, addresses, now), Is.EqualTo(IdentitySignatureStatus.Invalid));
    }
}
