using Tari.Dht.Dataflow.Cryptography.Primitives;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class DedupKeyTests
{
    private const string Test123Key = "64f1db1039353cf2ff7e09889d14ffd9885766c3dc494a59823a499edfe6997c";

    private static readonly byte[] s_body = Convert.FromHexString("0a0568656c6c6f");
    private static readonly byte[] s_signature = KnownSignature();

    [Test]
    public void Compute_OfAnUnsignedBody_IsTheKnownKey() => Assert.That(
        Unsigned(s_body).ToString(), Is.EqualTo("3c2a4e90d8d010b930048f683c15237ee587e19f70875b49be6a51d8dd25812f"));

    [Test]
    public void Compute_OfASignedBody_IsTheKnownKey() => Assert.That(
        Signed(s_signature, s_body).ToString(), Is.EqualTo("65f78d6150c1164e123e97cb359cad5ddf82ffcc8596a70870382f56b26ed546"));

    [Test]
    public void Compute_OfTheUnsignedBodyTest123_IsTheKnownKeyWhoeverSendsIt()
    {
        byte[] body = Convert.FromHexString("0a0774657374313233");

        Assert.That(Unsigned(body).ToString(), Is.EqualTo(Test123Key));
        Assert.That(DedupKey.Compute(default, body).ToString(), Is.EqualTo(Test123Key));
        Assert.That(DedupKey.ComputeUndecoded(default, DhtMessageFlags.None, body, null).ToString(), Is.EqualTo(Test123Key));
    }

    [Test]
    public void Compute_OfAnUnsignedBodyOfTwoParts_CountsThePartsAndNotTheirEncoding()
    {
        byte[] canonical = Convert.FromHexString("0a036f6e65" + "0a0374776f");
        DedupKey key = Unsigned(canonical);

        Assert.Multiple(() =>
        {
            Assert.That(key, Is.EqualTo(Hash([], canonical)));
            Assert.That(Unsigned([.. canonical, 0x78, 1]), Is.EqualTo(key), "an unknown field appended");
            Assert.That(Unsigned([0x78, 1, .. canonical]), Is.EqualTo(key), "an unknown field prepended");
            Assert.That(Unsigned(Convert.FromHexString("0a83006f6e65" + "0a0374776f")), Is.EqualTo(key), "a longer length");
            Assert.That(Unsigned([.. canonical, .. canonical.AsSpan(5)]), Is.Not.EqualTo(key), "the second part repeated");
        });
    }

    [Test]
    public void Compute_OfASignedBodyWithAnUnknownField_IsAnotherKey() =>
        Assert.That(Signed(s_signature, [.. s_body, 0x78, 1]), Is.Not.EqualTo(Signed(s_signature, s_body)));

    [Test]
    public void ComputeUndecoded_OfASignatureInAnyEncoding_IsTheKeyOfItsCanonicalBytes()
    {
        DedupKey key = Hash(s_signature, s_body);
        byte[] otherSigner = [0x0a, 32, .. new byte[32]];
        byte[] backwards = [.. s_signature[68..], .. s_signature[34..68], .. s_signature[..34]];

        Assert.Multiple(() =>
        {
            Assert.That(Undecoded(s_signature), Is.EqualTo(key), "as it is");
            Assert.That(Undecoded([.. s_signature, 0x78, 1]), Is.EqualTo(key), "an unknown field appended");
            Assert.That(Undecoded([.. otherSigner, .. s_signature]), Is.EqualTo(key), "signer doubled, the real one last");
            Assert.That(Undecoded(backwards), Is.EqualTo(key), "fields in order 3, 2, 1");
        });
    }

    [TestCase(5, TestName = "Another signer makes another key")]
    [TestCase(40, TestName = "Another nonce makes another key")]
    [TestCase(75, TestName = "Another scalar makes another key")]
    public void Compute_OfAnotherSignature_IsAnotherKey(int at)
    {
        byte[] changed = [.. s_signature];
        changed[at] ^= 1;

        Assert.That(Signed(changed, s_body), Is.Not.EqualTo(Signed(s_signature, s_body)));
        Assert.That(Undecoded(changed), Is.EqualTo(Signed(changed, s_body)));
    }

    [Test]
    public void Compute_WithTheSignatureRemoved_IsAnotherKey() =>
        Assert.That(Unsigned(s_body), Is.Not.EqualTo(Signed(s_signature, s_body)));

    [TestCase("ff", TestName = "A signature that does not decode makes no key")]
    [TestCase("7801", TestName = "A signature without fields makes no key")]
    public void ComputeUndecoded_OfABadSignature_IsTheEmptyKey(string hex)
    {
        DedupKey key = Undecoded(Convert.FromHexString(hex));

        Assert.That(key.IsEmpty, Is.True);
        Assert.That(key.Bytes.Length, Is.Zero);
        Assert.That(key.ToString(), Is.Empty);
    }

    [Test]
    public void ComputeUndecoded_OfAScalarAboveTheOrder_IsTheEmptyKey()
    {
        byte[] changed = [.. s_signature];
        changed[101] |= 0x80;

        Assert.That(Undecoded(changed).IsEmpty, Is.True);
    }

    [Test]
    public void Compute_OfAnEncryptedUnsignedBody_TakesItsBytesEvenIfTheyDecode()
    {
        byte[] body = [.. s_body, 0x78, 1];
        EnvelopeBody decoded = EnvelopeBodyTests.Decode(body);

        Assert.That(DedupKey.Compute(default, DhtMessageFlags.Encrypted, body, decoded), Is.EqualTo(Hash([], body)));
        Assert.That(DedupKey.Compute(default, DhtMessageFlags.None, body, decoded), Is.EqualTo(Hash([], s_body)));
    }

    [Test]
    public void Compute_OfAnUnsignedBodyThatWasNotDecoded_TakesItsBytes()
    {
        byte[] body = [0xff];

        Assert.That(DedupKey.Compute(default, DhtMessageFlags.None, body, null), Is.EqualTo(Hash([], body)));
    }

    [Test]
    public void Bytes_OfAKey_ReadBackAsTheSameKey()
    {
        DedupKey key = Unsigned(s_body);

        Assert.That(new DedupKey(key.Bytes) == key, Is.True);
        Assert.That(new DedupKey(key.Bytes).GetHashCode(), Is.EqualTo(key.GetHashCode()));
        Assert.That(key.IsEmpty, Is.False);
        Assert.That(() => new DedupKey(new byte[31]), Throws.ArgumentException);
    }

    [Test]
    public void Compute_AllocatesNothing()
    {
        byte[] other = [.. s_body, 0x78, 1];
        byte[] signature = [.. s_signature, 0x78, 1];
        EnvelopeBody decoded = EnvelopeBodyTests.Decode(other);

        Assert.That(
            AllocationProbe.BytesOf(() =>
            {
                DedupKey.Compute(default, DhtMessageFlags.None, other, decoded);
                DedupKey.ComputeUndecoded(signature, DhtMessageFlags.None, other, decoded);
            }),
            Is.Zero);
    }

    private static DedupKey Unsigned(byte[] body)
    {
        EnvelopeBody decoded = EnvelopeBodyTests.Decode(body);
        DedupKey key = DedupKey.Compute(default, DhtMessageFlags.None, body, decoded);
        Assert.That(DedupKey.ComputeUnsigned(decoded), Is.EqualTo(key));
        Assert.That(DedupKey.ComputeUndecoded(default, DhtMessageFlags.None, body, decoded), Is.EqualTo(key));
        return key;
    }

    private static DedupKey Signed(byte[] signature, byte[] body) =>
        DedupKey.Compute(signature, DhtMessageFlags.None, body, EnvelopeBodyTests.Decode(body));

    private static DedupKey Undecoded(byte[] signature) =>
        DedupKey.ComputeUndecoded(signature, DhtMessageFlags.None, s_body, EnvelopeBodyTests.Decode(s_body));

    private static DedupKey Hash(byte[] signature, byte[] body)
    {
        DomainHasher hasher = DomainHasher.Dedup();
        hasher.Append(signature);
        hasher.Append(body);
        byte[] digest = new byte[32];
        hasher.Finish(digest);
        return new DedupKey(digest);
    }

    private static byte[] KnownSignature()
    {
        byte[] envelope = Convert.FromHexString(EnvelopeReaderTests.KnownEnvelope);
        EnvelopeReader.Read(envelope, out EnvelopeLayout layout);
        return layout.SignatureOf(envelope).ToArray();
    }
}
