using Tari.Dht.Dataflow.Comms.Memory;

namespace Tari.Dht.Dataflow.Samples.MemoryNet.Simulation;

/// <summary>Runs everything on the calling thread, in virtual time.</summary>
internal sealed class VirtualDriver : IDriver
{
    private static readonly TimeSpan s_limit = TimeSpan.FromDays(1);

    private readonly VirtualScheduler _scheduler;

    /// <param name="seed">What chance follows from.</param>
    public VirtualDriver(ulong seed)
    {
        var time = new VirtualTime();
        _scheduler = new VirtualScheduler(time);
        Surroundings = new Surroundings(time, _scheduler, _scheduler, index => new Random(SeedOf(seed, index)));
    }

    public Surroundings Surroundings { get; }

    /// <summary>Steps run, and those of them that another thread queued; the ends of nodes are not counted.</summary>
    public (long Run, long Foreign) Tasks { get; private set; }

    public Task RunAsync(Func<Task> part)
    {
        (long run, long foreign) = (_scheduler.ExecutedTasks, _scheduler.ForeignTasks);
        _scheduler.Run(
            async () =>
            {
                await part();
                return true;
            },
            s_limit);
        Tasks = (Tasks.Run + _scheduler.ExecutedTasks - run, Tasks.Foreign + _scheduler.ForeignTasks - foreign);
        return Task.CompletedTask;
    }

    public Task EndAsync(Func<Task> part)
    {
        // The graphs' blocks end on the thread pool. If the clock went on meanwhile, chance would say how far.
        Task task = Task.Factory.StartNew(part, CancellationToken.None, TaskCreationOptions.DenyChildAttach, _scheduler).Unwrap();
        var wait = new SpinWait();
        while (!task.IsCompleted)
        {
            _scheduler.RunUntilIdle();
            wait.SpinOnce();
        }

        _scheduler.RunUntilIdle();
        return task;
    }

    private static int SeedOf(ulong seed, int index) => (int)(((seed + (ulong)index) * 0x9E37_79B9_7F4A_7C15) >> 33);
}
