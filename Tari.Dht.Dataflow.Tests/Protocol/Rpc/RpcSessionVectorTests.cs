using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Protocol.Rpc;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Protocol.Rpc;

/// <summary>The messages of sessions of calls, and how a session starts, as the reference has them.</summary>
/// <remarks>RpcVectorTests sees to it that every kind of case of the file is known.</remarks>
[Category(VectorFile.Category)]
internal sealed class RpcSessionVectorTests
{
    private const string FileName = "rpc.json";

    [TestCaseSource(nameof(Cases), new object[] { "rpc_request" })]
    public void A_request_is_written_and_read_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "request_id", "method", "flags", "deadline", "payload", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("wire", "flags_valid", "is_fin", "is_ack");
        var request = new RpcRequestMessage(
            vector.GetProperty("request_id").GetUInt32(),
            vector.GetProperty("method").GetUInt32(),
            (RpcFlags)vector.GetProperty("flags").GetUInt32(),
            ulong.Parse(vector.Text("deadline"), CultureInfo.InvariantCulture),
            vector.GetProperty("payload").Blob());
        var output = new ArrayBufferWriter<byte>();
        request.Write(output);
        VectorFile.AssertBytes(expected.GetProperty("wire"), output.WrittenSpan, "wire");
        Assert.That(request.GetLength(), Is.EqualTo(output.WrittenCount));

        Assert.That(RpcRequestMessage.TryDecode(output.WrittenMemory, out RpcRequestMessage read));
        Assert.That(read with { Payload = request.Payload }, Is.EqualTo(request));
        Assert.That(read.Payload.ToArray(), Is.EqualTo(request.Payload.ToArray()));
        Assert.That(RpcRequestMessage.PeekRequestId(output.WrittenSpan), Is.EqualTo(request.RequestId));

