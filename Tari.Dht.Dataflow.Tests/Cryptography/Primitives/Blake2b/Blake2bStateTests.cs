using Tari.Dht.Dataflow.Cryptography.Primitives;

namespace Tari.Dht.Dataflow.Tests.Cryptography.Primitives;

[Category(HashingTest.Category)]
public sealed class Blake2bStateTests
{
    [Test]
    public void Update_InPiecesOfEveryLength_EqualsLibsodium()
    {
        byte[] data = HashingTest.Bytes(11, 1000);
        byte[] expected = SodiumHash.Hash(data, 32);
        for (int piece = 1; piece <= data.Length; piece++)
        {
            var state = new Blake2bState(32);
            for (int start = 0; start < data.Length; start += piece)
            {
                state.Update(data.AsSpan(start, Math.Min(piece, data.Length - start)));
            }

            Assert.That(Finish(ref state, 32), Is.EqualTo(expected), $"pieces of {piece}");
        }
    }

    [Test]
    public void Update_RandomSplits_EqualsLibsodium()
    {
        var random = new Random(12);
        byte[] data = HashingTest.Bytes(13, 5000);
        for (int i = 0; i < 1000; i++)
        {
            int length = random.Next(data.Length + 1);
            int digestLength = random.Next(1, 65);
            int longest = random.Next(1, 700);
            var state = new Blake2bState(digestLength);
            for (int start = 0; start < length;)
            {
                int piece = Math.Min(random.Next(longest + 1), length - start);
                state.Update(data.AsSpan(start, piece));
                start += piece;
            }

            Assert.That(Finish(ref state, digestLength), Is.EqualTo(SodiumHash.Hash(data.AsSpan(0, length), digestLength)), $"split {i}");
        }
    }

    [Test]
    public void Update_NothingAtABlockEnd_LeavesTheLastBlockTheLast()
    {
        byte[] data = HashingTest.Bytes(14, 256);
        var state = new Blake2bState(64);
        state.Update(data.AsSpan(0, 128));
        state.Update([]);
        state.Update(data.AsSpan(128));
        state.Update([]);
        Assert.That(Finish(ref state, 64), Is.EqualTo(SodiumHash.Hash(data, 64)));
    }

    [Test]
    public void Copy_OfAStartedHash_IsAForkOfItsOwn()
    {
        byte[] data = HashingTest.Bytes(15, 400);
        var state = new Blake2bState(32);
        state.Update(data.AsSpan(0, 150));
        Blake2bState fork = state;
        fork.Update(data.AsSpan(0, 77));
        state.Update(data.AsSpan(150));
        byte[] forked = [.. data.AsSpan(0, 150), .. data.AsSpan(0, 77)];
        Assert.That(Finish(ref state, 32), Is.EqualTo(SodiumHash.Hash(data, 32)));
        Assert.That(Finish(ref fork, 32), Is.EqualTo(SodiumHash.Hash(forked, 32)));
    }

    [TestCase(0)]
    [TestCase(-1)]
    [TestCase(65)]
    public void Constructor_DigestOfAnotherLengthThan1To64_Throws(int digestLength) =>
        Assert.That(() => new Blake2bState(digestLength), Throws.TypeOf<ArgumentOutOfRangeException>());

    [Test]
    public void Finish_IntoAnotherLength_ThrowsAndLeavesTheHashAsItWas()
    {
        var state = new Blake2bState(32);
        state.Update([1, 2, 3]);
        Assert.That(() => state.Finish(new byte[31]), Throws.ArgumentException);
        Assert.That(() => state.Finish(new byte[64]), Throws.ArgumentException);
        Assert.That(Finish(ref state, 32), Is.EqualTo(SodiumHash.Hash([1, 2, 3], 32)));
    }

    [Test]
    public void Finish_ASecondTime_Throws()
    {
        var state = new Blake2bState(32);
        Finish(ref state, 32);
        Assert.That(() => state.Finish(new byte[32]), Throws.InvalidOperationException);
    }

    [Test]
    public void Finish_OfAHashThatWasNotStarted_Throws()
    {
        Blake2bState state = default;
        Assert.That(() => state.Finish([]), Throws.InvalidOperationException);
    }

    [Test]
    public void UpdatePair_EveryPairOfLengths_EqualsTwoHashes()
    {
        // Every mix of block counts around the ratios at which the messages change places, and a byte to either side.
        byte[] one = HashingTest.Bytes(16, 2000);
        byte[] two = HashingTest.Bytes(17, 2000);
        int[] lengths =
            [0, 1, .. Enumerable.Range(1, 12).SelectMany(blocks => new[] { (128 * blocks) - 1, 128 * blocks, (128 * blocks) + 1 })];
        foreach (int m in lengths)
        {
            byte[] expected = SodiumHash.Hash(one.AsSpan(0, m), 32);
            foreach (int n in lengths)
            {
                var first = new Blake2bState(32);
                var second = new Blake2bState(64);
                Blake2bState.UpdatePair(ref first, one.AsSpan(0, m), ref second, two.AsSpan(0, n));
                Assert.That(Finish(ref first, 32), Is.EqualTo(expected), $"first of {m} and {n}");
                Assert.That(Finish(ref second, 64), Is.EqualTo(SodiumHash.Hash(two.AsSpan(0, n), 64)), $"second of {m} and {n}");
            }
        }
    }

