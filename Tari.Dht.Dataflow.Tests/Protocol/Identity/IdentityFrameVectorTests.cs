using System.Buffers;
using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Identity;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Protocol.Identity;

/// <summary>The frames in which nodes identify themselves, as the reference writes and reads them.</summary>
/// <remarks>RpcVectorTests sees to it that every kind of case of the file is known.</remarks>
[Category(VectorFile.Category)]
internal sealed class IdentityFrameVectorTests
{
    private const string FileName = "rpc.json";

    [TestCaseSource(nameof(Cases), new object[] { "identity_frame" })]
    public void A_frame_is_written_and_read_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "protocol_version", "public_key", "incoming_frame", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("incoming_message", "incoming_ok", "written_frame_read_only");
        byte version = vector.GetProperty("protocol_version").GetByte();

        var incoming = new ReadOnlySequence<byte>(vector.Hex("incoming_frame"));
        IdentityFrameStatus status = IdentityFrame.TryRead(ref incoming, version, out ReadOnlySequence<byte> message);
        Assert.That(status == IdentityFrameStatus.Complete, Is.EqualTo(expected.GetProperty("incoming_ok").GetBoolean()));
        Assert.That(Convert.ToHexStringLower(message.ToArray()), Is.EqualTo(expected.Text("incoming_message")));
        Assert.That(PeerIdentityMessage.TryDecode(message.ToArray(), out _));
        Assert.That(incoming.IsEmpty);

        AssertWritten(expected.Hex("written_frame_read_only"), version, new CommsPublicKey(vector.Hex("public_key")));
    }

    [TestCaseSource(nameof(Cases), new object[] { "identity_frame_in" })]
    public void A_bad_frame_costs_what_it_costs_at_the_reference(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "our_protocol_version", "incoming_frame", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("result", "error", "ban_seconds", "incoming_message");
        var incoming = new ReadOnlySequence<byte>(vector.GetProperty("incoming_frame").Blob());
        IdentityFrameStatus status = IdentityFrame.TryRead(
            ref incoming, vector.GetProperty("our_protocol_version").GetByte(), out ReadOnlySequence<byte> message);
        string? error = status switch
        {
            IdentityFrameStatus.Complete => null,
            IdentityFrameStatus.UnsupportedVersion => "UnsupportedProtocolVersion",
            IdentityFrameStatus.TooLong => "MaxMsgSizeExceeded",
            _ => status.ToString(),
        };
        Assert.That(error, Is.EqualTo(expected.OptionalText("error")));
        Assert.That(error is null ? "ok" : "error", Is.EqualTo(expected.Text("result")));
        Assert.That(status.BanDuration()?.TotalSeconds, Is.EqualTo(expected.Optional("ban_seconds")?.GetDouble()));
        Assert.That(
            error is null ? Convert.ToHexStringLower(message.ToArray()) : null, Is.EqualTo(expected.OptionalText("incoming_message")));
    }

    // What the reference wrote is a frame that this node takes for good, and would have written itself.
    private static void AssertWritten(byte[] frame, byte version, in CommsPublicKey key)
    {
        var written = new ReadOnlySequence<byte>(frame);
        IdentityFrameStatus status = IdentityFrame.TryRead(ref written, version, out ReadOnlySequence<byte> message);
        Assert.That(status, Is.EqualTo(IdentityFrameStatus.Complete));
        Assert.That(written.IsEmpty);
        byte[] encoded = message.ToArray();
        var validator = new PeerValidator(new PeerValidatorConfig(), new ManualTimeProvider(DateTimeOffset.UnixEpoch.AddYears(60)));
        PeerIdentityError error = validator.CheckIdentityMessage(key, encoded, out ValidatedPeerIdentity? identity);
        Assert.That(error.IsNone, error.ToString());

        byte[] again = PeerIdentityMessageWriter.Encode(identity!.Claim, identity.UserAgent, identity.SupportedProtocols.AsSpan());
        Assert.That(Convert.ToHexStringLower(again), Is.EqualTo(Convert.ToHexStringLower(encoded)));
        var output = new ArrayBufferWriter<byte>();
        IdentityFrame.Write(output, version, again);
        Assert.That(Convert.ToHexStringLower(output.WrittenSpan), Is.EqualTo(Convert.ToHexStringLower(frame)));
        Assert.That(output.WrittenSpan[0], Is.EqualTo(version));
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);
}
