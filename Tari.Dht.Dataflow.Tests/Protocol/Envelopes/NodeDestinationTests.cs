using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class NodeDestinationTests
{
    private static readonly CommsPublicKey s_key = CommsPublicKey.FromHex(DhtMessageHeaderTests.KeyV);

    [Test]
    public void Default_IsUnknown()
    {
        NodeDestination destination = default;

        Assert.Multiple(() =>
        {
            Assert.That(destination.IsUnknown, Is.True);
            Assert.That(destination, Is.EqualTo(NodeDestination.Unknown));
            Assert.That(destination.PublicKey, Is.Null);
            Assert.That(destination.TryGetPublicKey(out _), Is.False);
            Assert.That(destination.ToDerivedNodeId(), Is.Null);
            Assert.That(destination.ToString(), Is.EqualTo("unknown"));
        });
    }

    [Test]
    public void WriteHashForm_OfUnknown_Is33Zeros()
    {
        byte[] form = [.. Enumerable.Repeat((byte)0xee, 33)];
        NodeDestination.Unknown.WriteHashForm(form);

        Assert.That(form, Is.EqualTo(new byte[33]));
    }

    [Test]
    public void WriteHashForm_OfAKey_IsOneAndTheKey()
    {
        byte[] form = new byte[33];
        new NodeDestination(s_key).WriteHashForm(form);

        Assert.That(Convert.ToHexStringLower(form), Is.EqualTo("01" + DhtMessageHeaderTests.KeyV));
    }

    [TestCase(32)]
    [TestCase(34)]
    public void WriteHashForm_IntoAnotherLength_Throws(int length) =>
        Assert.That(() => NodeDestination.Unknown.WriteHashForm(new byte[length]), Throws.ArgumentException);

    [Test]
    public void EqualsKey_OfUnknown_IsFalseForEveryKeyEvenZeros()
    {
        Assert.That(NodeDestination.Unknown.EqualsKey(default), Is.False);
        Assert.That(NodeDestination.Unknown.EqualsKey(s_key), Is.False);
    }

    [Test]
    public void EqualsKey_OfAKey_ComparesBytes()
    {
        var destination = new NodeDestination(s_key);

        Assert.That(destination.EqualsKey(s_key), Is.True);
        Assert.That(destination.EqualsKey(default), Is.False);
    }

    [Test]
    public void Equals_OfUnknownAndTheZeroKey_IsFalse()
    {
        CommsPublicKey zero = default;

        Assert.That(new NodeDestination(zero), Is.Not.EqualTo(NodeDestination.Unknown));
        Assert.That(new NodeDestination(s_key) == new NodeDestination(CommsPublicKey.FromHex(DhtMessageHeaderTests.KeyV)), Is.True);
    }

    [Test]
    public void ToDerivedNodeId_OfAKey_IsTheKnownId() =>
        Assert.That(new NodeDestination(s_key).ToDerivedNodeId()?.ToString(), Is.EqualTo("70f64e48bf5df39fe69f3edee1"));
}
