using System.Buffers;
using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Buffers;

[TestFixture]
internal sealed class BufferLeaseTests
{
    private CheckingArrayPool _pool = null!;

    [SetUp]
    public void SetUp() => _pool = new CheckingArrayPool();

    [TearDown]
    public void PoolIsWhole() => _pool.AssertWhole();

    [Test]
    public void Views_are_as_long_as_asked_for_though_the_array_is_longer([Values(0, 1, 16, 6016)] int length)
    {
        using BufferLease lease = BufferLease.Rent(_pool, length);
        Assert.That((lease.Length, lease.Span.Length, lease.Memory.Length), Is.EqualTo((length, length, length)));
    }

    [Test]
    public void Span_and_memory_show_the_same_bytes()
    {
        using BufferLease lease = BufferLease.Rent(_pool, 4);
        lease.Span.Fill(9);
        Assert.That(lease.Memory.ToArray(), Is.EqualTo((byte[])[9, 9, 9, 9]));
    }

    [Test]
    public void CopyOf_HasTheBytesAndNotTheSource()
    {
        byte[] source = [1, 2, 3];
        using BufferLease lease = BufferLease.CopyOf(_pool, source);
        source[0] = 7;
        Assert.That(lease.Span.ToArray(), Is.EqualTo((byte[])[1, 2, 3]));
    }

    [Test]
    public void Dispose_Twice_ReturnsOnce()
    {
        BufferLease lease = BufferLease.Rent(_pool, 5);
        lease.Dispose();
        lease.Dispose();
        Assert.That(_pool.Outstanding, Is.Zero);
    }

    [Test]
    public void Dispose_FromManyThreads_ReturnsOnce()
    {
        for (int i = 0; i < 200; i++)
        {
            BufferLease lease = BufferLease.Rent(_pool, 5);
            Parallel.For(0, 8, _ => lease.Dispose());
        }
    }

    [Test]
    public void Views_AfterDisposal_Throw()
    {
        BufferLease lease = BufferLease.Rent(_pool, 5);
        lease.Dispose();
        Assert.That(() => lease.Span.Length, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => lease.Memory, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(lease.Length, Is.EqualTo(5), "the length stays known");
    }

    [Test]
    public void Rent_OfANegativeLengthOrWithoutPool_Throws()
    {
        Assert.That(() => BufferLease.Rent(_pool, -1), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => BufferLease.Rent(null!, 1), Throws.ArgumentNullException);
        Assert.That(_pool.RentCount, Is.Zero);
    }

    [Test]
    public void It_works_with_the_shared_pool()
    {
        using BufferLease lease = BufferLease.CopyOf(ArrayPool<byte>.Shared, [1, 2]);
        Assert.That(lease.Span.ToArray(), Is.EqualTo((byte[])[1, 2]));
    }
}
