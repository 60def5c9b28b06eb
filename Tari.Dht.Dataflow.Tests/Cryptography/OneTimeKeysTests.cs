using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Tests.Cryptography.Curve;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

internal sealed class OneTimeKeysTests
{
    [Test]
    public void An_empty_reserve_makes_pairs_on_the_spot()
    {
        var reserve = new OneTimeKeys();
        reserve.Close();
        AssertPair(Take(reserve));
        AssertPair(Take(reserve));
        Assert.That(reserve.Count, Is.Zero);
    }

    [Test]
    public void A_filled_reserve_hands_out_what_it_holds_and_then_makes_more()
    {
        var reserve = new OneTimeKeys();
        Fill(reserve);
        Assert.That(reserve.Count, Is.EqualTo(OneTimeKeys.Capacity));
        var secrets = new HashSet<string>();
        for (int i = 0; i < 3 * OneTimeKeys.Capacity; i++)
        {
            (byte[] Secret, byte[] Key) pair = Take(reserve);
            AssertPair(pair);
            Assert.That(secrets.Add(Convert.ToHexString(pair.Secret)));
        }
    }

    [Test]
    public void Filling_a_full_reserve_leaves_it_as_it_is()
    {
        var reserve = new OneTimeKeys();
        Fill(reserve);
        ((IThreadPoolWorkItem)reserve).Execute();
        Assert.That(reserve.Count, Is.EqualTo(OneTimeKeys.Capacity));
    }

    [Test]
    public void A_closed_reserve_holds_nothing_and_is_not_filled_again()
    {
        var reserve = new OneTimeKeys();
        Fill(reserve);
        reserve.Close();
        Assert.That(reserve.Count, Is.Zero);
        ((IThreadPoolWorkItem)reserve).Execute();
        Assert.That(reserve.Count, Is.Zero);
        AssertPair(Take(reserve));
    }

    [Test]
    public void No_pair_is_handed_out_twice_to_many_threads_while_it_is_filled()
    {
        const int Threads = 6;
        const int Pairs = 400;
        var reserve = new OneTimeKeys();
        var taken = new (byte[] Secret, byte[] Key)[Threads * Pairs];
        using var start = new Barrier(Threads + 1);
        Thread[] threads = [.. Enumerable.Range(0, Threads).Select(index => new Thread(() =>
        {
            start.SignalAndWait();
            for (int i = 0; i < Pairs; i++)
            {
                taken[(index * Pairs) + i] = Take(reserve);
            }
        }))];
        var filler = new Thread(() =>
        {
            start.SignalAndWait();
            while (threads.Any(thread => thread.IsAlive))
            {
                ((IThreadPoolWorkItem)reserve).Execute();
            }
        });
        foreach (Thread thread in threads)
        {
            thread.Start();
        }

        filler.Start();
        foreach (Thread thread in threads)
        {
            thread.Join();
        }

        filler.Join();
        Assert.That(taken.Select(pair => Convert.ToHexString(pair.Secret)).Distinct().Count(), Is.EqualTo(taken.Length));
        foreach ((byte[] Secret, byte[] Key) pair in taken)
        {
            AssertPair(pair);
        }
    }

    // One call may end early, for other work of the pool.
    private static void Fill(OneTimeKeys reserve)
    {
        while (reserve.Count < OneTimeKeys.Capacity)
        {
            ((IThreadPoolWorkItem)reserve).Execute();
        }
    }

    private static (byte[] Secret, byte[] Key) Take(OneTimeKeys reserve)
    {
        byte[] secret = new byte[32];
        byte[] key = new byte[32];
        reserve.Take(secret, key);
        return (secret, key);
    }

    private static void AssertPair((byte[] Secret, byte[] Key) pair)
    {
        Assert.That(RistrettoScalar.IsCanonical(pair.Secret));
        Assert.That(pair.Secret, Has.Some.Not.Zero);
        Assert.That(pair.Key, Is.EqualTo(Points.Encoded(pair.Secret)));
    }
}