        Assert.That(read.Flags.IsKnown(), Is.EqualTo(expected.GetProperty("flags_valid").GetBoolean()));
        if (read.Flags.IsKnown())
        {
            AssertFlags(expected, read.Flags);
        }
        else
        {
            Assert.That((expected.Optional("is_fin"), expected.Optional("is_ack")), Is.EqualTo(((JsonElement?)null, (JsonElement?)null)));
        }
    }

    [TestCaseSource(nameof(Cases), new object[] { "rpc_response" })]
    public void A_response_is_written_and_read_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "request_id", "status", "flags", "payload", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("wire", "status_name", "details", "is_fin", "is_ack");
        var response = new RpcResponseMessage(
            vector.GetProperty("request_id").GetUInt32(),
            vector.GetProperty("status").GetUInt32(),
            (RpcFlags)vector.GetProperty("flags").GetUInt32(),
            vector.GetProperty("payload").Blob());
        var output = new ArrayBufferWriter<byte>();
        response.Write(output);
        VectorFile.AssertBytes(expected.GetProperty("wire"), output.WrittenSpan, "wire");
        Assert.That(response.GetLength(), Is.EqualTo(output.WrittenCount));

        Assert.That(RpcResponseMessage.TryDecode(output.WrittenMemory, out RpcResponseMessage read));
        Assert.That(read with { Payload = response.Payload }, Is.EqualTo(response));
        Assert.That(read.Payload.ToArray(), Is.EqualTo(response.Payload.ToArray()));
        AssertFlags(expected, read.Flags);
        AssertStatus(expected, read);
    }

    [TestCaseSource(nameof(Cases), new object[] { "rpc_status" })]
    public void A_failure_is_shown_as_the_reference_shows_it(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "status", "wire", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("status_name", "details");
        Assert.That(RpcResponseMessage.TryDecode(vector.GetProperty("wire").Blob(), out RpcResponseMessage response));
        Assert.That(response.Status, Is.EqualTo(vector.GetProperty("status").GetUInt32()));
        AssertStatus(expected, response);
    }

    [TestCaseSource(nameof(Cases), new object[] { "rpc_session" })]
    public void An_offer_of_versions_is_written_and_read_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "supported_versions", "expected");
        vector.GetProperty("expected").AssertMembers("wire");
        uint[] versions = [.. vector.GetProperty("supported_versions").EnumerateArray().Select(version => version.GetUInt32())];
        var output = new ArrayBufferWriter<byte>();
        RpcSessionMessage.Write(output, versions);
        VectorFile.AssertBytes(vector.GetProperty("expected").GetProperty("wire"), output.WrittenSpan, "wire");

        Assert.That(RpcSessionMessage.TryDecode(output.WrittenSpan, out var read));
        Assert.That(read, Is.EqualTo(versions));
    }

    [TestCaseSource(nameof(Cases), new object[] { "rpc_session_reply" })]
    public void A_reply_is_understood_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "wire", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("accepted", "rejected");
        byte[] wire = vector.Hex("wire");
        Assert.That(RpcSessionReply.TryDecode(wire, out RpcSessionReply reply));
        RpcSessionReply known = expected.Optional("accepted") is { } version
            ? RpcSessionReply.Accept(version.GetUInt32())
            : RpcSessionReply.Reject(Enum.Parse<RpcRejectReason>(expected.Text("rejected")));
        Assert.That(reply, Is.EqualTo(known));

        // A reason that no one knows, and a rejection that says "false" or nothing, are no replies that anyone writes.
        bool isOdd = reply == RpcSessionReply.Reject(RpcRejectReason.Unknown) && Convert.ToHexStringLower(wire) != "1001";
        var output = new ArrayBufferWriter<byte>();
        reply.Write(output);
        Assert.That(Convert.ToHexStringLower(output.WrittenSpan), Is.EqualTo(isOdd ? "1001" : vector.Text("wire")));
    }

    [TestCaseSource(nameof(Cases), new object[] { "rpc_handshake" })]
    public void A_handshake_of_both_sides_is_the_references_byte_for_byte(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "client_bytes", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("client_ok", "server_bytes", "server_version");
        var client = new ArrayBufferWriter<byte>();
        RpcHandshake.WriteOffer(client);
        Assert.That(Convert.ToHexStringLower(client.WrittenSpan), Is.EqualTo(vector.Text("client_bytes")));

        var offer = new ReadOnlySequence<byte>(client.WrittenMemory);
        Assert.That(RpcHandshake.TryReadOffer(ref offer, out RpcSessionReply decision), Is.EqualTo(RpcHandshakeStatus.Complete));
        Assert.That(decision, Is.EqualTo(RpcSessionReply.Accept(expected.GetProperty("server_version").GetUInt32())));
        var server = new ArrayBufferWriter<byte>();
        RpcHandshake.WriteReply(server, decision);
        Assert.That(Convert.ToHexStringLower(server.WrittenSpan), Is.EqualTo(expected.Text("server_bytes")));

        var answer = new ReadOnlySequence<byte>(server.WrittenMemory);
        Assert.That(RpcHandshake.TryReadReply(ref answer, out RpcSessionReply reply), Is.EqualTo(RpcHandshakeStatus.Complete));
        Assert.That(reply.IsAccepted, Is.EqualTo(expected.GetProperty("client_ok").GetBoolean()));
        Assert.That(reply, Is.EqualTo(decision));
    }

    [TestCaseSource(nameof(Cases), new object[] { "rpc_handshake_server" })]
    public void A_server_decides_and_answers_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "client_bytes", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("accepted", "error", "server_bytes");
        var received = new ReadOnlySequence<byte>(vector.GetProperty("client_bytes").Blob());
        RpcHandshakeStatus status = RpcHandshake.TryReadOffer(ref received, out RpcSessionReply reply);
        string? error = status switch
        {
            RpcHandshakeStatus.Malformed => "DecodeError",
            RpcHandshakeStatus.TooLong => "FrameTooLarge",
            RpcHandshakeStatus.Complete when reply.IsAccepted => null,
            RpcHandshakeStatus.Complete when reply.Reason == RpcRejectReason.UnsupportedVersion => "ClientNoSupportedVersion",
            _ => $"{status} {reply}",
        };
        Assert.That(error, Is.EqualTo(expected.OptionalText("error")));
        uint? accepted = error is null ? reply.Version : null;
        Assert.That(accepted, Is.EqualTo(expected.Optional("accepted")?.GetUInt32()));

        var output = new ArrayBufferWriter<byte>();
        if (status == RpcHandshakeStatus.Complete)
        {
            RpcHandshake.WriteReply(output, reply);
        }

        Assert.That(Convert.ToHexStringLower(output.WrittenSpan), Is.EqualTo(expected.Text("server_bytes")));
    }

    private static void AssertFlags(JsonElement expected, RpcFlags flags)
    {
        Assert.That(flags.IsFin(), Is.EqualTo(expected.GetProperty("is_fin").GetBoolean()), "FIN");
        Assert.That(flags.IsAck(), Is.EqualTo(expected.GetProperty("is_ack").GetBoolean()), "ACK");
    }

    private static void AssertStatus(JsonElement expected, in RpcResponseMessage response)
    {
        RpcStatus status = RpcStatusReader.Read(response);
        Assert.That(
            Enum.IsDefined(status.Code) ? status.Code.ToString() : "InvalidRpcStatusCode", Is.EqualTo(expected.Text("status_name")));
        Assert.That(status.IsOk, Is.EqualTo(expected.Text("status_name") == "Ok"));
        Assert.That((uint)status.Code, Is.EqualTo(response.Status));
        Assert.That(status.Details, Is.EqualTo(expected.Text("details")));
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);
}
