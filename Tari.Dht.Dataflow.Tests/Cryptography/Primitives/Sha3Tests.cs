using System.Security.Cryptography;
using System.Text;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Protocol;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

[TestFixture]
internal sealed class Sha3Tests
{
    // The examples that NIST gives for SHA3-256, and the 200 bytes of A3.
    [TestCase("", "a7ffc6f8bf1ed76651c14756a061d662f580ff4de43b49fa82d80a4b80f8434a")]
    [TestCase("abc", "3a985da74fe225b2045c172d6bd390bd855f086e3e9d525b46bfe24511431532")]
    [TestCase(
        "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
        "41c0dba2a9d6240849100376a8235e2c82e1b9998a999e21db32dd97496d3376")]
    public void Hash256_of_a_known_text_is_the_known_digest(string text, string digest) =>
        Assert.That(Hash(Encoding.ASCII.GetBytes(text)), Is.EqualTo(digest));

    [Test]
    public void Hash256_of_more_than_a_block_is_the_known_digest()
    {
        byte[] input = new byte[200];
        input.AsSpan().Fill(0xA3);
        Assert.That(Hash(input), Is.EqualTo("79f38adec5c20307a98ef76e8324afbfd46cfd81b22e3973c65fa1bd9de31787"));
    }

    [Test]
    public void Hash256_agrees_with_the_platform_at_every_length_around_a_block()
    {
        Assume.That(SHA3_256.IsSupported, "this platform has no SHA-3");
        byte[] input = new byte[3 * 136];
        new Random(5).NextBytes(input);
        for (int length = 0; length <= input.Length; length++)
        {
            Assert.That(Hash(input.AsSpan(0, length)), Is.EqualTo(Convert.ToHexStringLower(SHA3_256.HashData(input.AsSpan(0, length)))));
        }
    }

    [Test]
    public void Hash256_allocates_nothing()
    {
        byte[] input = new byte[48];
        byte[] digest = new byte[Sha3.DigestLength];
        Assert.That(AllocationProbe.BytesOf(() => Sha3.Hash256(input, digest)), Is.Zero);
    }

    private static string Hash(ReadOnlySpan<byte> input)
    {
        byte[] digest = new byte[Sha3.DigestLength];
        Sha3.Hash256(input, digest);
        return Convert.ToHexStringLower(digest);
    }
}
