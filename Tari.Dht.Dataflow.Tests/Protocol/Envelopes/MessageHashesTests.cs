using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
internal sealed class MessageHashesTests
{
    [Test]
    public void Both_hashes_equal_those_made_alone([Values(0, 1, 127, 128, 2047, 2048, 2049, 6016, 12_016, 100_000)] int bodyLength)
    {
        var random = new Random(bodyLength);
        byte[] body = new byte[bodyLength];
        byte[] signature = new byte[102];
        byte[] ephemeralKey = new byte[32];
        random.NextBytes(body);
        random.NextBytes(signature);
        random.NextBytes(ephemeralKey);
        var header = new DhtHeaderView(
            DhtProtocolVersion.V2,
            NodeDestination.Unknown,
            signature,
            ephemeralKey,
            DhtMessageType.Join,
            DhtMessageFlags.Encrypted,
            messageTag: 5,
            expires: 6);
        byte[] alone = new byte[BindingHash.Length];
        BindingHash.Compute(header, body, alone);
        byte[] together = new byte[BindingHash.Length];

        MessageHashes.Compute(header, body, together, out DedupKey dedupKey);

        Assert.That(together, Is.EqualTo(alone));
        Assert.That(dedupKey, Is.EqualTo(DedupKey.Compute(signature, body)));
    }
}
