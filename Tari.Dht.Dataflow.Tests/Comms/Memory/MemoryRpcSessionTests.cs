using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Memory;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Comms.Memory;

/// <summary>Pings, latencies and the end of a session, on virtual time: 20 ms to the peer, 30 ms back.</summary>
public sealed class MemoryRpcSessionTests
{
    private static readonly TimeSpan s_roundTrip = TimeSpan.FromMilliseconds(50);
    private static readonly TimeSpan s_deadline = TimeSpan.FromMinutes(2);
    private static readonly RpcPing s_lost = new(RpcPingKind.ConnectionLost);

    private SimulatedNetwork _simulation = null!;
    private MemoryComms _asking = null!;
    private MemoryComms _asked = null!;
    private Pausing _service = null!;
    private PeerConnectionHandle _handle = null!;
    private IRpcSession _session = null!;

    private NodeId Asking => _asking.Identity.NodeId;

    private NodeId Asked => _asked.Identity.NodeId;

    [SetUp]
    public void SetUp()
    {
        _simulation = new SimulatedNetwork(new MemoryNetworkOptions());
        _asking = _simulation.AddNode();
        _asked = _simulation.AddNode();
        _service = new Pausing(_simulation.Time);
        _asked.Register(_service);
        _handle = _simulation.Dial(_asking, _asked);
        SetLatency(TimeSpan.FromMilliseconds(20));
        _simulation.Network.SetLink(Asked, Asking, new MemoryLinkOptions { Latency = TimeSpan.FromMilliseconds(30) });
        _session = Run(() => _asking.OpenSessionAsync(_handle.Connection, Pausing.Id, TimeSpan.FromSeconds(5)).AsTask());
    }

    [TearDown]
    public void TearDown()
    {
        _session.Dispose();
        _handle.Dispose();
        _simulation.Dispose();
        Assert.That(_service.Running, Is.Zero, "every call has ended");
        Assert.That(_simulation.Scheduler.ForeignTasks, Is.Zero, "nothing left the scheduler");
    }

    [Test]
    public void A_ping_tells_the_way_to_the_peer_and_back_and_asks_no_service()
    {
        Assert.That(Ping(TimeSpan.FromSeconds(5)), Is.EqualTo(new RpcPing(RpcPingKind.Answered, s_roundTrip)));
        Assert.That(_service.Calls, Is.Zero);
        Assert.That(_session.LastRequestLatency, Is.Null, "no request");
    }

    [Test]
    public void Two_pings_and_two_calls_at_once_are_all_answered()
    {
        (RpcPing first, RpcPing second, RpcItem one, RpcItem other) = Run(async () =>
        {
            ValueTask<RpcPing> first = PingAsync(Timeout.InfiniteTimeSpan), second = PingAsync(TimeSpan.FromSeconds(5));
            ValueTask<RpcItem> one = _session.CallAsync(1, default, s_deadline), other = _session.CallAsync(2, default, s_deadline);
            return (await first, await second, await one, await other);
        });
        Assert.That(first, Is.EqualTo(new RpcPing(RpcPingKind.Answered, s_roundTrip)));
        Assert.That(second, Is.EqualTo(first));
        Assert.That((one.Body.Span[0], other.Body.Span[0]), Is.EqualTo((1, 2)));
    }

    [Test]
    public void A_peer_that_answers_late_is_timed_out_and_its_answer_is_not_taken_for_that_of_the_next_ping()
    {
        SetLatency(TimeSpan.FromSeconds(10));
        TimeSpan start = _simulation.Time.Elapsed;
        Assert.That(Ping(TimeSpan.FromSeconds(5)), Is.EqualTo(new RpcPing(RpcPingKind.TimedOut)));
        Assert.That(_simulation.Time.Elapsed - start, Is.EqualTo(TimeSpan.FromSeconds(5)));
        Assert.That(_session.IsConnected);

        // The late one is there after 10.03 s, in the middle of this one.
        SetLatency(TimeSpan.FromSeconds(8));
        Assert.That(Ping(TimeSpan.FromSeconds(30)), Is.EqualTo(new RpcPing(RpcPingKind.Answered, TimeSpan.FromSeconds(8.03))));
        Assert.That(_session.IsConnected);
    }

    [Test]
    public void A_ping_that_may_take_no_time_is_timed_out()
    {
        Assert.That(Ping(TimeSpan.Zero), Is.EqualTo(new RpcPing(RpcPingKind.TimedOut)));
    }

    [Test]
    public void A_peer_that_is_parted_does_not_answer_until_the_limit_and_does_when_the_network_is_whole()
    {
        _simulation.Network.Partition([Asking]);
        Assert.That(Ping(TimeSpan.FromSeconds(5)), Is.EqualTo(new RpcPing(RpcPingKind.TimedOut)));
        Assert.That(_session.IsConnected);
        _simulation.Network.Heal();
        Assert.That(Ping(TimeSpan.FromSeconds(5)), Is.EqualTo(new RpcPing(RpcPingKind.Answered, s_roundTrip)));
    }

