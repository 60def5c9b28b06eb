using System.Buffers;
using Tari.Dht.Dataflow.Protocol.Rpc;

namespace Tari.Dht.Dataflow.Tests.Protocol.Rpc;

/// <summary>How a session starts, without a connection.</summary>
[TestFixture]
internal sealed class RpcHandshakeTests
{
    [Test]
    public void A_handshake_settles_on_version_0()
    {
        var offer = new ArrayBufferWriter<byte>();
        RpcHandshake.WriteOffer(offer);
        Assert.That(ReadOffer(offer.WrittenSpan.ToArray(), out RpcSessionReply decision), Is.EqualTo(RpcHandshakeStatus.Complete));
        var answer = new ArrayBufferWriter<byte>();
        RpcHandshake.WriteReply(answer, decision);
        Assert.That(ReadReply(answer.WrittenSpan.ToArray(), out RpcSessionReply reply), Is.EqualTo(RpcHandshakeStatus.Complete));
        Assert.That((reply.IsAccepted, reply.Version), Is.EqualTo((true, 0u)));
    }

    [TestCase(RpcRejectReason.Unknown, "000000021001")]
    [TestCase(RpcRejectReason.NoServerSessionsAvailable, "0000000410011802")]
    [TestCase(RpcRejectReason.ProtocolNotSupported, "0000000410011804")]
    public void A_server_that_refuses_without_reading_is_understood(RpcRejectReason reason, string wire)
    {
        var answer = new ArrayBufferWriter<byte>();
        RpcHandshake.WriteReply(answer, RpcSessionReply.Reject(reason));
        Assert.That(Convert.ToHexStringLower(answer.WrittenSpan), Is.EqualTo(wire));
        Assert.That(ReadReply(answer.WrittenSpan.ToArray(), out RpcSessionReply reply), Is.EqualTo(RpcHandshakeStatus.Complete));
        Assert.That((reply.IsAccepted, reply.Reason), Is.EqualTo((false, reason)));
    }

    [TestCase("00000401", TestName = "A message of 1025 bytes is too long on either side by its length alone")]
    [TestCase("00800400", TestName = "A message as long as those of a running session is too long on either side by its length alone")]
    [TestCase("ffffffff", TestName = "The highest length is too long on either side")]
    public void TooLong(string prefix)
    {
        byte[] bytes = Convert.FromHexString(prefix);
        Assert.That(ReadOffer(bytes, out _), Is.EqualTo(RpcHandshakeStatus.TooLong));
        Assert.That(ReadReply(bytes, out _), Is.EqualTo(RpcHandshakeStatus.TooLong));
    }

    [Test]
    public void A_message_of_1024_bytes_is_read()
    {
        // 1020 versions of one byte, the last of which is known.
        byte[] versions = [.. Enumerable.Repeat((byte)7, 1020), 0];
        byte[] bytes = [0, 0, 4, 0, 0x0a, 0xfd, 0x07, .. versions];
        Assert.That(ReadOffer(bytes, out RpcSessionReply reply), Is.EqualTo(RpcHandshakeStatus.Complete));
        Assert.That(reply, Is.EqualTo(RpcSessionReply.Accept(0)));
    }

    [TestCase("00000000", TestName = "No version at all is refused as unsupported")]
    [TestCase("000000020a00", TestName = "An empty list of versions is refused as unsupported")]
    [TestCase("000000030a0101", TestName = "Version 1 alone is refused as unsupported")]
    [TestCase("000000020801", TestName = "Version 1 alone, not packed, is refused as unsupported")]
    public void Unsupported(string offer)
    {
        Assert.That(ReadOffer(Convert.FromHexString(offer), out RpcSessionReply reply), Is.EqualTo(RpcHandshakeStatus.Complete));
        Assert.That(reply, Is.EqualTo(RpcSessionReply.Reject(RpcRejectReason.UnsupportedVersion)));
    }

    [TestCase("000000020800", TestName = "A version that is not packed is accepted")]
    [TestCase("000000040a020001", TestName = "A known version before an unknown one is accepted")]
    [TestCase("000000040a020500", TestName = "A known version after an unknown one is accepted")]
    [TestCase("0000000608010a020200", TestName = "Versions in both forms are accepted")]
    public void Supported(string offer)
    {
        Assert.That(ReadOffer(Convert.FromHexString(offer), out RpcSessionReply reply), Is.EqualTo(RpcHandshakeStatus.Complete));
        Assert.That(reply, Is.EqualTo(RpcSessionReply.Accept(0)));
    }

    [TestCase("000000020801", true, 1u, TestName = "A caller takes a version that it did not offer")]
    [TestCase("00000000", false, 0u, TestName = "An empty reply is a rejection for no known reason")]
    [TestCase("000000021802", false, 0u, TestName = "A reason without a rejection is a rejection for no known reason")]
    public void Reply(string wire, bool isAccepted, uint version)
    {
        Assert.That(ReadReply(Convert.FromHexString(wire), out RpcSessionReply reply), Is.EqualTo(RpcHandshakeStatus.Complete));
        Assert.That((reply.IsAccepted, reply.Version, reply.Reason), Is.EqualTo((isAccepted, version, RpcRejectReason.Unknown)));
    }

    [Test]
    public void Bytes_that_are_no_message_are_malformed_on_either_side()
    {
        byte[] bytes = Convert.FromHexString("00000002ffff");
        Assert.That(ReadOffer(bytes, out _), Is.EqualTo(RpcHandshakeStatus.Malformed));
        Assert.That(ReadReply(bytes, out _), Is.EqualTo(RpcHandshakeStatus.Malformed));
    }

    [Test]
    public void Every_part_of_a_message_needs_more_and_leaves_the_buffer_alone()
    {
        byte[] bytes = Convert.FromHexString("0000000608010a020200" + "00");
        for (int length = 0; length <= bytes.Length; length++)
        {
            ReadOnlySequence<byte> received = SequenceFactory.OneBytePerSegment(bytes.AsMemory(0, length));
            RpcHandshakeStatus expected = length < 10 ? RpcHandshakeStatus.NeedMore : RpcHandshakeStatus.Complete;
            Assert.That(RpcHandshake.TryReadOffer(ref received, out _), Is.EqualTo(expected), $"{length} bytes");
            Assert.That(received.Length, Is.EqualTo(length < 10 ? length : length - 10));
        }
    }

    private static RpcHandshakeStatus ReadOffer(byte[] bytes, out RpcSessionReply reply)
    {
        var received = new ReadOnlySequence<byte>(bytes);
        return RpcHandshake.TryReadOffer(ref received, out reply);
    }

    private static RpcHandshakeStatus ReadReply(byte[] bytes, out RpcSessionReply reply)
    {
        var received = new ReadOnlySequence<byte>(bytes);
        return RpcHandshake.TryReadReply(ref received, out reply);
    }
}
