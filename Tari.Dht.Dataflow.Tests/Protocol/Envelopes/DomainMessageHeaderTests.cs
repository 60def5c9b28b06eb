using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Tests.Protocol.Envelopes;

[TestFixture]
public sealed class DomainMessageHeaderTests
{
    [TestCase(0, 0ul)]
    [TestCase(1, 0ul)]
    [TestCase(0, 1ul)]
    [TestCase(77, 128ul)]
    [TestCase(int.MaxValue, ulong.MaxValue)]
    [TestCase(-1, 1ul)]
    [TestCase(int.MinValue, ulong.MaxValue)]
    public void Write_OfAHeader_IsWhatGoogleProtobufWritesAndReadsBack(int type, ulong nonce)
    {
        var header = new DomainMessageHeader(type, nonce);
        byte[] encoded = new byte[header.GetLength()];

        Assert.That(header.Write(encoded), Is.EqualTo(encoded.Length));
        Assert.That(encoded, Is.EqualTo(new MessageHeader { MessageType = type, Nonce = nonce }.ToByteArray()));
        Assert.That(encoded, Has.Length.LessThanOrEqualTo(DomainMessageHeader.MaxLength));
        Assert.That(DomainMessageHeader.TryRead(encoded, out DomainMessageHeader read), Is.True);
        Assert.That(read, Is.EqualTo(header));
    }

    [Test]
    public void Write_OfType0AndNonce0_IsNothing() => Assert.That(default(DomainMessageHeader).GetLength(), Is.Zero);

    [Test]
    public void Write_IntoTooShortASpan_Throws() =>
        Assert.That(() => new DomainMessageHeader(1, 1).Write(new byte[3]), Throws.ArgumentException);

    [TestCase("0801080210031004", 2, 4ul, TestName = "The last of repeated numbers counts")]
    [TestCase("1003080278011b1c", 2, 3ul, TestName = "Order is free and unknown fields are passed over")]
    [TestCase("08ffffffff0f", -1, 0ul, TestName = "A type is cut to 32 bits")]
    [TestCase("0881808080801f", 1, 0ul, TestName = "A type above 32 bits is cut")]
    public void TryRead_Leniently_GivesTheHeader(string hex, int type, ulong nonce)
    {
        Assert.That(DomainMessageHeader.TryRead(Convert.FromHexString(hex), out DomainMessageHeader header), Is.True);
        Assert.That(header, Is.EqualTo(new DomainMessageHeader(type, nonce)));
    }

    [TestCase("08", TestName = "A number is missing")]
    [TestCase("0a0101", TestName = "The type is bytes")]
    [TestCase("1501020304", TestName = "The nonce is a fixed32")]
    [TestCase("00", TestName = "Field number 0 is no field")]
    [TestCase("1c", TestName = "A group ends that never started")]
    public void TryRead_BadBytes_IsFalse(string hex) =>
        Assert.That(DomainMessageHeader.TryRead(Convert.FromHexString(hex), out _), Is.False);
}
