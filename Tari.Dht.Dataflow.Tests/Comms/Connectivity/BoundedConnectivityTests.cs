using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Comms.Connectivity;

[TestFixture]
internal sealed class BoundedConnectivityTests
{
    private static readonly NodeId s_peer = PeerMaker.Id(1);

    // Everything that is asked of a transport, but for dials.
    private static readonly Dictionary<string, Func<IConnectivity, CancellationToken, Task>> s_questions = new()
    {
        [nameof(IConnectivity.SelectNodesAsync)] = (asked, token) => asked.SelectNodesAsync(ConnectivitySelection.RandomNodes(1, []), token).AsTask(),
        [nameof(IConnectivity.GetConnectionAsync)] = GetConnectionAsync,
        [nameof(IConnectivity.GetActiveConnectionsAsync)] = GetConnectionsAsync,
        [nameof(IConnectivity.BanPeerUntilAsync)] = (asked, token) => asked.BanPeerUntilAsync(s_peer, TimeSpan.FromHours(1), "", token).AsTask(),
        [nameof(IConnectivity.AddPeerToAllowListAsync)] = (asked, token) => asked.AddPeerToAllowListAsync(s_peer, token).AsTask(),
        [nameof(IConnectivity.RemovePeerFromAllowListAsync)] = (asked, token) => asked.RemovePeerFromAllowListAsync(s_peer, token).AsTask(),
        [nameof(IConnectivity.IsOnAllowListAsync)] = (asked, token) => asked.IsOnAllowListAsync(s_peer, token).AsTask(),
        [nameof(IConnectivity.GetAllowListAsync)] = (asked, token) => asked.GetAllowListAsync(token).AsTask(),
        [nameof(IConnectivity.WaitForConnectivityAsync)] = (asked, token) => asked.WaitForConnectivityAsync(TimeSpan.Zero, token).AsTask(),
    };

    private ScriptedConnectivity _answers = null!;
    private ScriptedConnection _connection = null!;
    private VirtualScheduler _scheduler = null!;
    private CancellationTokenSource _token = null!;

    private static IEnumerable<string> Questions => s_questions.Keys;

    [SetUp]
    public void SetUp()
    {
        _answers = new ScriptedConnectivity();
        _connection = _answers.Connect(s_peer);
        _scheduler = new VirtualScheduler(new VirtualTime());
        _token = new CancellationTokenSource();
    }

    [TearDown]
    public void TearDown() => _token.Dispose();

    [TestCaseSource(nameof(Questions))]
    public void An_answer_that_is_there_passes_through(string question)
    {
        Task asking = Ask(question, new BoundedConnectivity(_answers, _scheduler.Time));
        Assert.That(asking.IsCompletedSuccessfully);
        AssertNothingLeft();
    }

    [TestCaseSource(nameof(Questions))]
    public void An_answer_that_takes_its_time_is_waited_for_on_the_scheduler(string question)
    {
        StuckConnectivity stuck = Stuck(question, out IConnectivity bounded);
        Task asking = Ask(question, bounded);
        _scheduler.RunFor(TimeSpan.FromSeconds(9.9));
        Assert.That((asking.IsCompleted, stuck.Calls), Is.EqualTo((false, 1)));

        Run(stuck.Release);

        Assert.That(asking.IsCompletedSuccessfully);
        AssertNothingLeft();
    }

    [TestCaseSource(nameof(Questions))]
    public void A_question_that_is_not_answered_is_over_after_ten_seconds_and_what_comes_later_is_given_back(string question)
    {
        StuckConnectivity stuck = Stuck(question, out IConnectivity bounded);
        Task asking = Ask(question, bounded);
        _scheduler.RunFor(TimeSpan.FromSeconds(10) - TimeSpan.FromTicks(1));
        Assert.That(asking.IsCompleted, Is.False);
        _scheduler.RunFor(TimeSpan.FromTicks(1));
        _scheduler.RunUntilIdle();

        Assert.That(
            asking.Exception?.InnerException, Is.TypeOf<ConnectivityException>().With.Property("Error").EqualTo(ConnectivityError.RequestTimedOut));
        Run(stuck.Release);
        AssertNothingLeft();
    }

    [TestCaseSource(nameof(Questions))]
    public void A_token_ends_a_question_at_once_though_the_transport_does_not_heed_it(string question)
    {
        StuckConnectivity stuck = Stuck(question, out IConnectivity bounded);
        Task asking = Ask(question, bounded);
        _scheduler.RunUntilIdle();

        Run(_token.Cancel);

        Assert.That(asking.IsCanceled);
        Run(stuck.Release);
        AssertNothingLeft();
    }

    [TestCaseSource(nameof(Questions))]
    public void A_failure_of_the_transport_passes_through_and_one_that_comes_too_late_is_dropped(string question)
    {
        StuckConnectivity stuck = Stuck(question, out IConnectivity bounded);
        Task late = Ask(question, bounded);
        _scheduler.RunFor(TimeSpan.FromSeconds(5));
        Task inTime = Ask(question, bounded);
        _scheduler.RunFor(TimeSpan.FromSeconds(5));
        _scheduler.RunUntilIdle();

        Run(() => stuck.Fail(new TimeoutException("The transport's own.")));

        Assert.That(late.Exception?.InnerException, Is.TypeOf<ConnectivityException>());
        Assert.That(inTime.Exception?.InnerException, Is.TypeOf<TimeoutException>().With.Message.EqualTo("The transport's own."));
        AssertNothingLeft();
    }

    private static async Task GetConnectionAsync(IConnectivity asked, CancellationToken cancellationToken)
    {
        using PeerConnectionHandle? handle = await asked.GetConnectionAsync(s_peer, ConnectionStrength.Weak, cancellationToken);
        Assert.That(handle, Is.Not.Null);
    }

    private static async Task GetConnectionsAsync(IConnectivity asked, CancellationToken cancellationToken)
    {
        IReadOnlyList<PeerConnectionHandle> handles = await asked.GetActiveConnectionsAsync(cancellationToken);
        Assert.That(handles, Has.Count.EqualTo(1));
        handles[0].Dispose();
    }

    private StuckConnectivity Stuck(string question, out IConnectivity bounded)
    {
        var stuck = new StuckConnectivity(_answers, question);
        bounded = new BoundedConnectivity(stuck, _scheduler.Time);
        return stuck;
    }

    private Task Ask(string question, IConnectivity asked)
    {
        Task asking = Task.Factory.StartNew(
            () => s_questions[question](asked, _token.Token), CancellationToken.None, TaskCreationOptions.None, _scheduler).Unwrap();
        _scheduler.RunUntilIdle();
        return asking;
    }

    private void Run(Action action)
    {
        _ = Task.Factory.StartNew(action, CancellationToken.None, TaskCreationOptions.None, _scheduler);
        _scheduler.RunUntilIdle();
    }

    private void AssertNothingLeft() => Assert.Multiple(() =>
    {
        Assert.That(_connection.HandleCount, Is.Zero, "handles left");
        Assert.That(_scheduler.Time.ArmedTimers, Is.Zero, "timers left");
        Assert.That(_scheduler.ForeignTasks, Is.Zero, "tasks that left the scheduler");
    });
}
