using System.Threading.Channels;
using Tari.Dht.Dataflow.Comms;

namespace Tari.Dht.Dataflow.Tests.Comms;

[TestFixture]
internal sealed class InFlightWindowTests
{
    [Test]
    public void Slots_are_taken_at_once_until_none_is_left([Values(1, 4)] int size)
    {
        var window = new InFlightWindow(size);
        for (int i = 1; i <= size; i++)
        {
            Assert.That(window.EnterAsync(default).AsTask().IsCompletedSuccessfully);
            Assert.That(window.Used, Is.EqualTo(i));
        }

        Task waiting = window.EnterAsync(default).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        Assert.That(window.Used, Is.EqualTo(size));
    }

    [Test]
    public async Task A_release_lets_the_one_who_waits_in()
    {
        var window = new InFlightWindow(1);
        await window.EnterAsync(default);
        Task waiting = window.EnterAsync(default).AsTask();
        Assert.That(waiting.IsCompleted, Is.False);
        window.Release();
        await waiting;
        Assert.That(window.Used, Is.EqualTo(1));
    }

    [Test]
    public async Task A_cancelled_wait_takes_no_slot_and_the_next_one_gets_it()
    {
        var window = new InFlightWindow(1);
        await window.EnterAsync(default);
        using var cancellation = new CancellationTokenSource();
        Task waiting = window.EnterAsync(cancellation.Token).AsTask();
        await cancellation.CancelAsync();
        Assert.That(async () => await waiting, Throws.InstanceOf<OperationCanceledException>());
        Assert.That(window.Used, Is.EqualTo(1));
        window.Release();
        Assert.That(window.Used, Is.Zero);
        Assert.That(window.EnterAsync(default).AsTask().IsCompletedSuccessfully);
    }

    [Test]
    public void A_window_without_slots_is_refused([Values(0, -1)] int size) =>
        Assert.That(() => new InFlightWindow(size), Throws.InstanceOf<ArgumentOutOfRangeException>());

    [Test]
    public async Task One_who_enters_and_many_who_release_never_exceed_the_window_and_never_get_stuck()
    {
        const int Size = 4;
        const int Entries = 20_000;
        var window = new InFlightWindow(Size);
        var taken = Channel.CreateUnbounded<int>();
        Task[] releasing = [.. Enumerable.Range(0, 4).Select(_ => Task.Run(async () =>
        {
            await foreach (int used in taken.Reader.ReadAllAsync())
            {
                Assert.That(used, Is.InRange(1, Size));
                window.Release();
            }
        }))];
        for (int i = 0; i < Entries; i++)
        {
            await window.EnterAsync(default);
            taken.Writer.TryWrite(window.Used);
        }

        taken.Writer.Complete();
        await Task.WhenAll(releasing);
        Assert.That(window.Used, Is.Zero);
    }
}
