using Google.Protobuf;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Proto.Rpc;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;
using GetPeersRequest = Tari.Dht.Dataflow.Discovery.Rpc.GetPeersRequest;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

public sealed class DhtRpcClientTests
{
    private static readonly GetPeersRequest s_request = new(10, false, 5, 5);
    private static readonly byte[] s_peer =
        GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [SignedClaims.Claim("/ip4/23.23.23.23/tcp/18189")]);

    private ManualTimeProvider _time = null!;

    [SetUp]
    public void SetUp() => _time = new ManualTimeProvider(SignedClaims.NowTime);

    [Test]
    public async Task GetPeers_AnAnswer_IsReadItemByItem()
    {
        ScriptedRpcSession session = Session(
            Message(s_peer), Message([]), Message([0x0a, 0x00]), new RpcItem(RpcItemKind.End));
        using var client = new DhtRpcClient(session.AsSession(), _time);

        using IGetPeersStream stream = client.GetPeers(s_request);

        GetPeersItem first = await stream.ReadAsync(TimeSpan.FromSeconds(5));
        Assert.That((first.Kind, first.Peer!.PublicKey), Is.EqualTo((GetPeersItemKind.Peer, SignedClaims.PublicKey())));
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.NoPeer));
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.Unconvertible));
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.End));
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.End), "the end stays");
        Assert.That((session.Call.Method, session.Call.Deadline), Is.EqualTo((10u, TimeSpan.FromSeconds(120))));
        Assert.That(GetPeersRequestMessage.TryDecode(session.Call.Request, out GetPeersRequest sent));
        Assert.That(sent, Is.EqualTo(s_request));
    }

    [Test]
    public async Task Read_AStatus_IsGivenAndNothingFollows()
    {
        var status = new RpcStatus(RpcStatusCode.BadRequest, "why");
        ScriptedRpcSession session = Session(new RpcItem(RpcItemKind.Failed, default, status));
        using IGetPeersStream stream = new DhtRpcClient(session.AsSession(), _time).GetPeers(s_request);
        for (int i = 0; i < 2; i++)
        {
            GetPeersItem item = await stream.ReadAsync(TimeSpan.FromSeconds(5));
            Assert.That(item, Is.EqualTo(new GetPeersItem(GetPeersItemKind.Status, Status: status)));
        }

        Assert.That(session.Reads, Is.EqualTo(1));
    }

    [Test]
    public async Task Read_BytesThatAreNoResponse_EndTheStreamAndTellThePeerToStop()
    {
        ScriptedRpcSession session = Session(Message([0x0a, 0x05]), Message(s_peer));
        using IGetPeersStream stream = new DhtRpcClient(session.AsSession(), _time).GetPeers(s_request);
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.DecodeError));
        Assert.That(session.IsStreamDisposed);
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.DecodeError));
        Assert.That(session.Reads, Is.EqualTo(1));
    }

    [TestCase(65_535, GetPeersItemKind.Unconvertible)]
    [TestCase(65_536, GetPeersItemKind.BudgetExceeded)]
    public async Task Read_MoreObjectsThanTheBudget_EndTheStream(int claims, object kind)
    {
        var info = new PeerInfo();
        info.Claims.AddRange(Enumerable.Repeat(new PeerIdentityClaim(), claims));
        ScriptedRpcSession session = Session(Message(new GetPeersResponse { Peer = info }.ToByteArray()));
        using IGetPeersStream stream = new DhtRpcClient(session.AsSession(), _time).GetPeers(s_request);
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(kind));
        Assert.That(session.IsStreamDisposed, Is.EqualTo(kind is GetPeersItemKind.BudgetExceeded));
    }

    [Test]
    public async Task Read_ARecordLargerThanAnythingThatWasAskedFor_IsNotKept()
    {
        var response = GetPeersResponse.Parser.ParseFrom(s_peer);

        // As long an address as anybody keeps, in as many places as were asked for.
        var full = response.Clone();
        full.Peer.Claims.Clear();
        for (int i = 0; i < 5; i++)
        {
            PeerIdentityClaim claim = response.Peer.Claims[0].Clone();
            claim.Addresses.Clear();
            claim.Addresses.AddRange(Enumerable.Repeat(ByteString.CopyFrom(SignedClaims.Dns4(new string('a', 1015)).Bytes), 5));
            full.Peer.Claims.Add(claim);
        }

        var larger = full.Clone();
        larger.Peer.Claims[0].Addresses.Add(full.Peer.Claims[0].Addresses[0]);
        ScriptedRpcSession session = Session(Message(full.ToByteArray()), Message(larger.ToByteArray()));
        using IGetPeersStream stream = new DhtRpcClient(session.AsSession(), _time).GetPeers(s_request);
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.Peer));
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.Unconvertible));
    }

    [Test]
    public async Task Read_APause_EndsTheReadingAndNotTheStream()
    {
        ScriptedRpcSession session = new(_time, (TimeSpan.FromSeconds(8), Message(s_peer)), (TimeSpan.Zero, new RpcItem(RpcItemKind.End)));
        using IGetPeersStream stream = new DhtRpcClient(session.AsSession(), _time).GetPeers(s_request);
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.TimedOut));
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.Peer));
    }

    [TestCase(179, GetPeersItemKind.Peer)]
    [TestCase(181, GetPeersItemKind.Status)]
    public async Task Read_WithoutALimit_WaitsForDeadlineAndGrace(int seconds, object kind)
    {
        ScriptedRpcSession session = new(_time, (TimeSpan.FromSeconds(seconds), Message(s_peer)));
        using IGetPeersStream stream = new DhtRpcClient(session.AsSession(), _time).GetPeers(s_request);

        GetPeersItem item = await stream.ReadAsync(Timeout.InfiniteTimeSpan);

        Assert.That(item.Kind, Is.EqualTo(kind));
        Assert.That(session.IsStreamDisposed, Is.EqualTo(kind is GetPeersItemKind.Status));
        if (kind is GetPeersItemKind.Status)
        {
            Assert.That(item.Status.Code, Is.EqualTo(RpcStatusCode.Timeout));
        }
    }

    [Test]
    public async Task Read_ALimitBetweenDeadlineAndGrace_IsKept()
    {
        ScriptedRpcSession session = new(_time, (TimeSpan.FromSeconds(151), Message(s_peer)));
        using IGetPeersStream stream = new DhtRpcClient(session.AsSession(), _time).GetPeers(s_request);
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(150))).Kind, Is.EqualTo(GetPeersItemKind.TimedOut));
        Assert.That(_time.GetUtcNow(), Is.EqualTo(SignedClaims.NowTime.AddSeconds(150)));
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(150))).Kind, Is.EqualTo(GetPeersItemKind.Peer));
    }

    [Test]
    public async Task Scenario_RB_14_records_that_do_not_convert_are_no_offence_and_the_others_are_taken()
    {
        byte[][] bodies = new byte[16][];
        for (int i = 0; i < bodies.Length; i++)
        {
            int key = i + 1;
            PeerInfo info = GetPeersResponse.Parser.ParseFrom(GetPeersResponseWriter.Encode(
                SignedClaims.PublicKey(key), [SignedClaims.Claim(key, SignedClaims.Now, "/ip4/23.23.23.23/tcp/18189")])).Peer;
            if (i >= 10)
            {
                info.PublicKey = ByteString.CopyFrom(1, 2, 3);
            }
            else if (i >= 4)
            {
                info.Claims[0].Addresses.Add(ByteString.CopyFrom(0xff, 0xff, 0xff));
            }

            bodies[i] = new GetPeersResponse { Peer = info }.ToByteArray();
        }

        ScriptedRpcSession session = Session([.. bodies.Select(Message), new RpcItem(RpcItemKind.End)]);
        using IGetPeersStream stream = new DhtRpcClient(session.AsSession(), _time).GetPeers(s_request);

        PeerStreamResult result = await PeerStreamCollector.CollectAsync(stream, 250, TimeSpan.FromSeconds(5), CancellationToken.None);

        Assert.That(result.Failure, Is.Null);
        Assert.That((result.Peers.Count, result.Unconvertible), Is.EqualTo((4, 12)));
        var validator = new DhtPeerValidator(new PeerValidatorConfig(), timeProvider: _time);
        Assert.That(result.Peers.Select(info => validator.Validate(info, null, out _).IsNone), Is.All.True);
    }

    [Test]
    public async Task Dispose_WithAStreamThatRuns_LetsItFinish()
    {
        ScriptedRpcSession session = Session(Message(s_peer), new RpcItem(RpcItemKind.End));
        var client = new DhtRpcClient(session.AsSession(), _time);
        using IGetPeersStream stream = client.GetPeers(s_request);
        client.Dispose();
        Assert.That((session.IsDisposed, client.IsConnected, session.IsStreamDisposed), Is.EqualTo((true, false, false)));
        Assert.That(session.IsClosed, Is.False);
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.Peer));
    }

    [Test]
    public void A_session_that_fails_to_end_keeps_no_handle([Values] bool isClosed)
    {
        var connection = new ScriptedConnection(PeerMaker.Id(1));
        ScriptedRpcSession session = new(_time) { EndFailure = new InvalidOperationException("For a test.") };
        var client = new DhtRpcClient(session.AsSession(), _time, handle: connection.Acquire(ConnectionStrength.Weak));
        Assert.That(connection.HandleCount, Is.EqualTo(1));
        Assert.That(isClosed ? client.Close : client.Dispose, Throws.InvalidOperationException);
        Assert.That(connection.HandleCount, Is.Zero);
    }

    [TestCase(10, 10)]
    [TestCase(0, 0)]
    [TestCase(180, 180)]
    [TestCase(181, 180)]
    [TestCase(Timeout.Infinite / 1000.0, 180)]
    public async Task Ping_ALimit_IsNoMoreThanDeadlineAndGrace(double seconds, int limit)
    {
        var answered = new RpcPing(RpcPingKind.Answered, TimeSpan.FromMilliseconds(7));
        ScriptedRpcSession session = new(_time) { PingResult = answered };
        using var client = new DhtRpcClient(session.AsSession(), _time);
        Assert.That(await client.PingAsync(TimeSpan.FromSeconds(seconds)), Is.EqualTo(answered));
        Assert.That(session.Ping, Is.EqualTo((TimeSpan.FromSeconds(120), TimeSpan.FromSeconds(limit))));
    }

    [Test]
    public void Ping_ANegativeLimit_IsRefused()
    {
        ScriptedRpcSession session = new(_time);
        using var client = new DhtRpcClient(session.AsSession(), _time);
        Assert.That(
            () => client.PingAsync(TimeSpan.FromSeconds(-1)),
            Throws.InstanceOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("timeout"));
        Assert.That(session.Ping, Is.Null);
    }

    [TestCase(RpcPingKind.Failed)]
    [TestCase(RpcPingKind.Malformed)]
    [TestCase(RpcPingKind.TimedOut)]
    [TestCase(RpcPingKind.ConnectionLost)]
    public async Task Ping_WithoutAnAnswer_IsAValueAndLeavesTheClientAsItIs(RpcPingKind kind)
    {
        var failed = new RpcPing(kind, Status: new RpcStatus(RpcStatusCode.BadRequest, "why"));
        ScriptedRpcSession session = new(_time, (TimeSpan.Zero, Message(s_peer))) { PingResult = failed };
        using var client = new DhtRpcClient(session.AsSession(), _time);
        Assert.That(await client.PingAsync(TimeSpan.FromSeconds(5)), Is.EqualTo(failed));
        using IGetPeersStream stream = client.GetPeers(s_request);
        Assert.That((await stream.ReadAsync(TimeSpan.FromSeconds(5))).Kind, Is.EqualTo(GetPeersItemKind.Peer));
    }

    [TestCase(100, 250, 349, GetPeersItemKind.Peer)]
    [TestCase(100, 250, 351, GetPeersItemKind.Status)]
    [TestCase(100, 0, 101, GetPeersItemKind.Status)]
    public async Task Read_WithOtherTimes_WaitsForTheirDeadlineAndGrace(int deadline, int grace, int seconds, object kind)
    {
        var options = new DhtRpcClientOptions
        {
            RequestDeadline = TimeSpan.FromSeconds(deadline),
            RequestGrace = TimeSpan.FromSeconds(grace),
        };
        ScriptedRpcSession session = new(_time, (TimeSpan.FromSeconds(seconds), Message(s_peer)));
        using var client = new DhtRpcClient(session.AsSession(), _time, options);
        using IGetPeersStream stream = client.GetPeers(s_request);
        Assert.That((await stream.ReadAsync(Timeout.InfiniteTimeSpan)).Kind, Is.EqualTo(kind));
        Assert.That(session.Call.Deadline, Is.EqualTo(options.RequestDeadline));
        await client.PingAsync(Timeout.InfiniteTimeSpan);
        Assert.That(session.Ping, Is.EqualTo((options.RequestDeadline, options.RequestDeadline + options.RequestGrace)));
    }

    [Test]
    public void Close_ASession_IsTold()
    {
        ScriptedRpcSession session = new(_time) { LastRequestLatency = TimeSpan.FromMilliseconds(9) };
        var client = new DhtRpcClient(session.AsSession(), _time);
        Assert.That((client.LastRequestLatency, client.IsConnected), Is.EqualTo((TimeSpan.FromMilliseconds(9), true)));
        client.Close();
        Assert.That((session.IsClosed, client.IsConnected), Is.EqualTo((true, false)));
    }

    private static RpcItem Message(byte[] body) => new(RpcItemKind.Message, body);

    private ScriptedRpcSession Session(params RpcItem[] items) => new(_time, [.. items.Select(item => (TimeSpan.Zero, item))]);
}
