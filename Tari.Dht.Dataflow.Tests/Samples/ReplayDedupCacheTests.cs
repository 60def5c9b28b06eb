using System.Buffers.Binary;
using Tari.Dht.Dataflow.Samples.Replay.Running;

namespace Tari.Dht.Dataflow.Tests.Samples;

[TestFixture]
internal sealed class ReplayDedupCacheTests
{
    private static readonly StandingClock s_clock = new(DateTimeOffset.UnixEpoch.AddYears(60));

    [TestCase(1u)]
    [TestCase(2u)]
    [TestCase(4u)]
    public async Task RecordHit_SameKeyAgainAndAgain_IsEachTimeTheSameOccurrence(uint occurrence)
    {
        await using var cache = new ReplayDedupCache(occurrence, s_clock);
        byte[] key = new byte[32];

        for (int i = 0; i < 300; i++)
        {
            Assert.That(cache.RecordHit(key, default, null, isSigned: true), Is.EqualTo(occurrence));
        }
    }

    [Test]
    public async Task RecordHit_FullCacheThatForgetsUnsignedMessagesAtOnce_IsStillTheOccurrence()
    {
        await using var cache = new ReplayDedupCache(3, s_clock);
        byte[] key = new byte[32];
        for (int i = 0; i < 10_500; i++)
        {
            BinaryPrimitives.WriteInt32LittleEndian(key, i);
            cache.RecordHit(key, default, null, isSigned: true);
        }

        for (int i = 0; i < 1000; i++)
        {
            Assert.That(cache.RecordHit(key, default, null, isSigned: false), Is.EqualTo(3));
        }
    }
}
