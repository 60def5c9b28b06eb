using System.Buffers;
using System.Globalization;
using System.Text.Json;
using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Discovery.Rpc;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Framing;
using Tari.Dht.Dataflow.Protocol.Rpc;
using Tari.Dht.Dataflow.Tests.Peers;
using Tari.Dht.Dataflow.Tests.Support;
using Tari.Dht.Dataflow.Tests.Vectors;
using Proto = Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Tests.Discovery.Rpc;

/// <summary>The messages of the peer-sharing calls, byte for byte, and what the reference makes of them.</summary>
[Category(VectorFile.Category)]
internal sealed class RpcVectorTests
{
    private const string FileName = "rpc.json";

    private static readonly (string Detail, PeerClaimError Error)[] s_conversionFaults =
    [
        ("No signature", PeerClaimError.MissingSignature),
        ("Invalid peer features", PeerClaimError.Features),
        ("PeerInfo invalid public key", PeerClaimError.PublicKey),
    ];

    // Those of the sessions below these calls, and of the exchange of identities, are checked in Protocol/Rpc and Protocol/Identity.
    [Test]
    public void Every_kind_of_case_is_known() => VectorFile.AssertKinds(
        FileName, "get_peers_request", "get_peers_response", "constants", "rpc_request", "rpc_response", "rpc_status", "rpc_session",
        "rpc_session_reply", "frame", "read_frames", "rpc_handshake", "rpc_handshake_server", "identity_frame", "identity_frame_in");

    [TestCaseSource(nameof(Cases), new object[] { "constants" })]
    public void Names_numbers_and_limits_are_the_references(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers(
            "dht_protocol_name", "get_peers_method", "max_handshake_frame_size", "max_response_payload_size", "messaging_max_frame_length",
            "rpc_max_frame_size", "rpc_max_request_size", "supported_rpc_versions");
        Assert.That(DhtRpcProtocol.Name.ToString(), Is.EqualTo(expected.Text("dht_protocol_name")));
        uint method = DhtRpcProtocol.GetPeers;
        Assert.That(method, Is.EqualTo(expected.GetProperty("get_peers_method").GetUInt32()));
        AssertLimit(expected, "max_handshake_frame_size", RpcLimits.MaxHandshakeFrameLength);
        AssertLimit(expected, "max_response_payload_size", RpcLimits.MaxResponsePayloadLength);
        AssertLimit(expected, "messaging_max_frame_length", FrameReader.DefaultMaxLength);
        AssertLimit(expected, "rpc_max_frame_size", RpcLimits.MaxFrameLength);
        AssertLimit(expected, "rpc_max_request_size", RpcLimits.MaxRequestLength);
        Assert.That(
            RpcHandshake.SupportedVersions.ToArray(),
            Is.EqualTo(expected.GetProperty("supported_rpc_versions").EnumerateArray().Select(version => version.GetUInt32())));
    }