    [TestCase(0)]
    [TestCase(25)]
    public void A_ping_on_its_way_or_back_waits_for_the_end_of_a_partition(int milliseconds)
    {
        RpcPing ping = Run(async () =>
        {
            ValueTask<RpcPing> pinging = PingAsync(TimeSpan.FromSeconds(60));
            await Task.Delay(TimeSpan.FromMilliseconds(milliseconds), _simulation.Time);
            _simulation.Network.Partition([Asking]);
            await Task.Delay(TimeSpan.FromSeconds(10), _simulation.Time);
            _simulation.Network.Heal();
            return await pinging;
        });
        Assert.That(ping.Kind, Is.EqualTo(RpcPingKind.Answered));
        Assert.That(ping.RoundTrip.TotalSeconds, Is.InRange(10, 11.1));
    }

    [Test]
    public void A_partition_that_lasts_ends_the_connection_and_the_ping_with_it()
    {
        TimeSpan start = _simulation.Time.Elapsed;
        _simulation.Network.Partition([Asking]);
        Assert.That(Ping(TimeSpan.FromSeconds(180)), Is.EqualTo(s_lost));
        Assert.That(_simulation.Time.Elapsed - start, Is.EqualTo(_simulation.Network.Options.LossDetection));
        Assert.That(_session.IsConnected, Is.False);
    }

    [TestCase("this end", 0)]
    [TestCase("the other end", 0.03)]
    [TestCase("a crash", 30)]
    public void A_connection_that_ends_during_a_ping_ends_it_when_this_node_knows(string what, double seconds)
    {
        SetLatency(TimeSpan.FromMinutes(1));
        TimeSpan start = default;
        RpcPing ping = Run(async () =>
        {
            using PeerConnectionHandle? other = await _asked.Connectivity.GetConnectionAsync(Asking, ConnectionStrength.Weak);
            ValueTask<RpcPing> pinging = PingAsync(TimeSpan.FromMinutes(3));
            start = _simulation.Time.Elapsed;
            if (what == "a crash")
            {
                _asked.Crash();
            }
            else
            {
                await (what == "this end" ? _handle : other!).Connection.DisconnectAsync(isMinimized: false);
            }

            return await pinging;
        });
        Assert.That(ping, Is.EqualTo(s_lost));
        Assert.That((_simulation.Time.Elapsed - start).TotalSeconds, Is.EqualTo(seconds));
        Assert.That(_session.IsConnected, Is.False);
    }

    [Test]
    public void A_ping_over_a_connection_that_has_ended_says_so()
    {
        RpcPing ping = Run(async () =>
        {
            await _handle.Connection.DisconnectAsync(isMinimized: false);
            return await PingAsync(Timeout.InfiniteTimeSpan);
        });
        Assert.That(ping, Is.EqualTo(s_lost));
        Assert.That(_session.IsConnected, Is.False);
    }

