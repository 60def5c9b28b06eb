using NUnit.Framework.Internal;

namespace Tari.Dht.Dataflow.Tests.Support;

/// <summary>The proof that the other tests rest on can fail.</summary>
[TestFixture]
internal sealed class CheckingArrayPoolTests
{
    private CheckingArrayPool _pool = null!;

    [SetUp]
    public void SetUp() => _pool = new CheckingArrayPool();

    [Test]
    public void A_pool_whose_arrays_all_came_back_is_whole()
    {
        byte[] first = _pool.Rent(3);
        byte[] second = _pool.Rent(0);
        first[0] = 1;
        _pool.Return(first);
        _pool.Return(second);
        _pool.AssertWhole();
        Assert.That((_pool.RentCount, _pool.Outstanding), Is.EqualTo((2, 0)));
    }

    [Test]
    public void A_missing_return_is_reported()
    {
        _pool.Rent(3);
        Assert.That(_pool.Outstanding, Is.EqualTo(1));
        Assert.That(Report(), Does.Contain("not returned"));
    }

    [Test]
    public void A_second_return_is_reported()
    {
        byte[] array = _pool.Rent(3);
        _pool.Return(array);
        _pool.Return(array);
        Assert.That(Report(), Does.Contain("returned twice"));
    }

    [Test]
    public void A_foreign_return_is_reported()
    {
        _pool.Return(new byte[16]);
        Assert.That(Report(), Does.Contain("somebody else"));
    }

    [Test]
    public void An_equal_array_is_still_a_foreign_one()
    {
        byte[] array = _pool.Rent(3);
        _pool.Return([.. array]);
        Assert.That(Report(), Does.Contain("somebody else").And.Contain("not returned"));
        _pool.Return(array);
    }

    [Test]
    public void A_write_after_the_return_is_reported_wherever_it_is([Values(0, 5, -1)] int place)
    {
        byte[] array = _pool.Rent(3);
        _pool.Return(array);
        array[place < 0 ? array.Length - 1 : place] ^= 1;
        Assert.That(Report(), Does.Contain("written to after their return"));
    }

    [Test]
    public void Arrays_are_longer_than_asked_for_and_not_zero_and_never_the_same_again()
    {
        byte[] first = _pool.Rent(3);
        Assert.That(first, Has.Length.GreaterThan(3).And.None.Zero);
        _pool.Return(first);
        byte[] second = _pool.Rent(3);
        Assert.That(second, Is.Not.SameAs(first));
        _pool.Return(second);
        _pool.AssertWhole();
    }

    [Test]
    public void A_read_after_the_return_does_not_see_the_bytes()
    {
        byte[] array = _pool.Rent(3);
        array.AsSpan().Fill(1);
        _pool.Return(array);
        Assert.That(array, Has.None.EqualTo(1));
    }

    /// <summary>What AssertWhole says, without failing the test that asks.</summary>
    private string Report()
    {
        using var isolated = new TestExecutionContext.IsolatedContext();
        try
        {
            _pool.AssertWhole();
        }
        catch (AssertionException failure)
        {
            return failure.Message;
        }
        catch (MultipleAssertException failure)
        {
            return failure.Message;
        }

        return "";
    }
}