    [TestCaseSource(nameof(Cases), new object[] { "get_peers_request" })]
    public void A_request_is_written_and_read_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "n", "include_clients", "max_claims", "max_addresses_per_claim", "expected");
        vector.GetProperty("expected").AssertMembers("wire");
        var request = new GetPeersRequest(
            vector.GetProperty("n").GetUInt32(),
            vector.GetProperty("include_clients").GetBoolean(),
            vector.GetProperty("max_claims").GetUInt32(),
            vector.GetProperty("max_addresses_per_claim").GetUInt32());
        byte[] wire = vector.GetProperty("expected").Hex("wire");

        Assert.That(Convert.ToHexStringLower(GetPeersRequestMessage.Encode(request)), Is.EqualTo(Convert.ToHexStringLower(wire)));
        Assert.That(GetPeersRequestMessage.TryDecode(wire, out GetPeersRequest read));
        Assert.That(read, Is.EqualTo(request));
    }

    [TestCaseSource(nameof(Cases), new object[] { "get_peers_response" })]
    public void A_response_is_read_converted_and_judged_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "peer", "config", "now", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("wire", "peer_info_wire", "convert", "convert_detail", "validate");
        byte[] wire = expected.Hex("wire");
        Assert.That(GetPeersResponseMessage.TryDecode(wire, out GetPeersResponseMessage message), Is.EqualTo(GetPeersDecodeStatus.Ok));
        Assert.That(message.HasPeer, Is.EqualTo(vector.Optional("peer") is not null));
        if (vector.Optional("peer") is not { } peer)
        {
            Assert.That(wire, Is.Empty);
            return;
        }

        Proto.Rpc.PeerInfo fields = Fields(peer);
        Assert.That(Convert.ToHexStringLower(fields.ToByteArray()), Is.EqualTo(expected.Text("peer_info_wire")));
        PeerClaimError error = message.TryConvert(out UnvalidatedPeerInfo? info);
        Assert.That(error == PeerClaimError.None ? "ok" : "error", Is.EqualTo(expected.Text("convert")));
        if (info is null)
        {
            string detail = expected.Text("convert_detail");
            PeerClaimError fault = s_conversionFaults.Single(known => detail.StartsWith(known.Detail, StringComparison.Ordinal)).Error;
            Assert.That(error, Is.EqualTo(fault), detail);
            return;
        }

        // Written again, it is the same bytes.
        Assert.That(info.Claims.Length, Is.EqualTo(fields.Claims.Count));
        byte[] written = GetPeersResponseWriter.Encode(info.PublicKey, info.Claims.AsSpan());
        Assert.That(Convert.ToHexStringLower(written), Is.EqualTo(expected.Text("wire")));

        DhtPeerValidatorError verdict = ValidatorVerdicts.Validator(vector).Validate(info, null, out Peer? record);
        ValidatorVerdicts.AssertVerdict(expected.GetProperty("validate"), verdict, record);
    }

    [TestCaseSource(nameof(Cases), new object[] { "frame" })]
    public void A_frame_is_written_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "payload", "expected");
        vector.GetProperty("expected").AssertMembers("wire");
        var output = new ArrayBufferWriter<byte>();
        FrameWriter.Write(output, vector.GetProperty("payload").Blob());
        VectorFile.AssertBytes(vector.GetProperty("expected").GetProperty("wire"), output.WrittenSpan, "wire");
    }

    [TestCaseSource(nameof(Cases), new object[] { "read_frames" })]
    public void Frames_are_read_as_the_reference_does(JsonElement vector)
    {
        vector.AssertMembers("kind", "name", "bytes", "max_frame_length", "expected");
        JsonElement expected = vector.GetProperty("expected");
        expected.AssertMembers("frames", "error");
        var rest = new ReadOnlySequence<byte>(vector.GetProperty("bytes").Blob());
        List<string> frames = [];
        FrameStatus status;
        int maxLength = vector.GetProperty("max_frame_length").GetInt32();
        while ((status = FrameReader.TryRead(ref rest, maxLength, out var frame)) == FrameStatus.Complete)
        {
            frames.Add(Convert.ToHexStringLower(frame.ToArray()));
        }

        // The reference only notices that bytes are missing when the stream ends.
        string? error = status == FrameStatus.TooLong ? "InvalidData" : rest.IsEmpty ? null : "Other";
        Assert.That(frames, Is.EqualTo(expected.Texts("frames")));
        Assert.That(error, Is.EqualTo(expected.OptionalText("error")));
    }

    private static void AssertLimit(JsonElement expected, string name, int limit) =>
        Assert.That(limit, Is.EqualTo(expected.GetProperty(name).GetInt32()), name);

    private static Proto.Rpc.PeerInfo Fields(JsonElement peer)
    {
        peer.AssertMembers("public_key", "claims");
        var info = new Proto.Rpc.PeerInfo { PublicKey = ByteString.CopyFrom(peer.Hex("public_key")) };
        foreach (JsonElement claim in peer.GetProperty("claims").EnumerateArray())
        {
            claim.AssertMembers("addresses", "peer_features", "identity_signature");
            var message = new Proto.Rpc.PeerIdentityClaim { PeerFeatures = claim.GetProperty("peer_features").GetUInt32() };
            message.Addresses.AddRange(claim.Texts("addresses").Select(hex => ByteString.CopyFrom(Convert.FromHexString(hex))));
            if (claim.Optional("identity_signature") is { } signature)
            {
                message.IdentitySignature = SignatureOf(signature);
            }

            info.Claims.Add(message);
        }

        return info;
    }

    private static Proto.IdentitySignature SignatureOf(JsonElement signature)
    {
        if (signature.ValueKind == JsonValueKind.String)
        {
            return Proto.IdentitySignature.Parser.ParseFrom(Convert.FromHexString(signature.GetString()!));
        }

        signature.AssertMembers("version", "signature", "public_nonce", "updated_at");
        JsonElement updatedAt = signature.GetProperty("updated_at");
        return new Proto.IdentitySignature
        {
            Version = signature.GetProperty("version").GetUInt32(),
            Signature = ByteString.CopyFrom(signature.Hex("signature")),
            PublicNonce = ByteString.CopyFrom(signature.Hex("public_nonce")),
            UpdatedAt = updatedAt.ValueKind == JsonValueKind.Number
                ? updatedAt.GetInt64()
                : long.Parse(updatedAt.GetString()!, CultureInfo.InvariantCulture),
        };
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);
}
