using System.Runtime.Intrinsics.X86;
using System.Text;
using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

[Category(HashingTest.Category)]
internal sealed class Blake2bTests
{
    private static readonly int[] s_longLengths = [4095, 4096, 4097, 6016, 12_016, 65_535, 65_536, 100_000, 299_999, 300_000];

    // "abc" with 64 bytes is the example of RFC 7693, appendix A; the rest was computed with an independent implementation.
    [TestCase(
        "abc",
        "ba80a53f981c4d0d6a2797b69f12f6e94c212f14685ac4b74b12bb6fdbffa2d17d87c5392aab792dc252d5de4533cc9518d38aa8dbf1925ab92386edd4009923")]
    [TestCase(
        "",
        "786a02f742015903c6c6fd852552d272912f4740e15847618a86e217f71f5419d25e1031afee585313896444934eb04b903a685b1448b755d56f701afe9be2ce")]
    [TestCase("", "0e5751c026e543b2e8ab2eb06099daa1d1e5df47778f7787faab45cdf12fe3a8")]
    [TestCase("abc", "16526c7186a8dfb54ecde4c858")]
    [TestCase("abc", "6b")]
    public void Hash_KnownAnswers_ByEveryPath(string message, string digest)
    {
        foreach (Blake2bPath path in Enum.GetValues<Blake2bPath>())
        {
            if (Blake2bState.IsSupported(path))
            {
                byte[] actual = new byte[digest.Length / 2];
                Blake2b.Hash(Encoding.ASCII.GetBytes(message), actual, path);
                Assert.That(Convert.ToHexStringLower(actual), Is.EqualTo(digest), path.ToString());
            }
        }
    }

    [Test]
    public void Hash_NodeIdOfAPublicKey_Is13BytesOfItsOwnParameter()
    {
        byte[] digest = new byte[13];
        Blake2b.Hash(Convert.FromHexString("6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919"), digest);
        Assert.That(Convert.ToHexStringLower(digest), Is.EqualTo("0692b27f29fbe0e8c1317879e0"));
    }

    [Test]
    public void Hash_EveryLengthTo1100_EqualsLibsodium([Values] Blake2bPath path)
    {
        HashingTest.IgnoreUnlessSupported(path);
        byte[] data = HashingTest.Bytes(1, 1100);
        for (int length = 0; length <= data.Length; length++)
        {
            AssertEqualsSodium(data.AsSpan(0, length), 32, path);
        }
    }

    [Test]
    public void Hash_LongMessages_EqualsLibsodium([Values] Blake2bPath path, [ValueSource(nameof(s_longLengths))] int length)
    {
        HashingTest.IgnoreUnlessSupported(path);
        AssertEqualsSodium(HashingTest.Bytes(length, length), 64, path);
    }

    [Test]
    public void Hash_EveryDigestLength_EqualsLibsodium([Values] Blake2bPath path)
    {
        HashingTest.IgnoreUnlessSupported(path);
        byte[] data = HashingTest.Bytes(2, 300);
        for (int digestLength = 1; digestLength <= Blake2b.MaxDigestLength; digestLength++)
        {
            foreach (int length in new[] { 0, 1, 128, 300 })
            {
                AssertEqualsSodium(data.AsSpan(0, length), digestLength, path);
            }
        }
    }

    [Test]
    public void Hash_FromEveryAlignment_EqualsLibsodium([Values] Blake2bPath path)
    {
        HashingTest.IgnoreUnlessSupported(path);
        byte[] data = HashingTest.Bytes(3, 1000);
        for (int start = 0; start < 64; start++)
        {
            AssertEqualsSodium(data.AsSpan(start, 800), 32, path);
        }
    }

    [Test]
    public void Hash_WithoutAPath_TakesTheChosenOne()
    {
        byte[] data = HashingTest.Bytes(4, 777);
        byte[] digest = new byte[32];
        Blake2b.Hash(data, digest);
        TestContext.Out.WriteLine($"path {Blake2bState.Path}, pairs interleaved: {Blake2bState.IsPairInterleaved}");
        Assert.That(Blake2bState.IsSupported(Blake2bState.Path));
        Assert.That(digest, Is.EqualTo(SodiumHash.Hash(data, 32)));
    }

