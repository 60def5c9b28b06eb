using Tari.Dht.Dataflow.Buffers;

namespace Tari.Dht.Dataflow.Tests.Buffers;

[TestFixture]
internal sealed class DhtBufferPoolTests
{
    private const int Largest = 1 << 24;

    [TestCase(0, 256)]
    [TestCase(1, 256)]
    [TestCase(256, 256)]
    [TestCase(257, 512)]
    [TestCase(6242, 8192)]
    [TestCase(8192, 8192)]
    [TestCase(8193, 16384)]
    [TestCase(Largest, Largest)]
    [TestCase(Largest + 1, Largest + 1)]
    public void Rent_gives_the_next_power_of_two_or_beyond_the_largest_what_was_asked_for(int asked, int given)
    {
        var pool = new DhtBufferPool();
        byte[] array = pool.Rent(asked);
        Assert.That(array, Has.Length.EqualTo(given));
        Assert.That(pool.RentedBytes, Is.EqualTo(given));
        pool.Return(array);
        Assert.That(pool.RentedBytes, Is.Zero);
        Assert.That(pool.KeptBytes, Is.EqualTo(given > Largest ? 0 : given));
    }

    [Test]
    public void What_was_returned_is_rented_again()
    {
        var pool = new DhtBufferPool();
        byte[] first = pool.Rent(1000);
        byte[] second = pool.Rent(1000);
        Assert.That(second, Is.Not.SameAs(first));
        pool.Return(first);
        Assert.That(pool.Rent(600), Is.SameAs(first));
    }

    [Test]
    public void A_full_graphs_buffers_are_all_kept()
    {
        var pool = new DhtBufferPool();
        byte[][] arrays = [.. Enumerable.Range(0, 1000).Select(_ => pool.Rent(6242))];
        Array.ForEach(arrays, array => pool.Return(array));
        var again = new HashSet<byte[]>(arrays, ReferenceEqualityComparer.Instance);
        Assert.That(Enumerable.Range(0, 1000).All(_ => again.Contains(pool.Rent(6242))));
    }

    [Test]
    public void No_size_keeps_more_than_its_bound([Values(256, 8192, 131_072, 1 << 22, Largest)] int length)
    {
        var pool = new DhtBufferPool();
        int keeps = Math.Clamp((8 << 20) / length, 2, 2048);
        byte[][] arrays = [.. Enumerable.Range(0, keeps + 3).Select(_ => pool.Rent(length))];
        Array.ForEach(arrays, array => pool.Return(array));
        Assert.That(pool.KeptBytes, Is.EqualTo((long)keeps * length));
    }

    [Test]
    public void Trim_lets_go_of_everything()
    {
        var pool = new DhtBufferPool();
        pool.Return(pool.Rent(100));
        pool.Return(pool.Rent(100_000));
        pool.Trim();
        Assert.That(pool.KeptBytes, Is.Zero);
    }

    [Test]
    public void Misuse_is_refused()
    {
        var pool = new DhtBufferPool();
        Assert.That(() => pool.Rent(-1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => pool.Return(null!), Throws.ArgumentNullException);
        Assert.That(() => pool.Return(new byte[300]), Throws.ArgumentException);
        Assert.That(() => pool.Return([]), Throws.ArgumentException);
    }

    [Test]
    public void Clearing_on_return_clears()
    {
        var pool = new DhtBufferPool();
        byte[] array = pool.Rent(256);
        array.AsSpan().Fill(1);
        pool.Return(array, clearArray: true);
        Assert.That(array, Is.All.Zero);
    }

    [Test]
    public void Many_threads_never_hold_the_same_array()
    {
        var pool = new DhtBufferPool();
        Parallel.For(0, 8, worker =>
        {
            var random = new Random(worker);
            for (int i = 0; i < 5000; i++)
            {
                byte[] array = pool.Rent(random.Next(1, 5000));
                array[0] = (byte)worker;
                array[^1] = (byte)i;
                if (array[0] != (byte)worker || array[^1] != (byte)i)
                {
                    throw new InvalidOperationException("Two threads hold one array.");
                }

                pool.Return(array);
            }
        });
        Assert.That(pool.RentedBytes, Is.Zero);
    }
}
