using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Outbound.Requests;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Outbound.Requests;

[TestFixture]
internal sealed class MessageSendStatesTests
{
    [Test]
    public void An_empty_container_is_empty_and_one_with_a_state_is_not() => Assert.Multiple(() =>
    {
        Assert.That(new MessageSendStates(), Is.Empty);
        Assert.That(Settled(MessageSendResult.Sent), Has.Count.EqualTo(1));
    });

    [Test]
    public async Task A_single_states_verdict_is_its_result()
    {
        Assert.That(await Settled(MessageSendResult.Sent).WaitSingleAsync(), Is.EqualTo(MessageSendResult.Sent));
        Assert.That(await Settled(MessageSendResult.Dropped).WaitSingleAsync(), Is.EqualTo(MessageSendResult.Dropped));
        Assert.That(
            await Settled(MessageSendResult.Dropped, MessageSendResult.Sent).WaitSingleAsync(),
            Is.EqualTo(MessageSendResult.Sent),
            "the last");
        Assert.That(async () => await new MessageSendStates().WaitSingleAsync(), Throws.InvalidOperationException);
    }

    [Test]
    public async Task Waiting_for_a_share_of_successes_ends_as_soon_as_it_is_reached()
    {
        SendOutcome outcome = await FourFailuresThenSuccesses().WaitPercentageSuccessAsync(0.3f);
        Assert.That((outcome.Succeeded.Count, outcome.Failed.Count), Is.EqualTo((3, 4)));
    }

    [Test]
    public async Task Waiting_for_n_successes_ends_with_the_nth()
    {
        SendOutcome outcome = await FourFailuresThenSuccesses().WaitNTimeoutAsync(TimeSpan.FromSeconds(1), 4, new ManualTimeProvider());
        Assert.That((outcome.Succeeded.Count, outcome.Failed.Count), Is.EqualTo((4, 4)));
    }

    [Test]
    public async Task Waiting_for_more_successes_than_there_are_ends_with_the_last_verdict()
    {
        SendOutcome outcome = await FourSuccessesThenFailures().WaitNTimeoutAsync(TimeSpan.FromSeconds(1), 5, new ManualTimeProvider());
        Assert.That((outcome.Succeeded.Count, outcome.Failed.Count), Is.EqualTo((4, 6)));
    }

    [Test]
    public async Task Waiting_for_all_gives_every_tag()
    {
        SendOutcome outcome = await FourFailuresThenSuccesses().WaitAllAsync();
        Assert.That(outcome.Succeeded, Is.EqualTo(new ulong[] { 4, 5, 6, 7, 8, 9 }));
        Assert.That(outcome.Failed, Is.EqualTo(new ulong[] { 0, 1, 2, 3 }));
    }

    [Test]
    public async Task A_share_of_zero_ends_after_the_first_verdict_and_nothing_to_wait_for_ends_at_once()
    {
        SendOutcome first = await FourFailuresThenSuccesses().WaitPercentageSuccessAsync(0);
        SendOutcome empty = await new MessageSendStates().WaitPercentageSuccessAsync(0.5f);
        SendOutcome none = await FourFailuresThenSuccesses().WaitNTimeoutAsync(TimeSpan.FromSeconds(1), 0, new ManualTimeProvider());
        Assert.That((first.Succeeded.Count, first.Failed.Count), Is.EqualTo((0, 1)));
        Assert.That((empty.Succeeded.Count, empty.Failed.Count), Is.EqualTo((0, 0)));
        Assert.That((none.Succeeded.Count, none.Failed.Count), Is.EqualTo((0, 1)));
    }