    [Test]
    public void Disposing_a_session_during_a_ping_lets_it_be_answered_and_takes_no_other()
    {
        RpcPing ping = Run(async () =>
        {
            ValueTask<RpcPing> pinging = PingAsync(TimeSpan.FromSeconds(5));
            _session.Dispose();
            return await pinging;
        });
        Assert.That(ping, Is.EqualTo(new RpcPing(RpcPingKind.Answered, s_roundTrip)));
        Assert.That(_session.IsConnected, Is.False);
        Assert.That(() => PingAsync(TimeSpan.FromSeconds(5)), Throws.TypeOf<ObjectDisposedException>());
        Assert.That(() => _session.OpenStream(1, default, s_deadline), Throws.TypeOf<ObjectDisposedException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public void Closing_a_session_cuts_off_pings_and_streams_and_disposing_it_does_not(bool isClosed)
    {
        (RpcPingKind ping, RpcItemKind item, double seconds) = Run(async () =>
        {
            using IRpcStream stream = _session.OpenStream(Pausing.Slow, default, s_deadline);
            await Task.Delay(TimeSpan.FromSeconds(1), _simulation.Time);
            Assert.That(_service.Running, Is.EqualTo(1));
            TimeSpan start = _simulation.Time.Elapsed;
            ValueTask<RpcPing> pinging = PingAsync(TimeSpan.FromSeconds(5));
            ValueTask<RpcItem> reading = stream.ReadAsync(Timeout.InfiniteTimeSpan);
            if (isClosed)
            {
                _session.Close();
                _session.Close();
            }

            _session.Dispose();
            RpcItem read = await reading;
            double taken = (_simulation.Time.Elapsed - start).TotalSeconds;
            return ((await pinging).Kind, read.Kind, taken);
        });
        Assert.That(
            (ping, item, seconds),
            Is.EqualTo(isClosed
                ? (RpcPingKind.ConnectionLost, RpcItemKind.ConnectionLost, 0)
                : (RpcPingKind.Answered, RpcItemKind.Message, 9.05)));
        _simulation.Scheduler.RunUntilIdle();
        Assert.That(_service.Running, Is.Zero, "the peer was told");
        Assert.That((_handle.Connection.IsConnected, _handle.Connection.RpcSessionCount), Is.EqualTo((true, 0)));
        Assert.That(() => PingAsync(TimeSpan.FromSeconds(5)), Throws.TypeOf<ObjectDisposedException>());
    }

    [Test]
    public void A_cancelled_ping_ends_the_waiting_at_once_and_the_next_one_is_answered()
    {
        using var cancellation = new CancellationTokenSource();
        TimeSpan start = _simulation.Time.Elapsed;
        Assert.That(
            () => Run(async () =>
            {
                ValueTask<RpcPing> pinging = _session.PingAsync(s_deadline, TimeSpan.FromSeconds(5), cancellation.Token);
                Cancel();
                return await pinging;
            }),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(
            () => Run(() => _session.PingAsync(s_deadline, TimeSpan.FromSeconds(5), cancellation.Token).AsTask()),
            Throws.InstanceOf<OperationCanceledException>());
        Assert.That(_simulation.Time.Elapsed, Is.EqualTo(start));
        Assert.That(Ping(TimeSpan.FromSeconds(5)), Is.EqualTo(new RpcPing(RpcPingKind.Answered, s_roundTrip)));

        // On this thread: the asynchronous way would leave the scheduler.
        void Cancel() => cancellation.Cancel();
    }

    [Test]
    public void The_latency_of_the_last_request_is_the_time_to_its_first_response()
    {
        Run(async () =>
        {
            using IRpcStream stream = _session.OpenStream(Pausing.Slow, default, s_deadline);
            Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(RpcItemKind.TimedOut));
            Assert.That(_session.LastRequestLatency, Is.Null, "nothing came yet");
            Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(30))).Kind, Is.EqualTo(RpcItemKind.Message));
            Assert.That(_session.LastRequestLatency, Is.EqualTo(TimeSpan.FromSeconds(10.05)));
            Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(30))).Kind, Is.EqualTo(RpcItemKind.End));
            Assert.That(_session.LastRequestLatency, Is.EqualTo(TimeSpan.FromSeconds(10.05)), "the first response counts");
            return 0;
        });
        RpcItem refusal = Run(() => _session.CallAsync(Pausing.Refused, default, s_deadline).AsTask());
        Assert.That(refusal.Kind, Is.EqualTo(RpcItemKind.Failed));
        Assert.That(_session.LastRequestLatency, Is.EqualTo(s_roundTrip), "a status is a response");
        Ping(TimeSpan.FromSeconds(5));
        Assert.That(_session.LastRequestLatency, Is.EqualTo(s_roundTrip), "pings don't count");
    }

    [Test]
    public void A_call_that_was_given_up_before_its_response_has_no_latency()
    {
        _session.OpenStream(1, default, s_deadline).Dispose();
        _simulation.Scheduler.RunFor(TimeSpan.FromSeconds(1));
        Assert.That(_session.LastRequestLatency, Is.Null);
    }

    private void SetLatency(TimeSpan latency) =>
        _simulation.Network.SetLink(Asking, Asked, new MemoryLinkOptions { Latency = latency });

    private T Run<T>(Func<Task<T>> operation) => _simulation.Scheduler.Run(operation, TimeSpan.FromMinutes(10));

    private ValueTask<RpcPing> PingAsync(TimeSpan timeout) => _session.PingAsync(s_deadline, timeout);

    private RpcPing Ping(TimeSpan timeout) => Run(() => PingAsync(timeout).AsTask());

    /// <summary>Answers with the number of the method, or does so after 10 s, or refuses.</summary>
    private sealed class Pausing(VirtualTime time) : IRpcService
    {
        public const uint Slow = 10;
        public const uint Refused = 11;

        public static ProtocolId Id { get; } = new("t/pause"u8);

        public ProtocolId Protocol => Id;

        public int Calls { get; private set; }

        public int Running { get; private set; }

        public async ValueTask<RpcStatus> ServeAsync(RpcRequest request, IRpcResponder responder, CancellationToken cancellationToken)
        {
            Calls++;
            Running++;
            try
            {
                switch (request.Method)
                {
                    case Refused:
                        return new RpcStatus(RpcStatusCode.Forbidden, "No.");
                    case Slow:
                        await Task.Delay(TimeSpan.FromSeconds(10), time, cancellationToken);
                        break;
                }

                await responder.SendAsync(new[] { (byte)request.Method }, cancellationToken);
                return RpcStatus.Ok;
            }
            finally
            {
                Running--;
            }
        }
    }
}
