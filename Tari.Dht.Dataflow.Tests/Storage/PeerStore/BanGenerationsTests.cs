using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore;

[TestFixture]
internal sealed class BanGenerationsTests
{
    private readonly ManualTimeProvider _time = new();

    [Test]
    public void Scenario_88_too_many_are_pruned_to_exactly_the_newest_512()
    {
        var generations = new BanGenerations(_time);
        for (int i = 0; i < BanGenerations.MaxTracked; i++)
        {
            generations.Get(PeerMaker.Id(i));
        }

        // What is asked for again is new again.
        generations.Get(PeerMaker.Id(0));
        Assert.That(generations.Count, Is.EqualTo(1024), "as many may be tracked");
        generations.Get(PeerMaker.Id(1024));
        Assert.That(generations.Count, Is.EqualTo(512));
        int[] kept = [0, .. Enumerable.Range(1024 - 510, 511)];
        Assert.That(kept.Select(i => generations.TryGet(PeerMaker.Id(i), out _)), Has.All.True);
        Assert.That(generations.TryGet(PeerMaker.Id(1024 - 511), out _), Is.False);
    }

    [Test]
    public void What_nobody_asked_about_for_an_hour_goes_first()
    {
        var generations = new BanGenerations(_time);
        for (int i = 0; i < 600; i++)
        {
            generations.Get(PeerMaker.Id(i));
        }

        _time.Advance(TimeSpan.FromHours(1) - TimeSpan.FromTicks(1));
        for (int i = 600; i < 700; i++)
        {
            generations.Get(PeerMaker.Id(i));
        }

        _time.Advance(TimeSpan.FromTicks(1));
        for (int i = 700; i < 1025; i++)
        {
            generations.Renew(PeerMaker.Id(i));
        }

        Assert.That(generations.Count, Is.EqualTo(425), "fewer than would have to go by number");
        Assert.That(generations.TryGet(PeerMaker.Id(599), out _), Is.False);
        Assert.That(generations.TryGet(PeerMaker.Id(600), out _));
    }

    [Test]
    public void A_number_is_never_used_twice_whatever_was_forgotten()
    {
        var generations = new BanGenerations(_time);
        var seen = new HashSet<long>();
        for (int round = 0; round < 4; round++)
        {
            for (int i = 0; i < 700; i++)
            {
                NodeId id = PeerMaker.Id(i);
                bool known = generations.TryGet(id, out long before);
                long now = generations.Get(id);
                Assert.That(known ? now == before : seen.Add(now), $"round {round}, id {i}");
                if (i % 7 == round)
                {
                    generations.Renew(id);
                    Assert.That(seen.Add(generations.Get(id)));
                }
            }

            for (int i = 10_000; i < 10_700; i++)
            {
                generations.Get(PeerMaker.Id(i + (round * 1000)));
            }
        }
    }
}
