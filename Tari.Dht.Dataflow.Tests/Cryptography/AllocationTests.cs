using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

/// <summary>What is done for every message allocates nothing.</summary>
internal sealed class AllocationTests
{
    private readonly byte[] _message = new byte[32];
    private readonly byte[] _buffer = new byte[6016];
    private readonly byte[] _key = new byte[32];
    private readonly byte[] _wire = new byte[MessageSignature.WireLength];
    private readonly byte[] _masks = new byte[16 * 32];
    private readonly bool[] _invertible = new bool[16];
    private readonly ReadOnlyMemory<byte>[] _addresses = [new byte[8], new byte[8]];

    [Test]
    public void Signatures_AllocateNothing()
    {
        using var key = CommsSecretKey.Generate();
        MessageSignature signature = MessageSignature.Sign(key, _message);
        signature.WriteTo(_wire);
        IdentitySignature identity = IdentitySignature.Sign(key, 3, _addresses, 0);
        CommsPublicKey publicKey = key.PublicKey;

        Assert.That(AllocatedBy(() => _ = MessageSignature.Sign(key, _message)), Is.Zero, "sign");
        Assert.That(AllocatedBy(() => _ = signature.Verify(_message)), Is.Zero, "verify");
        Assert.That(AllocatedBy(() => _ = signature.Verify(_key.AsSpan(1))), Is.Zero, "verify a forgery");
        Assert.That(AllocatedBy(() => signature.WriteTo(_wire)), Is.Zero, "write");
        Assert.That(AllocatedBy(() => MessageSignature.TryReadCanonical(_wire, out _)), Is.Zero, "read");
        Assert.That(AllocatedBy(() => _ = IdentitySignature.Sign(key, 3, _addresses, 0)), Is.Zero, "sign a claim");
        Assert.That(AllocatedBy(() => _ = identity.Verify(publicKey, 3, _addresses, default)), Is.Zero, "verify a claim");
    }

    [Test]
    public void KeyExchange_KeyMask_And_MessageCipher_AllocateNothing()
    {
        using var key = CommsSecretKey.Generate();
        CommsPublicKey publicKey = key.PublicKey;
        byte[] shared = new byte[32];
        byte[] sealedBody = new byte[6016];
        Sealing.Seal(_key, _message, sealedBody, 100);

        Assert.That(AllocatedBy(() => KeyExchange.TryAgree(key.Scalar, publicKey, shared)), Is.Zero, "agree");
        Assert.That(AllocatedBy(() => KeyExchange.DeriveMessageKey(shared, _message)), Is.Zero, "derive a key");
        Assert.That(AllocatedBy(() => KeyExchange.DeriveMask(shared, _message)), Is.Zero, "derive a mask");
        Assert.That(AllocatedBy(() => KeyMask.Mask(shared, key.Scalar, _message)), Is.Zero, "mask");
        Assert.That(AllocatedBy(() => KeyMask.TryUnmask(key.Scalar, publicKey, out _)), Is.Zero, "unmask");
        Assert.That(AllocatedBy(() => KeyMask.InvertBatch(_masks, _invertible)), Is.Zero, "invert");
        Assert.That(AllocatedBy(() => Sealing.Seal(_key, _wire, _buffer, 100)), Is.Zero, "seal");
        Assert.That(AllocatedBy(() => Open(sealedBody)), Is.Zero, "open");
        Assert.That(AllocatedBy(() => MessageCipher.TryOpen(_key, _wire, _buffer, out _)), Is.Zero, "open a forgery");

        void Open(byte[] from)
        {
            from.CopyTo(_buffer, 0);
            _ = MessageCipher.TryOpen(_key, _wire, _buffer, out _);
        }
    }

    private static long AllocatedBy(Action action)
    {
        for (int i = 0; i < 40; i++)
        {
            action();
        }

        long before = GC.GetAllocatedBytesForCurrentThread();
        for (int i = 0; i < 10; i++)
        {
            action();
        }

        return GC.GetAllocatedBytesForCurrentThread() - before;
    }
}