    [Test]
    public void Hash_DigestOverTheMessage_IsTheDigestOfWhatWasThere([Values] Blake2bPath path)
    {
        HashingTest.IgnoreUnlessSupported(path);
        byte[] data = HashingTest.Bytes(5, 256);
        byte[] expected = SodiumHash.Hash(data, 64);
        Blake2b.Hash(data, data.AsSpan(100, 64), path);
        Assert.That(data.AsSpan(100, 64).ToArray(), Is.EqualTo(expected));
    }

    [TestCase(0)]
    [TestCase(65)]
    [TestCase(1000)]
    public void Hash_DigestOfAnotherLengthThan1To64_Throws(int digestLength)
    {
        var error = Assert.Throws<ArgumentOutOfRangeException>(() => Blake2b.Hash([], new byte[digestLength]));
        Assert.That(error!.ParamName, Is.EqualTo("digest"));
    }

    [Test]
    public void Hash_AllocatesNothing()
    {
        byte[] data = HashingTest.Bytes(6, 6016);
        byte[] digest = new byte[32];
        Blake2b.Hash(data, digest);
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Blake2b.Hash(data.AsSpan(0, 60 * i), digest);
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);
    }

    // A counter above 32 bits cannot be reached by hashing in a test's time.
    [Test]
    public void Compress_AnyChainCounterAndMark_IsTheSameByEveryPath([Values(Blake2bPath.Avx2, Blake2bPath.Avx512)] Blake2bPath path)
    {
        HashingTest.IgnoreUnlessSupported(path);
        var random = new Random(7);
        byte[] blocks = new byte[5 * Blake2b.BlockLength];
        for (int i = 0; i < 200; i++)
        {
            random.NextBytes(blocks);
            ulong[] chain = [.. Enumerable.Range(0, 8).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))];
            ulong[] expected = [.. chain];
            ulong counter = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            ulong last = i % 2 == 0 ? 0 : ulong.MaxValue;
            ReadOnlySpan<byte> data = blocks.AsSpan(0, last == 0 ? (1 + (i % 5)) * Blake2b.BlockLength : Blake2b.BlockLength);
            Blake2bState.Compress(Blake2bPath.Scalar, expected, data, counter, last);
            Blake2bState.Compress(path, chain, data, counter, last);
            Assert.That(chain, Is.EqualTo(expected));
        }
    }

    [TestCase(false, true, true, Blake2bPath.Avx512)]
    [TestCase(false, false, true, Blake2bPath.Avx2)]
    [TestCase(false, false, false, Blake2bPath.Scalar)]
    [TestCase(true, true, true, Blake2bPath.Scalar)]
    public void ChoosePath_IsTheWidestUnlessVectorsAreLate(bool lateVectors, bool avx512, bool avx2, Blake2bPath expected) =>
        Assert.That(Blake2bState.ChoosePath(lateVectors, avx512, avx2), Is.EqualTo(expected));

    [Test]
    public void IsSupported_OfEachPath_IsWhatTheProcessorSays()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Blake2bState.IsSupported(Blake2bPath.Scalar));
            Assert.That(Blake2bState.IsSupported(Blake2bPath.Avx2), Is.EqualTo(Avx2.IsSupported));
            Assert.That(Blake2bState.IsSupported(Blake2bPath.Avx512), Is.EqualTo(Avx512F.VL.IsSupported));
            Assert.That(Blake2bState.IsPairInterleaved, Is.EqualTo(Avx512F.VL.IsSupported));
            Assert.That(Blake2bState.IsSupported((Blake2bPath)99), Is.False);
        });
    }

    private static void AssertEqualsSodium(ReadOnlySpan<byte> data, int digestLength, Blake2bPath path)
    {
        byte[] digest = new byte[digestLength];
        Blake2b.Hash(data, digest, path);
        if (!digest.AsSpan().SequenceEqual(SodiumHash.Hash(data, digestLength)))
        {
            Assert.Fail($"{data.Length} bytes, digest of {digestLength}, {path}");
        }
    }
}
