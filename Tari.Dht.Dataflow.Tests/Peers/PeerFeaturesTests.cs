using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Peers;

internal sealed class PeerFeaturesTests
{
    [Test]
    public void Scenario_5_no_defined_feature_has_the_store_value_minus_one()
    {
        foreach (PeerFeatures features in Enum.GetValues<PeerFeatures>())
        {
            Assert.That(features.ToStoreValue(), Is.EqualTo((int)features));
        }

        Assert.That(Enumerable.Range(0, 4).Select(bits => ((PeerFeatures)bits).ToStoreValue()), Is.EqualTo(new[] { 0, 1, 2, 3 }));
        Assert.That(((PeerFeatures)4).ToStoreValue(), Is.EqualTo(-1));
        Assert.That(((PeerFeatures)uint.MaxValue).ToStoreValue(), Is.EqualTo(-1));
    }

    [TestCase(0u, true, false, "client")]
    [TestCase(1u, false, false, "unknown")]
    [TestCase(2u, false, false, "unknown")]
    [TestCase(3u, false, true, "node")]
    [TestCase(7u, false, false, "unknown")]
    public void Roles_AreExactBits(uint bits, bool isClient, bool isNode, string role)
    {
        var features = (PeerFeatures)bits;

        Assert.That((features.IsClient(), features.IsNode(), features.ToRoleText()), Is.EqualTo((isClient, isNode, role)));
    }

    [Test]
    public void Contains_IsATestForASubset()
    {
        Assert.That(PeerFeatures.CommunicationNode.Contains(PeerFeatures.DhtStoreForward));
        Assert.That(PeerFeatures.DhtStoreForward.Contains(PeerFeatures.CommunicationNode), Is.False);
        Assert.That(PeerFeatures.DhtStoreForward.Contains(PeerFeatures.CommunicationClient));
    }

    [Test]
    public void TryFromBits_AnyBitWithoutMeaning_IsFalse()
    {
        for (int bit = 0; bit < 32; bit++)
        {
            uint bits = 1u << bit;
            Assert.That(PeerFeaturesExtensions.TryFromBits(bits, out PeerFeatures features), Is.EqualTo(bit < 2));
            Assert.That(features, Is.EqualTo(bit < 2 ? (PeerFeatures)bits : default));
        }
    }

    [TestCase(0u, "")]
    [TestCase(1u, "MESSAGE_PROPAGATION")]
    [TestCase(2u, "DHT_STORE_FORWARD")]
    [TestCase(3u, "MESSAGE_PROPAGATION | DHT_STORE_FORWARD")]
    [TestCase(4u, "0x4")]
    [TestCase(0xabu, "MESSAGE_PROPAGATION | DHT_STORE_FORWARD | 0xa8")]
    public void ToText_AndBack_IsTheSame(uint bits, string text)
    {
        Assert.That(((PeerFeatures)bits).ToText(), Is.EqualTo(text));
        Assert.That(PeerFeaturesExtensions.TryParse(text, out PeerFeatures features));
        Assert.That((uint)features, Is.EqualTo(bits));
    }

    [TestCase("COMMUNICATION_NODE", 3u)]
    [TestCase("COMMUNICATION_CLIENT", 0u)]
    [TestCase("NONE", 0u)]
    [TestCase("  ", 0u)]
    [TestCase(" DHT_STORE_FORWARD|MESSAGE_PROPAGATION ", 3u)]
    [TestCase("DHT_STORE_FORWARD | DHT_STORE_FORWARD | NONE", 2u)]
    [TestCase("0x2", 2u)]
    [TestCase("0xFFffFFff", uint.MaxValue)]
    [TestCase("0x00000000001 | DHT_STORE_FORWARD", 3u)]
    [TestCase("0x8|0x1", 9u)]
    public void TryParse_NamesAndNumbers_AreJoined(string text, uint expected)
    {
        Assert.That(PeerFeaturesExtensions.TryParse(text, out PeerFeatures features));
        Assert.That((uint)features, Is.EqualTo(expected));
        Assert.That(features.IsDefined(), Is.EqualTo(expected <= 3));
    }

    [TestCase("|")]
    [TestCase("MESSAGE_PROPAGATION |")]
    [TestCase("| MESSAGE_PROPAGATION")]
    [TestCase("MESSAGE_PROPAGATION DHT_STORE_FORWARD")]
    [TestCase("message_propagation")]
    [TestCase("SEED")]
    [TestCase("3")]
    [TestCase("0x")]
    [TestCase("0x-1")]
    [TestCase("0x 1")]
    [TestCase("0xg")]
    [TestCase("0x100000000")]
    [TestCase("0x1\0")]
    [TestCase("NONE | 0x1\0\0")]
    public void TryParse_AnythingElse_IsFalse(string text)
    {
        Assert.That(PeerFeaturesExtensions.TryParse(text, out PeerFeatures features), Is.False);
        Assert.That(features, Is.EqualTo(default(PeerFeatures)));
    }
}
