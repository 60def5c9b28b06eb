using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

internal sealed class KeyExchangeTests
{
    [Test]
    public void TryAgree_TheIdentityAsEphemeralKey_GivesTheIdentity()
    {
        byte[] shared = [.. Enumerable.Repeat((byte)0xff, 32)];

        Assert.That(KeyExchange.TryAgree(Scalars.Small(7), default, shared));
        Assert.That(shared, Is.All.Zero);
    }

    [Test]
    public void TryAgree_AKeyThatIsNoPoint_Fails()
    {
        var key = new CommsPublicKey([.. Enumerable.Repeat((byte)0xff, 32)]);

        Assert.That(KeyExchange.TryAgree(Scalars.Small(7), key, new byte[32]), Is.False);
    }

    [Test]
    public void Derivations_OnBuffersOfAnotherLength_AreRefused()
    {
        Assert.That(() => KeyExchange.TryAgree(new byte[31], default, new byte[32]), Throws.ArgumentException);
        Assert.That(() => KeyExchange.DeriveMask(new byte[32], new byte[31]), Throws.ArgumentException);
    }
}
