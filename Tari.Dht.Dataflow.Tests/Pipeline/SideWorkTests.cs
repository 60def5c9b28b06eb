using Tari.Dht.Dataflow.Comms;
using Tari.Dht.Dataflow.Pipeline;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Pipeline;

[TestFixture]
internal sealed class SideWorkTests
{
    [Test]
    public void A_step_that_a_thread_of_the_pool_has_begun_is_run_there_and_waited_for()
    {
        using var begun = new ManualResetEventSlim();
        int thread = 0;
        var step = new Step(() =>
        {
            thread = Environment.CurrentManagedThreadId;
            begun.Set();
        });
        step.Begin();
        begun.Wait();
        step.End();
        Assert.That(thread, Is.Not.EqualTo(Environment.CurrentManagedThreadId));
        Assert.That(step.Runs, Is.EqualTo(1));
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 1, 2 })]
    public void A_step_is_run_once_every_time_whoever_comes_first(int seed)
    {
        var random = new Random(seed);
        int sum = 0;
        int number = 0;
        var step = new Step(() => sum += number);
        const int rounds = 20_000;
        int expected = 0;
        for (int i = 1; i <= rounds; i++)
        {
            number = i & 0xff;
            expected += number;
            step.Begin();
            Thread.SpinWait(random.Next(3) == 0 ? 0 : random.Next(200));
            step.End();
            Assert.That(sum, Is.EqualTo(expected));
        }

        Assert.That(step.Runs, Is.EqualTo(rounds));
    }

    [Test]
    public void What_a_step_throws_comes_out_at_its_end_and_the_next_one_is_not_affected([Values] bool onThePool)
    {
        using var begun = new ManualResetEventSlim();
        bool isBroken = true;
        var step = new Step(() =>
        {
            begun.Set();
            if (isBroken)
            {
                throw new InvalidOperationException("broken");
            }
        });
        step.Begin();
        if (onThePool)
        {
            begun.Wait();
        }

        Assert.That(step.End, Throws.InvalidOperationException.With.Message.EqualTo("broken"));
        isBroken = false;
        step.Begin();
        step.End();
        Assert.That(step.Runs, Is.EqualTo(2));
    }

    [Test]
    public void IsAllowed_wants_the_thread_pool_more_than_one_worker_and_more_than_one_processor()
    {
        var two = new StageOptions { MaxDegreeOfParallelism = 2 };
        bool isParallel = Environment.ProcessorCount > 1;
        Assert.Multiple(() =>
        {
            Assert.That(SideWork.IsAllowed(TaskScheduler.Default, two), Is.EqualTo(isParallel));
            Assert.That(SideWork.IsAllowed(ChainScheduler.Shared, two), Is.EqualTo(isParallel));
            Assert.That(SideWork.IsAllowed(new QueuedTaskScheduler(), two), Is.False);
            Assert.That(SideWork.IsAllowed(TaskScheduler.Default, new StageOptions()), Is.False);
        });
    }

    private sealed class Step(Action action) : SideWork
    {
        public int Runs { get; private set; }

        public new void Begin() => base.Begin();

        public new void End() => base.End();

        protected override void Run()
        {
            Runs++;
            action();
        }
    }
}