    [Test]
    public async Task A_timeout_ends_the_wait_with_what_came_in_and_counts_no_time_twice()
    {
        var clock = new ManualTimeProvider();
        TaskCompletionSource<MessageSendResult>[] verdicts =
            [.. Enumerable.Range(0, 4).Select(_ => new TaskCompletionSource<MessageSendResult>())];
        var states = new MessageSendStates([.. verdicts.Select((verdict, index) => new MessageSendState((ulong)index, verdict.Task))]);

        Task<SendOutcome> waiting = states.WaitNTimeoutAsync(TimeSpan.FromMilliseconds(1000), 4, clock);
        clock.Advance(TimeSpan.FromMilliseconds(400));
        verdicts[0].SetResult(MessageSendResult.Sent);
        clock.Advance(TimeSpan.FromMilliseconds(400));
        verdicts[1].SetResult(MessageSendResult.Expired);

        // The reference would have subtracted 400 ms, then 800 ms, and have ended by now.
        clock.Advance(TimeSpan.FromMilliseconds(199));
        Assert.That(waiting.IsCompleted, Is.False);
        clock.Advance(TimeSpan.FromMilliseconds(1));

        SendOutcome outcome = await waiting;
        Assert.That(outcome.Succeeded, Is.EqualTo(new ulong[] { 0 }));
        Assert.That(outcome.Failed, Is.EqualTo(new ulong[] { 1 }));
    }

    [Test]
    public async Task Verdicts_are_given_as_they_come()
    {
        TaskCompletionSource<MessageSendResult>[] verdicts =
            [.. Enumerable.Range(0, 3).Select(_ => new TaskCompletionSource<MessageSendResult>())];
        var states = new MessageSendStates([.. verdicts.Select((verdict, index) => new MessageSendState((ulong)index, verdict.Task))]);
        verdicts[2].SetResult(MessageSendResult.Sent);
        var order = new List<ulong>();
        await foreach ((ulong tag, _) in states.AsTheyComeAsync())
        {
            order.Add(tag);
            if (tag == 2)
            {
                verdicts[0].SetResult(MessageSendResult.Sent);
            }
            else if (tag == 0)
            {
                verdicts[1].SetResult(MessageSendResult.Sent);
            }
        }

        Assert.That(order, Is.EqualTo(new ulong[] { 2, 0, 1 }));
    }

    [Test]
    public void Each_verdict_causes_one_piece_of_work_on_the_scheduler_of_whoever_waits()
    {
        const int Count = 2_000;
        var scheduler = new QueuedTaskScheduler();
        TaskCompletionSource<MessageSendResult>[] verdicts =
            [
                .. Enumerable.Range(0, Count).Select(
                    _ => new TaskCompletionSource<MessageSendResult>(TaskCreationOptions.RunContinuationsAsynchronously)),
            ];
        var states = new MessageSendStates([.. verdicts.Select((verdict, index) => new MessageSendState((ulong)index, verdict.Task))]);
        Task<List<ulong>> collecting = Task.Factory.StartNew(
            async () =>
            {
                var order = new List<ulong>();
                await foreach ((ulong tag, _) in states.AsTheyComeAsync())
                {
                    order.Add(tag);
                }

                return order;
            },
            CancellationToken.None,
            TaskCreationOptions.None,
            scheduler).Unwrap();
        int work = scheduler.RunAll();
        for (int i = Count - 1; i >= 0; i--)
        {
            verdicts[i].SetResult(MessageSendResult.Sent);
            work += scheduler.RunAll();
        }

        Assert.That(collecting.IsCompletedSuccessfully, "nothing ran elsewhere");
        Assert.That(collecting.Result, Is.EqualTo(Enumerable.Range(0, Count).Reverse().Select(index => (ulong)index)));
        Assert.That(work, Is.LessThan(4 * Count));
    }

    [Test]
    public void A_cancelled_wait_throws()
    {
        var verdict = new TaskCompletionSource<MessageSendResult>();
        var states = new MessageSendStates(new MessageSendState(1, verdict.Task));
        using var cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        Assert.That(async () => await states.WaitAllAsync(cancelled.Token), Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            async () => await states.WaitNTimeoutAsync(TimeSpan.FromSeconds(1), 1, new ManualTimeProvider(), cancelled.Token),
            Throws.InstanceOf<OperationCanceledException>());
    }

    private static MessageSendStates Settled(params MessageSendResult[] results) =>
        new([.. results.Select((result, index) => new MessageSendState((ulong)index, Task.FromResult(result)))]);

    private static MessageSendStates FourFailuresThenSuccesses() => Settled(
        [.. Enumerable.Repeat(MessageSendResult.Dropped, 4), .. Enumerable.Repeat(MessageSendResult.Sent, 6)]);

    private static MessageSendStates FourSuccessesThenFailures() => Settled(
        [.. Enumerable.Repeat(MessageSendResult.Sent, 4), .. Enumerable.Repeat(MessageSendResult.Dropped, 6)]);
}
