using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Inbound.DhtHandler;

/// <summary>A node, a signer with key 1, and a relay that is another node: the cast of the handler's scenarios.</summary>
internal abstract class HandlerFixture
{
    protected NodeIdentity Node { get; private set; } = null!;

    protected NodeIdentity Signer { get; private set; } = null!;

    protected NodeIdentity Relay { get; private set; } = null!;

    [SetUp]
    public void CreateNodes()
    {
        Signer = DhtMessages.Node(1);
        Relay = DhtMessages.Node(2);
        Node = DhtMessages.Node(3);
        Node.AddPublicAddress(SignedClaims.Address("/ip4/9.9.9.9/tcp/18189"));
    }

    [TearDown]
    public void DisposeNodes()
    {
        Node.Dispose();
        Signer.Dispose();
        Relay.Dispose();
    }

    /// <summary>The node's graph; it knows the relay, on the clock of the claims.</summary>
    protected HandlerProbe Probe(HandlerProbeOptions? options = null)
    {
        var probe = new HandlerProbe(Node, (options ?? new HandlerProbeOptions()) with { Start = SignedClaims.NowTime });
        probe.Know(DhtMessages.PeerOf(Relay));
        return probe;
    }

    protected static void AssertOnlyBan(HandlerProbe probe, CommsPublicKey peer, OffenceSeverity severity) =>
        Assert.That(probe.Offences.Reported, Is.EqualTo((RecordingOffences.Offence[])[new(peer, severity)]));

    protected static void AssertNothingSentAndNobodyBanned(HandlerProbe probe)
    {
        Assert.That(probe.Offences.Reported, Is.Empty);
        Assert.That(probe.TakeSent(), Is.Empty);
    }
}
