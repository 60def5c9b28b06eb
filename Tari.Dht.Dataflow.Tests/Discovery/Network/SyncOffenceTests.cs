using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Discovery.Network;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Storage.PeerStore;

namespace Tari.Dht.Dataflow.Tests.Discovery.Network;

public sealed class SyncOffenceTests
{
    private static readonly NodeId s_peer = PeerMaker.Id(1);
    private static readonly TimeSpan s_limit = TimeSpan.FromSeconds(5);

    private static IEnumerable<TestCaseData> Prices()
    {
        OffenceSeverity? none = null;
        foreach (NetworkDiscoveryFailure bad in BadData())
        {
            yield return Case(bad, OffenceSeverity.High, OffenceSeverity.High);
        }

        foreach (DhtRpcFault fault in new[] { DhtRpcFault.DecodeError, DhtRpcFault.DecodeBudgetExceeded })
        {
            yield return Case(NetworkDiscoveryFailure.RpcError(fault), OffenceSeverity.High, none);
        }

        foreach (DhtRpcFault fault in new[] { DhtRpcFault.Handshake, DhtRpcFault.BadPing })
        {
            yield return Case(NetworkDiscoveryFailure.RpcError(fault), none, none);
        }

        yield return Case(Status(RpcStatusCode.BadRequest), OffenceSeverity.Low, none);
        yield return Case(Status((RpcStatusCode)77), OffenceSeverity.Low, none);
        yield return Case(Status(RpcStatusCode.Ok), none, none);
        yield return Case(NetworkDiscoveryFailure.PeerManagerError(new InvalidOperationException("full")), none, none);
        yield return Case(NetworkDiscoveryFailure.Timeout(NetworkDiscoveryFailure.GetPeers, s_peer, s_limit), none, none);
        yield return Case(NetworkDiscoveryFailure.PeerConnectionClosed(s_peer), none, none);

        static TestCaseData Case(NetworkDiscoveryFailure failure, OffenceSeverity? dialled, OffenceSeverity? connected) =>
            new TestCaseData(failure, dialled, connected).SetArgDisplayNames($"{failure.Kind} {failure.RpcFault} {failure.Status?.Code}");
    }

    [TestCaseSource(nameof(Prices))]
    public void What_a_failure_costs_is_the_references_matrix(
        object failure, OffenceSeverity? dialled, OffenceSeverity? connected)
    {
        var happened = (NetworkDiscoveryFailure)failure;
        Assert.That(SyncOffence.SeverityOf(happened, wasConnected: false), Is.EqualTo(dialled));
        Assert.That(SyncOffence.SeverityOf(happened, wasConnected: true), Is.EqualTo(connected));
    }

    [Test]
    public void Every_kind_of_failure_has_a_price_in_these_tests_or_cannot_be_made()
    {
        IEnumerable<NetworkDiscoveryFailureKind> priced = Prices().Select(price => ((NetworkDiscoveryFailure)price.Arguments[0]!).Kind);
        Assert.That(Enum.GetValues<NetworkDiscoveryFailureKind>().Except(priced), Is.Empty);
    }

    [TestCase(GetPeersItemKind.BudgetExceeded, OffenceSeverity.High)]
    [TestCase(GetPeersItemKind.DecodeError, OffenceSeverity.High)]
    [TestCase(GetPeersItemKind.Status, OffenceSeverity.Low)]
    [TestCase(GetPeersItemKind.TimedOut, null)]
    public void Scenario_SC_7_unreadable_items_cost_much_and_a_status_of_the_peer_little(object kind, OffenceSeverity? severity)
    {
        var item = new GetPeersItem((GetPeersItemKind)kind, Status: new RpcStatus(RpcStatusCode.BadRequest, "no"));
        NetworkDiscoveryFailure failure = NetworkDiscoveryFailure.OfItem(item, s_peer, s_limit)!;
        Assert.That(SyncOffence.SeverityOf(failure, wasConnected: false), Is.EqualTo(severity));
    }

    [TestCase(GetPeersItemKind.Peer)]
    [TestCase(GetPeersItemKind.NoPeer)]
    [TestCase(GetPeersItemKind.Unconvertible)]
    [TestCase(GetPeersItemKind.End)]
    [TestCase(GetPeersItemKind.ConnectionLost)]
    public void Responses_and_the_end_of_a_stream_are_no_failures(object kind) =>
        Assert.That(NetworkDiscoveryFailure.OfItem(new GetPeersItem((GetPeersItemKind)kind), s_peer, s_limit), Is.Null);

    [Test]
    public void Scenario_RB_20_a_peer_that_was_connected_pays_for_bad_data_and_not_for_silence()
    {
        Assert.That(SyncOffence.SeverityOf(Status(RpcStatusCode.Timeout), wasConnected: true), Is.Null);
        Assert.That(
            SyncOffence.SeverityOf(NetworkDiscoveryFailure.TooManyInvalidPeersReceived(6), wasConnected: true),
            Is.EqualTo(OffenceSeverity.High));
    }

    [Test]
    public void Scenario_RB_23_a_connected_peer_pays_nothing_in_a_rebootstrap_for_silence()
    {
        Assert.That(SyncOffence.SeverityInRebootstrap(Status(RpcStatusCode.Timeout)), Is.Null);
        Assert.That(
            SyncOffence.SeverityInRebootstrap(NetworkDiscoveryFailure.Timeout(NetworkDiscoveryFailure.GetPeerResponse, s_peer, s_limit)),
            Is.Null);
        Assert.That(SyncOffence.SeverityInRebootstrap(Status(RpcStatusCode.General)), Is.Null);
        foreach (NetworkDiscoveryFailure bad in BadData())
        {
            Assert.That(SyncOffence.SeverityInRebootstrap(bad), Is.EqualTo(OffenceSeverity.High));
        }
    }

    [Test]
    public void A_session_that_takes_too_long_to_open_is_a_timeout_and_any_other_a_failed_call()
    {
        NetworkDiscoveryFailure late = NetworkDiscoveryFailure.NotOpened(
            new ConnectivityException(ConnectivityError.RequestTimedOut, "late"), s_peer, s_limit);
        Assert.That(late.Kind, Is.EqualTo(NetworkDiscoveryFailureKind.Timeout));
        Assert.That(late.Text, Is.EqualTo($"connect_rpc with {s_peer} took longer than 5 s."));
        NetworkDiscoveryFailure refused = NetworkDiscoveryFailure.NotOpened(
            new ConnectivityException(ConnectivityError.PeerConnectionError, "refused"), s_peer, s_limit);
        Assert.That((refused.Kind, refused.RpcFault), Is.EqualTo((NetworkDiscoveryFailureKind.RpcError, DhtRpcFault.Handshake)));
    }

    private static NetworkDiscoveryFailure[] BadData() =>
    [
        NetworkDiscoveryFailure.EmptyPeerMessageReceived,
        NetworkDiscoveryFailure.DuplicatePeerReceived,
        NetworkDiscoveryFailure.TooManyPeersReceived(500),
        NetworkDiscoveryFailure.TooManyInvalidPeersReceived(6),
    ];

    private static NetworkDiscoveryFailure Status(RpcStatusCode code) =>
        NetworkDiscoveryFailure.RpcStatus(new RpcStatus(code, "words of the peer"));
}
