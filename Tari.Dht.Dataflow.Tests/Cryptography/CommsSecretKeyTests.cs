using System.Text;
using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

internal sealed class CommsSecretKeyTests
{
    private const string KeyOfTwo = "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919";

    [Test]
    public void FromBytes_CanonicalScalar_HasThePublicKeyOfIt()
    {
        using var key = CommsSecretKey.FromBytes(Scalars.Small(2));

        Assert.That(key.PublicKey.ToString(), Is.EqualTo(KeyOfTwo));
        Assert.That(key.Scalar.SequenceEqual(Scalars.Small(2)));
    }

    [Test]
    public void FromBytes_Zero_HasTheIdentityAsPublicKey()
    {
        using var key = CommsSecretKey.FromBytes(Scalars.Small(0));

        Assert.That(key.PublicKey, Is.EqualTo(default(CommsPublicKey)));
    }

    [TestCase(0)]
    [TestCase(31)]
    [TestCase(33)]
    public void FromBytes_AnotherLength_IsRefused(int length)
    {
        var error = Assert.Throws<KeyFormatException>(() => CommsSecretKey.FromBytes(new byte[length]));

        Assert.That(error.Error, Is.EqualTo(KeyFormatError.IncorrectLength));
    }

    [Test]
    public void FromBytes_TheOrderOfTheGroup_IsRefusedWithoutShowingTheBytes()
    {
        byte[] bytes = Scalars.Bytes(Scalars.Order);
        var error = Assert.Throws<KeyFormatException>(() => CommsSecretKey.FromBytes(bytes));

        Assert.That(error.Error, Is.EqualTo(KeyFormatError.ConversionError));
        Assert.That(error.ToString(), Does.Not.Contain(Convert.ToHexString(bytes)).IgnoreCase);
    }

    [TestCase("0200000000000000000000000000000000000000000000000000000000000000")]
    [TestCase("0x0200000000000000000000000000000000000000000000000000000000000000")]
    [TestCase(" \t0200000000000000000000000000000000000000000000000000000000000000\u2003\n")]
    public void TryFromHex_DigitsInAnyDress_GivesTheKey(string text)
    {
        Assert.That(CommsSecretKey.TryFromHex(text, out CommsSecretKey? key), Is.EqualTo(KeyFormatError.None));
        Assert.That(CommsSecretKey.TryFromHex(Encoding.UTF8.GetBytes(text), out CommsSecretKey? fromUtf8), Is.EqualTo(KeyFormatError.None));
        using (key)
        using (fromUtf8)
        using (var fromHex = CommsSecretKey.FromHex(text))
        {
            Assert.That(key!.PublicKey.ToString(), Is.EqualTo(KeyOfTwo));
            Assert.That(fromUtf8!.PublicKey, Is.EqualTo(key.PublicKey));
            Assert.That(fromHex.PublicKey, Is.EqualTo(key.PublicKey));
        }
    }

    [TestCase("", KeyFormatError.NotHexadecimal)]
    [TestCase("02000000000000000000000000000000000000000000000000000000000000", KeyFormatError.NotHexadecimal)]
    [TestCase("020000000000000000000000000000000000000000000000000000000000000000", KeyFormatError.NotHexadecimal)]
    [TestCase("020000000000000000000000000000000000000000000000000000000000000", KeyFormatError.NotHexadecimal)]
    [TestCase("020000000000000000000000000000000000000000000000000000000000000g", KeyFormatError.NotHexadecimal)]
    [TestCase("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010", KeyFormatError.ConversionError)]
    [TestCase("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff", KeyFormatError.ConversionError)]
    public void TryFromHex_AnythingElse_IsRefusedWithoutShowingTheText(string text, KeyFormatError expected)
    {
        Assert.That(CommsSecretKey.TryFromHex(text, out CommsSecretKey? key), Is.EqualTo(expected));
        Assert.That(key, Is.Null);
        Assert.That(CommsSecretKey.TryFromHex(Encoding.UTF8.GetBytes(text), out key), Is.EqualTo(expected));
        Assert.That(key, Is.Null);
        var error = Assert.Throws<KeyFormatException>(() => CommsSecretKey.FromHex(text));
        Assert.That(error.Error, Is.EqualTo(expected));
        Assert.That(text.Length == 0 || !error.ToString().Contains(text));
    }

