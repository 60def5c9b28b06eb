using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class DhtMessageTypeTests
{
    [TestCase(DhtMessageType.None, true, false, true)]
    [TestCase(DhtMessageType.Join, false, true, true)]
    [TestCase(DhtMessageType.Discovery, false, true, true)]
    [TestCase(DhtMessageType.DiscoveryResponse, false, true, false)]
    [TestCase(DhtMessageType.SafRequestMessages, false, false, false)]
    [TestCase(DhtMessageType.SafStoredMessages, false, false, false)]
    public void Predicates_OfAType_AreTheProtocols(DhtMessageType type, bool isDomain, bool isDht, bool isForwardable)
    {
        Assert.Multiple(() =>
        {
            Assert.That(type.IsKnown(), Is.True);
            Assert.That(type.IsDomainMessage(), Is.EqualTo(isDomain));
            Assert.That(type.IsDhtMessage(), Is.EqualTo(isDht));
            Assert.That(type.IsForwardable(), Is.EqualTo(isForwardable));
            Assert.That(type.IsDhtJoin(), Is.EqualTo(type == DhtMessageType.Join));
            Assert.That(type.IsDhtDiscovery(), Is.EqualTo(type == DhtMessageType.Discovery));
            Assert.That(type.IsDhtDiscoveryResponse(), Is.EqualTo(type == DhtMessageType.DiscoveryResponse));
        });
    }

    [Test]
    public void Latest_version_is_2() => Assert.That(DhtProtocolVersions.Latest, Is.EqualTo(DhtProtocolVersion.V2));
}