    [Test]
    public void UpdatePair_OverOneBodyAfterDifferentPrefixes_EqualsTwoHashes()
    {
        var random = new Random(18);
        byte[] data = HashingTest.Bytes(19, 8000);
        for (int i = 0; i < 500; i++)
        {
            int prefix = random.Next(400);
            int otherPrefix = random.Next(400);
            ReadOnlySpan<byte> body = data.AsSpan(random.Next(64), random.Next(7000));
            ReadOnlySpan<byte> tail = data.AsSpan(0, random.Next(300));
            var first = new Blake2bState(32);
            var second = new Blake2bState(32);
            first.Update(data.AsSpan(0, prefix));
            second.Update(data.AsSpan(0, otherPrefix));
            Blake2bState.UpdatePair(ref first, body, ref second, body);
            first.Update(tail);
            byte[] message = [.. data.AsSpan(0, prefix), .. body, .. tail];
            byte[] otherMessage = [.. data.AsSpan(0, otherPrefix), .. body];
            Assert.That(Finish(ref first, 32), Is.EqualTo(SodiumHash.Hash(message, 32)), $"first of pair {i}");
            Assert.That(Finish(ref second, 32), Is.EqualTo(SodiumHash.Hash(otherMessage, 32)), $"second of pair {i}");
        }
    }

    [TestCase(300_000, 300_000)]
    [TestCase(300_000, 1000)]
    [TestCase(1000, 299_999)]
    [TestCase(100_001, 200_003)]
    [TestCase(300_000, 0)]
    public void UpdatePair_LongMessages_EqualsTwoHashes(int length, int otherLength)
    {
        byte[] one = HashingTest.Bytes(20, length);
        byte[] two = HashingTest.Bytes(21, otherLength);
        var first = new Blake2bState(64);
        var second = new Blake2bState(13);
        Blake2bState.UpdatePair(ref first, one, ref second, two);
        Assert.That(Finish(ref first, 64), Is.EqualTo(SodiumHash.Hash(one, 64)));
        Assert.That(Finish(ref second, 13), Is.EqualTo(SodiumHash.Hash(two, 13)));
    }

    // As for one message: high counters, without hashing that much.
    [Test]
    public void CompressPair_AnyChainsAndCounters_EqualsTheScalarPathTwice()
    {
        HashingTest.IgnoreUnlessSupported(Blake2bPath.Avx512);
        var random = new Random(22);
        byte[] scalarBlocks = new byte[8 * Blake2b.BlockLength];
        byte[] vectorBlocks = new byte[4 * Blake2b.BlockLength];
        for (int i = 0; i < 200; i++)
        {
            random.NextBytes(scalarBlocks);
            random.NextBytes(vectorBlocks);
            int n = (1 + (i % 4)) * Blake2b.BlockLength;
            ulong[] chain = [.. Enumerable.Range(0, 8).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))];
            ulong[] otherChain = [.. Enumerable.Range(0, 8).Select(_ => (ulong)random.NextInt64(long.MinValue, long.MaxValue))];
            ulong[] expected = [.. chain];
            ulong[] otherExpected = [.. otherChain];
            ulong counter = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            ulong otherCounter = (ulong)random.NextInt64(long.MinValue, long.MaxValue);
            Blake2bState.CompressScalar(expected, scalarBlocks.AsSpan(0, 2 * n), counter, last: 0);
            Blake2bState.CompressScalar(otherExpected, vectorBlocks.AsSpan(0, n), otherCounter, last: 0);
            Blake2bState.CompressPairAvx512(
                chain, scalarBlocks.AsSpan(0, 2 * n), counter, otherChain, vectorBlocks.AsSpan(0, n), otherCounter);
            Assert.That(chain, Is.EqualTo(expected));
            Assert.That(otherChain, Is.EqualTo(otherExpected));
        }
    }

    [Test]
    public void UpdateAndFinish_AllocateNothing()
    {
        byte[] data = HashingTest.Bytes(23, 6016);
        byte[] digest = new byte[32];
        Run();
        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 100; i++)
        {
            Run();
        }

        Assert.That(GC.GetAllocatedBytesForCurrentThread() - before, Is.Zero);

        void Run()
        {
            var first = new Blake2bState(32);
            var second = new Blake2bState(32);
            first.Update(data.AsSpan(0, 500));
            Blake2bState.UpdatePair(ref first, data, ref second, data);
            first.Finish(digest);
            second.Finish(digest);
        }
    }

    private static byte[] Finish(ref Blake2bState state, int digestLength)
    {
        byte[] digest = new byte[digestLength];
        state.Finish(digest);
        return digest;
    }
}