    [Test]
    public void Generate_Twice_GivesDifferentKeys()
    {
        using var first = CommsSecretKey.Generate();
        using var second = CommsSecretKey.Generate();

        Assert.That(first.PublicKey, Is.Not.EqualTo(second.PublicKey));
        using var again = CommsSecretKey.FromBytes(first.Scalar);
        Assert.That(again.PublicKey, Is.EqualTo(first.PublicKey));
    }

    [Test]
    public void ExportTo_WritesWhatFromBytesReads()
    {
        byte[] exported = new byte[32];
        using var key = CommsSecretKey.FromBytes(Scalars.Small(77));
        key.ExportTo(exported);

        Assert.That(exported, Is.EqualTo(Scalars.Small(77)));
        Assert.That(() => key.ExportTo(new byte[31]), Throws.ArgumentException);
    }

    [Test]
    public void Dispose_TwiceAfterUse_ZeroesTheSecretAndEndsItsUse()
    {
        var key = CommsSecretKey.Generate();
        ReadOnlySpan<byte> scalar = key.Scalar;
        Assert.That(scalar.ContainsAnyExcept((byte)0));

        key.Dispose();
        key.Dispose();

        Assert.That(scalar.ContainsAnyExcept((byte)0), Is.False);
        Assert.That(() => key.Scalar.Length, Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => key.ExportTo(new byte[32]), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => MessageSignature.Sign(key, default), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(() => IdentitySignature.Sign(key, 3, default, 0), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(key.PublicKey, Is.Not.EqualTo(default(CommsPublicKey)));
    }

    [Test]
    public async Task Use_WhileTheKeyIsDisposedOf_IsWholeOrNotAtAll()
    {
        byte[] message = new byte[32];
        for (int i = 0; i < 500; i++)
        {
            CommsSecretKey key = CommsSecretKey.Generate();
            byte[] expected = new byte[32];
            key.ExportTo(expected);
            using var ready = new Barrier(2);
            Task disposal = Task.Factory.StartNew(
                () =>
                {
                    ready.SignalAndWait();
                    key.Dispose();
                },
                TaskCreationOptions.LongRunning);
            ready.SignalAndWait();
            byte[] exported = new byte[32];
            try
            {
                while (true)
                {
                    key.ExportTo(exported);
                    Assert.That(exported, Is.EqualTo(expected));
                    Assert.That(MessageSignature.Sign(key, message).Verify(message), Is.EqualTo(MessageSignatureError.None));
                    Assert.That(
                        IdentitySignature.Sign(key, 3, default, 0).Verify(key.PublicKey, 3, default, DateTimeOffset.UnixEpoch),
                        Is.EqualTo(IdentitySignatureStatus.Ok));
                }
            }
            catch (ObjectDisposedException)
            {
                Assert.That(exported, Is.EqualTo(expected).Or.All.Zero);
            }

            await disposal;
        }
    }

    [Test]
    public void ToString_ShowsThePublicKeyOnly()
    {
        using var key = CommsSecretKey.FromBytes(Scalars.Small(2));

        Assert.That(key.ToString(), Is.EqualTo("secret key of " + KeyOfTwo));
    }

    [Test]
    public void Generate_TheSecret_StaysWhereItIsWhenMemoryIsCompacted()
    {
        using var key = CommsSecretKey.Generate();
        nuint before = AddressOf(key.Scalar);
        GC.Collect(GC.MaxGeneration, GCCollectionMode.Forced, blocking: true, compacting: true);

        Assert.That(AddressOf(key.Scalar), Is.EqualTo(before));

        static unsafe nuint AddressOf(ReadOnlySpan<byte> span)
        {
            fixed (byte* pointer = span)
            {
                return (nuint)pointer;
            }
        }
    }
}
