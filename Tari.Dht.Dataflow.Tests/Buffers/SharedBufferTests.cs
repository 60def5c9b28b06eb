using Tari.Dht.Dataflow.Buffers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Buffers;

[TestFixture]
internal sealed class SharedBufferTests
{
    private CheckingArrayPool _pool = null!;

    [SetUp]
    public void SetUp() => _pool = new CheckingArrayPool();

    [TearDown]
    public void PoolIsWhole() => _pool.AssertWhole();

    [Test]
    public void Memory_IsTheSharedPartOfTheLease()
    {
        var shared = new SharedBuffer(BufferLease.CopyOf(_pool, [1, 2, 3, 4, 5]), 1, 3);
        Assert.That(shared.Memory.ToArray(), Is.EqualTo((byte[])[2, 3, 4]));
        Assert.That(shared.Length, Is.EqualTo(3));
        shared.Release();
    }

    [Test]
    public void The_last_of_the_holders_returns_the_array([Values(1, 2, 100)] int references)
    {
        var shared = new SharedBuffer(BufferLease.Rent(_pool, 8), 0, 8, references);
        for (int i = 0; i < references; i++)
        {
            Assert.That(_pool.Outstanding, Is.EqualTo(1));
            Assert.That(shared.Memory.Length, Is.EqualTo(8));
            shared.Release();
        }

        Assert.That(_pool.Outstanding, Is.Zero);
    }

    [Test]
    public void Retain_AddsAHolder()
    {
        var shared = new SharedBuffer(BufferLease.Rent(_pool, 8), 0, 8);
        shared.Retain();
        shared.Release();
        Assert.That(_pool.Outstanding, Is.EqualTo(1));
        shared.Release();
        Assert.That(_pool.Outstanding, Is.Zero);
    }

    [Test]
    public void A_release_too_many_throws_and_returns_nothing_twice()
    {
        var shared = new SharedBuffer(BufferLease.Rent(_pool, 8), 0, 8);
        shared.Release();
        Assert.That(shared.Release, Throws.InvalidOperationException);
        Assert.That(shared.Release, Throws.InvalidOperationException);
    }

    [Test]
    public void Use_after_the_last_release_throws()
    {
        var shared = new SharedBuffer(BufferLease.Rent(_pool, 8), 0, 8);
        shared.Release();
        Assert.That(() => shared.Memory, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(shared.Retain, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(shared.Release, Throws.InvalidOperationException);
        Assert.That(shared.Retain, Throws.InstanceOf<ObjectDisposedException>(), "nor does a release too many make it usable again");
    }

    [TestCase(-1, 1)]
    [TestCase(0, -1)]
    [TestCase(0, 9)]
    [TestCase(8, 1)]
    [TestCase(9, 0)]
    [TestCase(int.MaxValue, int.MaxValue)]
    public void A_range_outside_the_lease_is_refused_and_the_lease_stays_the_callers(int offset, int length)
    {
        using BufferLease lease = BufferLease.Rent(_pool, 8);
        Assert.That(() => new SharedBuffer(lease, offset, length), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(lease.Memory.Length, Is.EqualTo(8));
    }

    [Test]
    public void No_reference_and_no_lease_are_refused()
    {
        using BufferLease lease = BufferLease.Rent(_pool, 8);
        Assert.That(() => new SharedBuffer(lease, 0, 8, 0), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(() => new SharedBuffer(null!, 0, 0), Throws.ArgumentNullException);
    }

    [Test]
    public void An_empty_range_at_the_end_is_a_range()
    {
        var shared = new SharedBuffer(BufferLease.Rent(_pool, 8), 8, 0);
        Assert.That(shared.Memory.IsEmpty);
        shared.Release();
    }

    [Test]
    public void Holders_on_many_threads_return_the_array_exactly_once()
    {
        for (int round = 0; round < 50; round++)
        {
            var shared = new SharedBuffer(BufferLease.CopyOf(_pool, [42]), 0, 1, 8);
            Parallel.For(0, 8, _ =>
            {
                for (int i = 0; i < 200; i++)
                {
                    shared.Retain();
                    Assert.That(shared.Memory.Span[0], Is.EqualTo(42));
                    shared.Release();
                }

                shared.Release();
            });
            Assert.That(_pool.Outstanding, Is.Zero);
            Assert.That(shared.Release, Throws.InvalidOperationException);
        }
    }
}
