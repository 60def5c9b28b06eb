using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Events;

namespace Tari.Dht.Dataflow.Tests.Events;

public sealed class EventPublisherTests
{
    [Test]
    public async Task Publish_TwoSubscribers_BothGetTheSameObjectsInOrder()
    {
        var publisher = new EventPublisher<string>(4);
        using EventSubscription<string> first = publisher.Subscribe(), second = publisher.Subscribe();
        publisher.Publish("a");
        publisher.Publish("b");
        foreach (EventSubscription<string> subscription in new[] { first, second })
        {
            Assert.That(await subscription.ReadAsync(), Is.EqualTo(new ReceivedEvent<string>("a", 0)));
            Assert.That(await subscription.ReadAsync(), Is.EqualTo(new ReceivedEvent<string>("b", 0)));
        }
    }

    [Test]
    public async Task Subscribe_AfterAnEvent_DoesNotGetIt()
    {
        var publisher = new EventPublisher<string>(4);
        publisher.Publish("before");
        using EventSubscription<string> subscription = publisher.Subscribe();
        publisher.Publish("after");
        Assert.That((await subscription.ReadAsync())!.Value.Event, Is.EqualTo("after"));
    }

    [Test]
    public async Task A_slow_reader_is_told_how_many_it_missed()
    {
        var publisher = new EventPublisher<string>(3);
        using EventSubscription<string> slow = publisher.Subscribe();
        for (int i = 0; i < 10; i++)
        {
            publisher.Publish($"{i}");
        }

        Assert.That(await slow.ReadAsync(), Is.EqualTo(new ReceivedEvent<string>("7", 7)));
        Assert.That(await slow.ReadAsync(), Is.EqualTo(new ReceivedEvent<string>("8", 0)));
        publisher.Publish("10");
        publisher.Publish("11");
        publisher.Publish("12");
        Assert.That(await slow.ReadAsync(), Is.EqualTo(new ReceivedEvent<string>("10", 1)), "9 was lost");
    }

    [Test]
    public async Task Complete_WithEventsLeft_TheyAreReadBeforeTheEnd()
    {
        var publisher = new EventPublisher<string>(3);
        using EventSubscription<string> subscription = publisher.Subscribe();
        publisher.Publish("last");
        publisher.Complete();
        publisher.Publish("too late");
        Assert.That((await subscription.ReadAsync())!.Value.Event, Is.EqualTo("last"));
        Assert.That(await subscription.ReadAsync(), Is.Null);
        using EventSubscription<string> late = publisher.Subscribe();
        Assert.That(await late.ReadAsync(), Is.Null, "a subscription after the end");
    }

    [Test]
    public async Task Complete_WhileAReaderWaits_TellsItThatThereIsNoMore()
    {
        var publisher = new EventPublisher<string>(3);
        using EventSubscription<string> subscription = publisher.Subscribe();
        ValueTask<ReceivedEvent<string>?> reading = subscription.ReadAsync();
        Assert.That(reading.IsCompleted, Is.False);
        publisher.Complete();
        Assert.That(await reading, Is.Null);
    }

    [Test]
    public async Task Dispose_WhileAReaderWaits_TellsItThatThereIsNoMore()
    {
        var publisher = new EventPublisher<string>(3);
        EventSubscription<string> subscription = publisher.Subscribe();
        ValueTask<ReceivedEvent<string>?> reading = subscription.ReadAsync();
        subscription.Dispose();
        subscription.Dispose();
        publisher.Publish("nobody hears it");
        Assert.That(await reading, Is.Null);
        Assert.That(await subscription.ReadAsync(), Is.Null);
    }

    [Test]
    public async Task ReadAsync_Cancelled_TheNextReadGetsTheNextEvent()
    {
        var publisher = new EventPublisher<string>(3);
        using EventSubscription<string> subscription = publisher.Subscribe();
        using var cancellation = new CancellationTokenSource();
        ValueTask<ReceivedEvent<string>?> reading = subscription.ReadAsync(cancellation.Token);
        await cancellation.CancelAsync();
        Assert.That(async () => await reading, Throws.InstanceOf<OperationCanceledException>());

        ValueTask<ReceivedEvent<string>?> again = subscription.ReadAsync();
        publisher.Publish("a");
        Assert.That((await again)!.Value.Event, Is.EqualTo("a"));
    }

    [Test]
    public void ReadAsync_WithATokenOnAScheduler_ResumesThere()
    {
        var scheduler = new VirtualScheduler(new VirtualTime());
        var publisher = new EventPublisher<string>(3);
        using EventSubscription<string> subscription = publisher.Subscribe();
        using var cancellation = new CancellationTokenSource();
        TaskScheduler? resumed = null;
        Task reader = Task.Factory.StartNew(
            async () =>
            {
                await subscription.ReadAsync(cancellation.Token);
                resumed = TaskScheduler.Current;
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler).Unwrap();
        scheduler.RunUntilIdle();
        publisher.Publish("a");
        Assert.That(reader.IsCompleted, Is.False, "not on the publisher's thread");
        scheduler.RunUntilIdle();
        Assert.That(resumed, Is.SameAs(scheduler));
    }

    [Test]
    public async Task ReadAllAsync_UntilTheEnd_GivesAll()
    {
        var publisher = new EventPublisher<string>(3);
        using EventSubscription<string> subscription = publisher.Subscribe();
        publisher.Publish("a");
        publisher.Publish("b");
        publisher.Complete();
        var read = new List<string>();
        await foreach (ReceivedEvent<string> received in subscription.ReadAllAsync())
        {
            read.Add(received.Event);
        }

        Assert.That(read, Is.EqualTo(new[] { "a", "b" }));
    }

    [Test]
    public async Task Publish_FromManyThreads_EverySubscriberSeesOneOrderAndCountsWhatItMissed()
    {
        const int Threads = 4;
        const int Each = 2000;
        var publisher = new EventPublisher<string>(64);
        using EventSubscription<string> first = publisher.Subscribe();
        Task<long> reading = Count(first);
        await Task.WhenAll(Enumerable.Range(0, Threads).Select(thread => Task.Run(() =>
        {
            for (int i = 0; i < Each; i++)
            {
                publisher.Publish($"{thread}/{i}");
                if (i % 100 == 0)
                {
                    publisher.Subscribe().Dispose();
                }
            }
        })));
        publisher.Complete();
        Assert.That(await reading, Is.EqualTo(Threads * Each), "read and missed");

        static async Task<long> Count(EventSubscription<string> subscription)
        {
            long seen = 0;
            int[] last = [-1, -1, -1, -1];
            await foreach (ReceivedEvent<string> received in subscription.ReadAllAsync())
            {
                string[] parts = received.Event.Split('/');
                int thread = int.Parse(parts[0]), number = int.Parse(parts[1]);
                Assert.That(number, Is.GreaterThan(last[thread]), "a thread's events keep their order");
                last[thread] = number;
                seen += 1 + received.Missed;
            }

            return seen;
        }
    }

    [Test]
    public void Constructor_WithoutRoom_Throws() =>
        Assert.That(() => new EventPublisher<string>(0), Throws.TypeOf<ArgumentOutOfRangeException>());
}
