using System.Buffers;
using System.Collections.Immutable;
using Google.Protobuf;
using Tari.Dht.Dataflow.Protocol.Proto.Sessions;
using Tari.Dht.Dataflow.Protocol.Rpc;
using Tari.Dht.Dataflow.Tests.Protocol.Proto;
using Tari.Dht.Dataflow.Tests.Support;
using RpcSessionReply = Tari.Dht.Dataflow.Protocol.Rpc.RpcSessionReply;

namespace Tari.Dht.Dataflow.Tests.Protocol.Rpc;

/// <summary>
/// Mutated messages of sessions against two twins: the rules written down plainly, and Google.Protobuf's generated code, which takes more
/// for decodable than the network does. None of them ever raises an exception.
/// </summary>
internal sealed class RpcMutationTests
{
    private const int Cases = 40_000;

    // Bytes that nesting to the limit takes at least; there Google.Protobuf allows a level less.
    private const int Deep = 180;

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 621, 1 })]
    public void MutatedRequests_AreReadAsTheTwinsReadThem(int seed)
    {
        byte[][] originals =
        [
            Encode(new RpcRequestMessage(1, 10, RpcFlags.None, 120, new byte[] { 8, 1, 16, 200 }).Write),
            Encode(new RpcRequestMessage(uint.MaxValue, uint.MaxValue, RpcFlags.Fin | RpcFlags.Ack, ulong.MaxValue, new byte[140]).Write),
            Encode(new RpcRequestMessage(0, 0, RpcFlags.Ack, 120).Write),
        ];
        var random = new Random(seed);
        int read = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = FieldMutator.Mutate(originals[random.Next(originals.Length)], originals, random);
            bool isRead = RpcRequestMessage.TryDecode(bytes, out RpcRequestMessage message);
            Require(isRead == PlainRpc.Message(bytes, 4) is not null, bytes, $"case {i}: decoded {isRead}");
            if (!isRead)
            {
                continue;
            }

            read++;
            (ulong[] numbers, byte[] payload) = PlainRpc.Message(bytes, 4)!.Value;
            Require(
                message.RequestId == (uint)numbers[0] && message.Method == (uint)numbers[1] && (uint)message.Flags == (uint)numbers[2]
                    && message.Deadline == numbers[3] && message.Payload.Span.SequenceEqual(payload),
                bytes,
                $"case {i}: {message}");
            RpcRequest? google = Decode(RpcRequest.Parser, bytes);
            Require(
                google is null
                    ? bytes.Length > Deep
                    : google.RequestId == message.RequestId && google.Method == message.Method && google.Flags == (uint)message.Flags
                        && google.Deadline == message.Deadline && google.Payload.Span.SequenceEqual(message.Payload.Span),
                bytes,
                $"case {i}: Google.Protobuf reads otherwise");
            if (google is not null)
            {
                byte[] written = Encode(message.Write);
                Require(written.AsSpan().SequenceEqual(google.ToByteArray()), bytes, $"case {i}: Google.Protobuf writes otherwise");
                Require(written.Length == message.GetLength(), bytes, $"case {i}: not the length that was foretold");
            }

            uint peeked = RpcRequestMessage.PeekRequestId(bytes);
            Require(
                peeked == 0 || peeked == FirstId(bytes),
                bytes,
                $"case {i}: id {peeked}");
        }

        AssertMixed(read);
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 622, 1 })]
    public void MutatedResponses_AreReadAsTheTwinsReadThem(int seed)
    {
        byte[][] originals =
        [
            Encode(new RpcResponseMessage(1, 0, RpcFlags.None, new byte[] { 10, 3, 8, 1, 16 }).Write),
            Encode(new RpcResponseMessage(65535, 6, RpcFlags.Fin, "something failed"u8.ToArray()).Write),
            Encode(new RpcResponseMessage(uint.MaxValue, uint.MaxValue, (RpcFlags)uint.MaxValue, new byte[140]).Write),
            Encode(new RpcResponseMessage(0, 0, RpcFlags.Ack).Write),
        ];
        var random = new Random(seed);
        int read = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = FieldMutator.Mutate(originals[random.Next(originals.Length)], originals, random);
            bool isRead = RpcResponseMessage.TryDecode(bytes, out RpcResponseMessage message);
            Require(isRead == PlainRpc.Message(bytes, 3) is not null, bytes, $"case {i}: decoded {isRead}");
            if (!isRead)
            {
                continue;
            }

            read++;
            (ulong[] numbers, byte[] payload) = PlainRpc.Message(bytes, 3)!.Value;
            Require(
                message.RequestId == (uint)numbers[0] && message.Status == (uint)numbers[1] && (uint)message.Flags == (uint)numbers[2]
                    && message.Payload.Span.SequenceEqual(payload),
                bytes,
                $"case {i}: {message}");
            RpcResponse? google = Decode(RpcResponse.Parser, bytes);
            Require(
                google is null
                    ? bytes.Length > Deep
                    : google.RequestId == message.RequestId && google.Status == message.Status && google.Flags == (uint)message.Flags
                        && google.Payload.Span.SequenceEqual(message.Payload.Span),
                bytes,
                $"case {i}: Google.Protobuf reads otherwise");
            if (google is not null)
            {
                byte[] written = Encode(message.Write);
                Require(written.AsSpan().SequenceEqual(google.ToByteArray()), bytes, $"case {i}: Google.Protobuf writes otherwise");
                Require(written.Length == message.GetLength(), bytes, $"case {i}: not the length that was foretold");
            }
        }

        AssertMixed(read);
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 623, 1 })]
    public void MutatedOffers_AreReadAsTheTwinsReadThem(int seed)
    {
        byte[][] originals =
        [
            Encode(output => RpcSessionMessage.Write(output, [0])),
            Encode(output => RpcSessionMessage.Write(output, [5, 300, 70_000, uint.MaxValue, 0])),
            Encode(output => RpcSessionMessage.Write(output, [.. Enumerable.Range(100, 90).Select(version => (uint)version)])),
            [8, 0, 8, 1, 10, 2, 3, 4],
        ];
        var random = new Random(seed);
        int read = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = FieldMutator.Mutate(originals[random.Next(originals.Length)], originals, random);
            bool isRead = RpcSessionMessage.TryDecode(bytes, out ImmutableArray<uint> versions);
            List<uint>? plain = PlainRpc.Versions(bytes);
            Require(isRead == plain is not null, bytes, $"case {i}: decoded {isRead}");
            RequireOffer(bytes, plain, random, i);
            if (!isRead)
            {
                continue;
            }

            read++;
            Require(versions.SequenceEqual(plain!), bytes, $"case {i}: {string.Join(", ", versions)}");
            RpcSession? google = Decode(RpcSession.Parser, bytes);
            Require(
                google is null ? bytes.Length > Deep : google.SupportedVersions.SequenceEqual(versions),
                bytes,
                $"case {i}: Google.Protobuf reads otherwise");
            if (google is not null)
            {
                byte[] written = Encode(output => RpcSessionMessage.Write(output, versions.AsSpan()));
                Require(written.AsSpan().SequenceEqual(google.ToByteArray()), bytes, $"case {i}: Google.Protobuf writes otherwise");
            }
        }

        AssertMixed(read);
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 624, 1 })]
    public void MutatedReplies_AreReadAsTheTwinsReadThem(int seed)
    {
        byte[][] originals =
        [
            Encode(RpcSessionReply.Accept(0).Write),
            Encode(RpcSessionReply.Accept(uint.MaxValue).Write),
            .. Enum.GetValues<RpcRejectReason>().Select(reason => Encode(RpcSessionReply.Reject(reason).Write)),
            [24, 2],
        ];
        var random = new Random(seed);
        int read = 0;
        int accepted = 0;
        for (int i = 0; i < Cases; i++)
        {
            byte[] bytes = FieldMutator.Mutate(originals[random.Next(originals.Length)], originals, random);
            bool isRead = RpcSessionReply.TryDecode(bytes, out RpcSessionReply reply);
            Require(isRead == PlainRpc.IsReply(bytes), bytes, $"case {i}: decoded {isRead}");
            if (!isRead)
            {
                continue;
            }

            read++;
            accepted += reply.IsAccepted ? 1 : 0;
            Generated? google = Generated.Decode(bytes);
            Require(google is null ? bytes.Length > Deep : google.Reply == reply, bytes, $"case {i}: Google.Protobuf reads otherwise");
            byte[] written = Encode(reply.Write);
            Require(
                Generated.Decode(written)!.Reply == reply
                    && RpcSessionReply.TryDecode(written, out RpcSessionReply again)
                    && again == reply,
                bytes,
                $"case {i}: what was read reads back as something else");
        }

        AssertMixed(read);
        Assert.That(accepted, Is.GreaterThan(Cases / 20).And.LessThan(read));
    }

    // The handshake cuts the same message off a stream, however it comes in.
    private static void RequireOffer(byte[] bytes, List<uint>? plain, Random random, int i)
    {
        byte[] framed = [0, 0, (byte)(bytes.Length >> 8), (byte)bytes.Length, .. bytes, 1, 2, 3];
        ReadOnlySequence<byte> received = SequenceFactory.RandomSegments(framed, random, 1 + (i % 40));
        RpcHandshakeStatus status = RpcHandshake.TryReadOffer(ref received, out RpcSessionReply reply);
        RpcHandshakeStatus expected = plain is null ? RpcHandshakeStatus.Malformed : RpcHandshakeStatus.Complete;
        Require(status == expected && received.Length == 3, bytes, $"case {i}: {status}");
        if (plain is not null)
        {
            RpcSessionReply answer = plain.Contains(0)
                ? RpcSessionReply.Accept(0)
                : RpcSessionReply.Reject(RpcRejectReason.UnsupportedVersion);
            Require(reply == answer, bytes, $"case {i}: {reply}");
        }
    }

    // The number in the field at the start of a message whose first field is its id.
    private static uint? FirstId(byte[] bytes)
    {
        var input = new CodedInputStream(bytes);
        return input.ReadTag() == 8 ? input.ReadUInt32() : null;
    }

    private static byte[] Encode(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        return output.WrittenSpan.ToArray();
    }

    private static T? Decode<T>(MessageParser<T> parser, byte[] bytes)
        where T : class, IMessage<T>
    {
        try
        {
            return parser.WithDiscardUnknownFields(true).ParseFrom(bytes);
        }
        catch (InvalidProtocolBufferException)
        {
            return null;
        }
    }

    // The mutations are worth something only if both answers come up often.
    private static void AssertMixed(int read) => Assert.That(read, Is.GreaterThan(Cases / 20).And.LessThan(Cases * 19 / 20));

    private static void Require(bool condition, byte[] bytes, string what)
    {
        if (!condition)
        {
            Assert.Fail($"{what}\n{Convert.ToHexStringLower(bytes)}");
        }
    }

    private sealed record Generated(RpcSessionReply Reply)
    {
        public static Generated? Decode(byte[] bytes)
        {
            var message = RpcMutationTests.Decode(Tari.Dht.Dataflow.Protocol.Proto.Sessions.RpcSessionReply.Parser, bytes);
            if (message is null)
            {
                return null;
            }

            if (message.HasAcceptedVersion)
            {
                return new Generated(RpcSessionReply.Accept(message.AcceptedVersion));
            }

            bool isReason = message.HasRejected && Enum.IsDefined(message.RejectReason);
            return new Generated(RpcSessionReply.Reject(isReason ? (RpcRejectReason)message.RejectReason : RpcRejectReason.Unknown));
        }
    }
}
