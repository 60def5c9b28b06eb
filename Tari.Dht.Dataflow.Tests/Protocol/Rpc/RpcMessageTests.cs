using System.Buffers;
using Tari.Dht.Dataflow.Protocol.Rpc;

namespace Tari.Dht.Dataflow.Tests.Protocol.Rpc;

/// <summary>Requests and responses beyond the reference's cases.</summary>
[TestFixture]
internal sealed class RpcMessageTests
{
    [Test]
    public void A_ping_and_its_answer_are_the_networks_bytes()
    {
        Assert.That(Hex(new RpcRequestMessage(0, 0, RpcFlags.Ack, 120).Write), Is.EqualTo("18022078"));
        Assert.That(Hex(new RpcResponseMessage(0, 0, RpcFlags.Ack).Write), Is.EqualTo("1802"));
        Assert.That(Hex(new RpcResponseMessage(7, 0, RpcFlags.Ack).Write), Is.EqualTo("08071802"));
    }

    [Test]
    public void Payloads_are_parts_of_what_was_read()
    {
        byte[] request = Convert.FromHexString("0801100a201e5203010203");
        Assert.That(RpcRequestMessage.TryDecode(request, out RpcRequestMessage message));
        Assert.That(message.Payload.Span == request.AsSpan(8));

        byte[] response = Convert.FromHexString("08015203010203");
        Assert.That(RpcResponseMessage.TryDecode(response, out RpcResponseMessage answer));
        Assert.That(answer.Payload.Span == response.AsSpan(4));
    }

    [Test]
    public void Reading_allocates_nothing()
    {
        byte[] request = Convert.FromHexString("0801100a201e5203010203");
        byte[] response = Convert.FromHexString("08015203010203");
        Assert.That(AllocationProbe.BytesOf(() => RpcRequestMessage.TryDecode(request, out _)), Is.Zero);
        Assert.That(AllocationProbe.BytesOf(() => RpcResponseMessage.TryDecode(response, out _)), Is.Zero);
    }

    [TestCase("52015252025253", "5253", TestName = "Of two payloads the last one counts")]
    [TestCase("5201525200", "", TestName = "Of two payloads the last one counts when it is empty")]
    public void Repeated_payload(string wire, string payload)
    {
        Assert.That(RpcRequestMessage.TryDecode(Convert.FromHexString(wire), out RpcRequestMessage request));
        Assert.That(RpcResponseMessage.TryDecode(Convert.FromHexString(wire), out RpcResponseMessage response));
        Assert.That(Convert.ToHexStringLower(request.Payload.Span), Is.EqualTo(payload));
        Assert.That(Convert.ToHexStringLower(response.Payload.Span), Is.EqualTo(payload));
    }

    [TestCase("080710012005", 7u, TestName = "The id of a long request is read off its first six bytes")]
    [TestCase("08ffffffff0f", uint.MaxValue, TestName = "The longest id fits into six bytes")]
    [TestCase("08ffffffff8f01", 0u, TestName = "An id that takes more than six bytes counts as none")]
    [TestCase("100108071001", 0u, TestName = "A request that does not start with its id counts as having none")]
    [TestCase("0a0107", 0u, TestName = "An id that is no number counts as none")]
    [TestCase("08ffffff", 0u, TestName = "An id that is cut off counts as none")]
    [TestCase("", 0u, TestName = "No bytes have no id")]
    public void PeekRequestId(string start, uint id) =>
        Assert.That(RpcRequestMessage.PeekRequestId(Convert.FromHexString(start)), Is.EqualTo(id));

    [Test]
    public void The_longest_payload_of_a_response_fits_into_a_frame()
    {
        var longest = new RpcResponseMessage(
            uint.MaxValue, uint.MaxValue, (RpcFlags)uint.MaxValue, new byte[RpcLimits.MaxResponsePayloadLength]);
        Assert.That(longest.GetLength(), Is.InRange(RpcLimits.MaxFrameLength - 1, RpcLimits.MaxFrameLength));
        var output = new ArrayBufferWriter<byte>();
        longest.Write(output);
        Assert.That(output.WrittenCount, Is.EqualTo(longest.GetLength()));
    }

    [TestCase(0u, true, false, false)]
    [TestCase(1u, true, true, false)]
    [TestCase(2u, true, false, true)]
    [TestCase(3u, true, true, true)]
    [TestCase(4u, false, false, false)]
    [TestCase(5u, false, true, false)]
    [TestCase(0x8000_0000u, false, false, false)]
    public void Flags_other_than_two_are_unknown(uint bits, bool isKnown, bool isFin, bool isAck)
    {
        var flags = (RpcFlags)bits;
        Assert.That((flags.IsKnown(), flags.IsFin(), flags.IsAck()), Is.EqualTo((isKnown, isFin, isAck)));
    }

    private static string Hex(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return Convert.ToHexStringLower(output.WrittenSpan);
    }
}
