using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

/// <summary>Scenarios RP-1 to RP-6, and callers that mean harm.</summary>
public sealed class DhtRpcServiceTests
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(120);
    private static readonly GetPeersRequest s_everything = new(0, IncludeClients: true, 5, 5);

    private ManualTimeProvider _time = null!;
    private LogRecorder _log = null!;
    private PeerManager _peers = null!;
    private DhtRpcService _service = null!;
    private int _nextKey;

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider(SignedClaims.NowTime);
        _log = new LogRecorder();
        _peers = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time, Random = new Random(1) });
        _service = new DhtRpcService(_peers, DhtConfig.DefaultLocalTest, _time, _log);
        _nextKey = 1;
    }

    [TearDown]
    public async Task TearDown()
    {
        Assert.That(_service.ActiveCalls, Is.Zero, "every call has ended");
        Assert.That(_time.ArmedTimers, Is.Zero, "no timer is left");
        await _peers.DisposeAsync();
    }

    [Test]
    public async Task Scenario_RP_1_an_empty_store_ends_the_stream_at_once()
    {
        var responder = new RecordingResponder();
        Assert.That(await Serve(s_everything, responder), Is.EqualTo(RpcStatus.Ok));
        Assert.That(responder.Offered, Is.Zero);
    }

    [TestCase(5u, true, 3, 2, TestName = "Scenario_RP_2_clients_are_told_of_when_they_are_asked_for")]
    [TestCase(3u, false, 3, 0, TestName = "Scenario_RP_3_no_clients_are_told_of_otherwise")]
    public async Task Nodes_and_clients_are_told_of_as_asked(uint count, bool includeClients, int nodes, int clients)
    {
        Add(PeerFeatures.CommunicationNode, 3);
        Add(PeerFeatures.CommunicationClient, 2);

        List<UnvalidatedPeerInfo> told = await Tell(new GetPeersRequest(count, includeClients, 5, 5));

        Assert.That(told.Count(info => info.Claims[0].Features == PeerFeatures.CommunicationNode), Is.EqualTo(nodes));
        Assert.That(told.Count(info => info.Claims[0].Features == PeerFeatures.CommunicationClient), Is.EqualTo(clients));
        Assert.That(told.Select(info => info.PublicKey), Is.Unique);
    }

    [Test]
    public async Task Scenario_RP_4_of_three_nodes_the_two_asked_for_are_told_of()
    {
        Add(PeerFeatures.CommunicationNode, 3);
        Assert.That(await Tell(new GetPeersRequest(2, false, 5, 5)), Has.Count.EqualTo(2));
    }

    [Test]
    public async Task Scenario_RP_5_a_claim_with_an_unusual_name_is_not_told_of_and_a_clean_one_beside_it_is()
    {
        PeerIdentityClaim mixed = SignedClaims.Claim("/ip4/23.23.23.1/tcp/1", "/dns4/a_b.example.com/tcp/1");
        PeerIdentityClaim clean = SignedClaims.Claim("/ip4/23.23.23.2/tcp/1");
        _peers.AddOrUpdatePeer(Record(mixed));
        Assert.That(await Tell(s_everything), Is.Empty);

        _peers.AddOrUpdatePeer(Record(clean));

        UnvalidatedPeerInfo told = (await Tell(s_everything)).Single();
        Assert.That(told.Claims, Is.EqualTo(new[] { clean }));

        Peer Record(PeerIdentityClaim claim) => Seen(SignedClaims.PublicKey(), PeerFeatures.CommunicationNode, claim);
    }

    [Test]
    public void Scenario_RP_6_an_address_that_is_none_spoils_its_record_and_without_it_the_record_is_the_same()
    {
        PeerIdentityClaim claim = SignedClaims.Claim("/ip4/23.23.23.1/tcp/1");
        byte[] clean = GetPeersResponseWriter.Encode(SignedClaims.PublicKey(), [claim]);
        Assert.That(Convert(clean, out UnvalidatedPeerInfo? info), Is.EqualTo(PeerClaimError.None));
        Assert.That(info!.Claims, Is.EqualTo(new[] { claim }));

        var spoiled = Tari.Dht.Dataflow.Protocol.Proto.Rpc.GetPeersResponse.Parser.ParseFrom(clean);
        spoiled.Peer.Claims[0].Addresses.Add(Google.Protobuf.ByteString.CopyFrom(0xff, 0xff, 0xff));
        Assert.That(Convert(Google.Protobuf.MessageExtensions.ToByteArray(spoiled), out info), Is.EqualTo(PeerClaimError.Address));
        Assert.That(info, Is.Null);

        static PeerClaimError Convert(byte[] wire, out UnvalidatedPeerInfo? info)
        {
            Assert.That(GetPeersResponseMessage.TryDecode(wire, out GetPeersResponseMessage message), Is.EqualTo(GetPeersDecodeStatus.Ok));
            return message.TryConvert(out info);
        }
    }

    [Test]
    public async Task Serve_APeerThatOnlyHasLocalAddresses_IsToldOfWhereTestAddressesAreAllowed()
    {
        _peers.AddOrUpdatePeer(Seen(SignedClaims.PublicKey(), PeerFeatures.CommunicationNode, SignedClaims.Claim("/ip4/127.0.0.1/tcp/1")));
        Assert.That(await Tell(s_everything), Has.Count.EqualTo(1));

        _service = new DhtRpcService(_peers, new DhtConfig(), _time, _log);
        Assert.That(await Tell(s_everything), Is.Empty);
    }

    [Test]
    public async Task Serve_WhileFewAreKnown_ConnectedNodesAreToldOfAsWell()
    {
        Add(PeerFeatures.CommunicationNode, 2);
        NodeId node = AddConnectable("/ip4/23.23.24.1/tcp/1");
        NodeId local = AddConnectable("/ip4/127.0.0.1/tcp/1");
        NodeId caller = AddConnectable("/ip4/23.23.24.2/tcp/1");
        NodeId banned = AddConnectable("/ip4/23.23.24.3/tcp/1");
        _peers.BanPeerByNodeId(banned, TimeSpan.FromHours(1), "A test.");
        NodeId seed = AddConnectable("/ip4/23.23.24.4/tcp/1", PeerFlags.Seed);
        NodeId client = AddConnectable("/ip4/23.23.24.5/tcp/1", features: PeerFeatures.CommunicationClient);
        NodeId[] stored = [NodeId.FromPublicKey(SignedClaims.PublicKey(1)), NodeId.FromPublicKey(SignedClaims.PublicKey(2))];
        NodeId[] connected = [node, local, caller, banned, seed, client, PeerMaker.Id(5), stored[0]];

        Assert.That(await Ids(s_everything), Is.EquivalentTo(stored), "nobody is connected");
        Assert.That(await Ids(s_everything, Config(50, allowTestAddresses: true)), Is.EquivalentTo([.. stored, node, local]));
        Assert.That(await Ids(s_everything, Config(50, allowTestAddresses: false)), Is.EquivalentTo([.. stored, node]));
        Assert.That(await Ids(s_everything with { Count = 2 }, Config(50, true)), Is.EquivalentTo(stored), "as many as were asked for");
        Assert.That(await Ids(s_everything with { Count = 3 }, Config(50, true)), Has.Count.LessThanOrEqualTo(3));
        Assert.That(await Ids(s_everything, Config(2, true)), Is.EquivalentTo(stored), "as many as a node wants to know");

        async Task<List<NodeId>> Ids(GetPeersRequest request, DhtConfig? config = null)
        {
            var connectivity = new ScriptedConnectivity
            {
                OnSelect = selection => ValueTask.FromResult<IReadOnlyList<NodeId>>(
                    config is null ? [] : [.. connected.Except(selection.Excluded).Take(selection.Count!.Value)]),
            };
            _service = new DhtRpcService(_peers, config ?? DhtConfig.DefaultLocalTest, _time, _log, connectivity);
            return (await Tell(request, caller)).ConvertAll(static info => NodeId.FromPublicKey(info.PublicKey));
        }

        static DhtConfig Config(int minDesired, bool allowTestAddresses) => new()
        {
            NetworkDiscovery = new NetworkDiscoveryConfig { MinDesiredPeers = minDesired },
            PeerValidatorConfig = new PeerValidatorConfig { AllowTestAddresses = allowTestAddresses },
        };
    }

    [Test]
    public async Task Serve_TheCallerItself_IsNotToldOfItself()
    {
        Add(PeerFeatures.CommunicationNode, 2);
        var responder = new RecordingResponder();
        Assert.That(await Serve(s_everything, responder, NodeId.FromPublicKey(SignedClaims.PublicKey(1))), Is.EqualTo(RpcStatus.Ok));
        Assert.That(responder.Bodies, Has.Count.EqualTo(1));
    }

    [TestCase(0u)]
    [TestCase(9u)]
    [TestCase(11u)]
    [TestCase(uint.MaxValue)]
    public async Task Serve_AnotherMethod_IsUnsupported(uint method)
    {
        var responder = new RecordingResponder();
        RpcStatus status = await _service.ServeAsync(
            new RpcRequest(PeerMaker.Id(1), method, Encoded(s_everything), s_deadline), responder, CancellationToken.None);
        Assert.That((status.Code, responder.Offered), Is.EqualTo((RpcStatusCode.UnsupportedMethod, 0)));
    }

    [TestCase("08")]
    [TestCase("0a00")]
    [TestCase("ff")]
    [TestCase("08ffffffffffffffffffff01")]
    public async Task Serve_BytesThatAreNoRequest_AreABadRequest(string wire)
    {
        var responder = new RecordingResponder();
        RpcStatus status = await _service.ServeAsync(
            new RpcRequest(PeerMaker.Id(1), DhtRpcProtocol.GetPeers, System.Convert.FromHexString(wire), s_deadline),
            responder,
            CancellationToken.None);
        Assert.That((status.Code, responder.Offered), Is.EqualTo((RpcStatusCode.BadRequest, 0)));
    }

    [TestCase(uint.MaxValue, 600, 500)]
    [TestCase(0u, 600, 500)]
    [TestCase(600u, 600, 500)]
    [TestCase(uint.MaxValue, 20, 20)]
    [TestCase(7u, 20, 7)]
    public async Task Serve_HoweverManyAreAskedFor_NoMoreThanTheCeilingAreTold(uint asked, int perRound, int told)
    {
        for (int i = 0; i < 600; i++)
        {
            _peers.AddOrUpdatePeer(PeerMaker.Node(i, SignedClaims.NowTime, _time.GetUtcNow()));
        }

        _service = new DhtRpcService(_peers, new DhtConfig { NetworkDiscovery = new() { MaxPeersToSyncPerRound = perRound } }, _time, _log);
        var responder = new RecordingResponder();
        RpcStatus status = await Serve(new GetPeersRequest(asked, false, uint.MaxValue, uint.MaxValue), responder);
        Assert.That(status, Is.EqualTo(RpcStatus.Ok));
        Assert.That(responder.Bodies, Has.Count.EqualTo(told));
    }

    [Test]
    public async Task Serve_AStoreThatHasClosed_IsAGeneralErrorAndNoException()
    {
        await _peers.DisposeAsync();
        Assert.That((await Serve(s_everything, new RecordingResponder())).Code, Is.EqualTo(RpcStatusCode.General));
    }

    [Test]
    public async Task Serve_ACallerThatGoesAwayInTheMiddle_StopsTheProducer()
    {
        Add(PeerFeatures.CommunicationNode, 9);
        var responder = new RecordingResponder(takes: 3, isGoneThen: true);
        await Serve(s_everything, responder);
        Assert.That((responder.Bodies.Count, responder.Offered), Is.EqualTo((3, 4)));
    }

    [Test]
    public async Task Serve_ACallerThatIsCancelledWhileAResponseWaits_StopsTheProducer()
    {
        Add(PeerFeatures.CommunicationNode, 9);
        var responder = new RecordingResponder(takes: 3);
        using var gone = new CancellationTokenSource();
        Task<RpcStatus> serving = Serve(s_everything, responder, PeerMaker.Id(900), gone.Token);
        Assert.That((serving.IsCompleted, _service.ActiveCalls), Is.EqualTo((false, 1)));

        await gone.CancelAsync();

        await serving;
        Assert.That(responder.Offered, Is.EqualTo(4));
    }

    [Test]
    public async Task Serve_ACallerThatHasGoneAlready_IsOfferedNothing()
    {
        Add(PeerFeatures.CommunicationNode, 2);
        var responder = new RecordingResponder();
        await Serve(s_everything, responder, PeerMaker.Id(900), new CancellationToken(canceled: true));
        Assert.That(responder.Offered, Is.Zero);
    }

    [TestCase(120, 120)]
    [TestCase(0, 1)]
    [TestCase(86400, 600)]
    [TestCase(-1, 600)]
    public async Task Serve_ACallerThatTakesNothing_IsLeftAfterItsDeadline(int deadlineSeconds, int limitSeconds)
    {
        Add(PeerFeatures.CommunicationNode, 9);
        var responder = new RecordingResponder(takes: 3);
        TimeSpan deadline = deadlineSeconds < 0 ? Timeout.InfiniteTimeSpan : TimeSpan.FromSeconds(deadlineSeconds);
        Task<RpcStatus> serving = _service.ServeAsync(
            new RpcRequest(PeerMaker.Id(900), DhtRpcProtocol.GetPeers, Encoded(s_everything), deadline), responder, CancellationToken.None)
            .AsTask();

        // The first look sees the three that were taken.
        _time.Advance(TimeSpan.FromSeconds(limitSeconds));
        Assert.That(serving.IsCompleted, Is.False);
        responder.TakeOne();
        _time.Advance(TimeSpan.FromSeconds(limitSeconds));
        Assert.That(serving.IsCompleted, Is.False);
        _time.Advance(TimeSpan.FromSeconds(limitSeconds));

        Assert.That((await serving).Code, Is.EqualTo(RpcStatusCode.Timeout));
        Assert.That(_log.Count(DhtRpcLog.CallerStalledId), Is.EqualTo(1));
    }

    [Test]
    public async Task Serve_ThousandsOfCallsOfOnePeer_RefusesAllButTen()
    {
        Add(PeerFeatures.CommunicationNode, 2);
        using var gone = new CancellationTokenSource();
        List<Task<RpcStatus>> calls = [];
        for (int i = 0; i < 3000; i++)
        {
            calls.Add(Serve(s_everything, new RecordingResponder(takes: 0), PeerMaker.Id(900), gone.Token));
        }

        Assert.That(_service.ActiveCalls, Is.EqualTo(DhtRpcService.MaxCallsPerPeer));
        Assert.That(calls.Count(call => call.IsCompleted), Is.EqualTo(3000 - DhtRpcService.MaxCallsPerPeer));
        Assert.That(calls.Where(call => call.IsCompleted).Select(call => call.Result.Code), Is.All.EqualTo(RpcStatusCode.General));
        Assert.That(await Tell(s_everything), Has.Count.EqualTo(2), "others are answered");

        await gone.CancelAsync();
        await Task.WhenAll(calls);
        Assert.That(await Tell(s_everything, PeerMaker.Id(900)), Has.Count.EqualTo(2), "the peer is answered again");
    }

    [Test]
    public async Task Serve_StalledCallsOfThousandsOfPeers_AreBoundedAndMakeRoomAgain()
    {
        Add(PeerFeatures.CommunicationNode, 2);
        using var gone = new CancellationTokenSource();
        List<Task<RpcStatus>> calls = [];
        for (int i = 0; i < 3000; i++)
        {
            calls.Add(Serve(s_everything, new RecordingResponder(takes: 0), PeerMaker.Id(900 + i), gone.Token));
        }

        Assert.That(_service.ActiveCalls, Is.EqualTo(DhtRpcService.MaxCalls));
        _time.Advance(s_deadline);
        Assert.That(_service.ActiveCalls, Is.Zero, "stalled calls are left");
        Assert.That(await Tell(s_everything), Has.Count.EqualTo(2));
        Assert.That(await Task.WhenAll(calls), Has.None.Matches<RpcStatus>(status => status.IsOk));
    }

    private static byte[] Encoded(GetPeersRequest request) => GetPeersRequestMessage.Encode(request);

    private void Add(PeerFeatures features, int count)
    {
        for (int i = 0; i < count; i++)
        {
            int key = _nextKey++;
            PeerIdentityClaim claim = SignedClaims.Claim(key, features, SignedClaims.Now, $"/ip4/23.23.23.{key}/tcp/1");
            _peers.AddOrUpdatePeer(Seen(SignedClaims.PublicKey(key), features, claim));
        }
    }

    /// <summary>A node that nobody has dialled.</summary>
    private NodeId AddConnectable(string address, PeerFlags flags = PeerFlags.None, PeerFeatures features = PeerFeatures.CommunicationNode)
    {
        int key = _nextKey++;
        Peer peer = Seen(SignedClaims.PublicKey(key), features, SignedClaims.Claim(key, features, SignedClaims.Now, address));
        var unseen = new MultiaddrWithStats(peer.Addresses[0].Address, peer.Addresses[0].Source);
        _peers.AddOrUpdatePeer(peer with { Flags = flags, Addresses = MultiaddressesWithStats.FromEntries([unseen]) });
        return peer.NodeId;
    }

    private Peer Seen(in Tari.Dht.Dataflow.Cryptography.CommsPublicKey key, PeerFeatures features, PeerIdentityClaim claim)
    {
        Multiaddr address = claim.Addresses[0];
        var entry = new MultiaddrWithStats(address, PeerAddressSource.FromPeerConnection(claim))
        {
            LastSeen = _time.GetUtcNow(),
            LastAttempted = _time.GetUtcNow(),
        };
        return new Peer(key, features) { Addresses = MultiaddressesWithStats.FromEntries([entry]) };
    }

    private Task<RpcStatus> Serve(
        GetPeersRequest request, IRpcResponder responder, NodeId? caller = null, CancellationToken cancellationToken = default) =>
        _service.ServeAsync(
            new RpcRequest(caller ?? PeerMaker.Id(999_999), DhtRpcProtocol.GetPeers, Encoded(request), s_deadline),
            responder,
            cancellationToken).AsTask();

    private async Task<List<UnvalidatedPeerInfo>> Tell(GetPeersRequest request, NodeId? caller = null)
    {
        var responder = new RecordingResponder();
        Assert.That(await Serve(request, responder, caller), Is.EqualTo(RpcStatus.Ok));
        return
        [
            .. responder.Bodies.Select(body =>
            {
                GetPeersDecodeStatus decoded = GetPeersResponseMessage.TryDecode(body, out GetPeersResponseMessage message);
                Assert.That(decoded, Is.EqualTo(GetPeersDecodeStatus.Ok));
                Assert.That(message.TryConvert(out UnvalidatedPeerInfo? info), Is.EqualTo(PeerClaimError.None));
                return info!;
            }),
        ];
    }
}
