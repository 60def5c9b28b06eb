using Google.Protobuf;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Tests.Protocol;
using Proto = Tari.Dht.Dataflow.Protocol.Proto;

namespace Tari.Dht.Dataflow.Tests.Peers.Claims;

internal sealed class IdentitySignatureCodecTests
{
    private static readonly byte[] s_nonce = [.. Enumerable.Range(1, 32).Select(value => (byte)value)];
    private static readonly byte[] s_scalar = [.. Enumerable.Range(101, 31).Select(value => (byte)value), 0x0f];

    [Test]
    public void Write_OfTheWorkedExample_GivesItsBytes()
    {
        byte[] nonce = Convert.FromHexString("6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919");
        byte[] scalar = Convert.FromHexString("d0bf9919e1c61ffae12f614792f6bcf2cf62e3acb6986cf488422e5f29980c0f");
        var signature = new IdentitySignature(0, new CommsPublicKey(nonce), scalar, 1_700_000_000);

        Assert.That(
            Convert.ToHexStringLower(Encode(signature)),
            Is.EqualTo("1220" + Convert.ToHexStringLower(scalar) + "1a20" + Convert.ToHexStringLower(nonce) + "2080e2cfaa06"));
    }

    [TestCase((byte)0, 0L)]
    [TestCase((byte)1, 1L)]
    [TestCase((byte)127, 127L)]
    [TestCase((byte)128, 128L)]
    [TestCase((byte)255, 1_700_000_000L)]
    [TestCase((byte)255, -1L)]
    [TestCase((byte)200, IdentitySignature.MinUpdatedAt)]
    [TestCase((byte)3, IdentitySignature.MaxUpdatedAt)]
    public void Write_IsWhatTheGeneratedCodeWritesAndReadsBack(byte version, long updatedAt)
    {
        var signature = new IdentitySignature(version, new CommsPublicKey(s_nonce), s_scalar, updatedAt, 5);
        var generated = new Proto.Identity.IdentitySignature
        {
            Version = version,
            Signature = ByteString.CopyFrom(s_scalar),
            PublicNonce = ByteString.CopyFrom(s_nonce),
            UpdatedAt = updatedAt,
        };

        byte[] encoded = Encode(signature);
        Assert.That(encoded, Is.EqualTo(generated.ToByteArray()));
        Assert.That(encoded, Has.Length.AtMost(IdentitySignatureCodec.MaxEncodedLength));
        Assert.That(IdentitySignatureCodec.TryDecode(encoded, out IdentitySignature read), Is.EqualTo(PeerClaimError.None));

        // The nanoseconds are not sent.
        Assert.That(read, Is.EqualTo(new IdentitySignature(version, new CommsPublicKey(s_nonce), s_scalar, updatedAt)));
    }

    [Test]
    public void TryDecode_OfPartsThatAreNone_SaysWhich()
    {
        Assert.Multiple(() =>
        {
            Assert.That(Decode(message => message.Version = 256), Is.EqualTo(PeerClaimError.SignatureVersion));
            Assert.That(Decode(message => message.PublicNonce = ByteString.Empty), Is.EqualTo(PeerClaimError.SignatureNonce));
            Assert.That(Decode(message => message.PublicNonce = Zeros(33)), Is.EqualTo(PeerClaimError.SignatureNonce));
            Assert.That(Decode(message => message.Signature = ByteString.Empty), Is.EqualTo(PeerClaimError.SignatureScalar));
            Assert.That(Decode(message => message.Signature = Zeros(31)), Is.EqualTo(PeerClaimError.SignatureScalar));
            Assert.That(
                Decode(message => message.Signature = ByteString.CopyFrom(Convert.FromHexString(
                    "edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010"))),
                Is.EqualTo(PeerClaimError.SignatureScalar),
                "the order of the group");
            Assert.That(Decode(message => message.UpdatedAt = long.MaxValue), Is.EqualTo(PeerClaimError.SignatureDate));
            Assert.That(Decode(message => message.UpdatedAt = 8_210_266_876_800), Is.EqualTo(PeerClaimError.SignatureDate));
            Assert.That(Decode(message => message.UpdatedAt = -8_334_601_228_801), Is.EqualTo(PeerClaimError.SignatureDate));
            Assert.That(Decode(message => message.UpdatedAt = 8_210_266_876_799), Is.EqualTo(PeerClaimError.None));
            Assert.That(Decode(message => message.UpdatedAt = -8_334_601_228_800), Is.EqualTo(PeerClaimError.None));
            Assert.That(Decode(message => message.UpdatedAt = -5), Is.EqualTo(PeerClaimError.None), "a date before 1970 is one");
        });
    }

    // Fields 1 to 4 are varint, bytes, bytes, varint.
    [TestCase("0801", PeerClaimError.None, TestName = "TryDecode_OfAFieldAgain_TakesTheLast")]
    [TestCase("08818010", PeerClaimError.SignatureVersion, TestName = "TryDecode_OfALargeVersion_SaysSo")]
    [TestCase("0881808080f00f", PeerClaimError.None, TestName = "TryDecode_OfAVersionAbove32Bits_CutsIt")]
    [TestCase("888000 01", PeerClaimError.None, TestName = "TryDecode_OfAnOverlongKey_Passes")]
    [TestCase("0a00", PeerClaimError.Malformed, TestName = "TryDecode_OfAVersionAsBytes_Fails")]
    [TestCase("1001", PeerClaimError.Malformed, TestName = "TryDecode_OfAScalarAsANumber_Fails")]
    [TestCase("25 00000000", PeerClaimError.Malformed, TestName = "TryDecode_OfADateOf32Bits_Fails")]
    [TestCase("2800", PeerClaimError.None, TestName = "TryDecode_OfAnUnknownField_PassesOverIt")]
    [TestCase("2b 3000 2c", PeerClaimError.None, TestName = "TryDecode_OfAnUnknownGroup_PassesOverIt")]
    [TestCase("2b 3000 34", PeerClaimError.Malformed, TestName = "TryDecode_OfAGroupClosedByAnother_Fails")]
    [TestCase("2c", PeerClaimError.Malformed, TestName = "TryDecode_OfAStrayEndOfAGroup_Fails")]
    [TestCase("00", PeerClaimError.Malformed, TestName = "TryDecode_OfFieldNumberZero_Fails")]
    [TestCase("2e00", PeerClaimError.Malformed, TestName = "TryDecode_OfWireTypeSix_Fails")]
    [TestCase("1221", PeerClaimError.Malformed, TestName = "TryDecode_OfALengthPastTheEnd_Fails")]
    [TestCase("20ffffffffffffffffff02", PeerClaimError.Malformed, TestName = "TryDecode_OfADateAbove64Bits_Fails")]
    [TestCase("888080808001 01", PeerClaimError.Malformed, TestName = "TryDecode_OfAKeyAbove32Bits_Fails")]
    public void TryDecode_WithMoreBehindAGoodSignature(string more, PeerClaimError expected)
    {
        byte[] good = Encode(new IdentitySignature(0, new CommsPublicKey(s_nonce), s_scalar, 9));
        byte[] encoded = [.. good, .. Convert.FromHexString(more.Replace(" ", "", StringComparison.Ordinal))];

        Assert.That(IdentitySignatureCodec.TryDecode(encoded, out _), Is.EqualTo(expected));
    }

    [Test]
    public void TryDecode_AllocatesNothing()
    {
        byte[] good = Encode(new IdentitySignature(0, new CommsPublicKey(s_nonce), s_scalar, 9));
        byte[] bad = good[..^1];

        Assert.That(AllocationProbe.BytesOf(() => _ = IdentitySignatureCodec.TryDecode(good, out _)), Is.Zero);
        Assert.That(AllocationProbe.BytesOf(() => _ = IdentitySignatureCodec.TryDecode(bad, out _)), Is.Zero);
    }

    private static ByteString Zeros(int count) => ByteString.CopyFrom(new byte[count]);

    private static PeerClaimError Decode(Action<Proto.IdentitySignature> change)
    {
        var message = new Proto.IdentitySignature
        {
            Signature = ByteString.CopyFrom(s_scalar),
            PublicNonce = ByteString.CopyFrom(s_nonce),
            UpdatedAt = 1_700_000_000,
        };
        Assert.That(IdentitySignatureCodec.TryDecode(message.ToByteArray(), out _), Is.EqualTo(PeerClaimError.None));
        change(message);
        PeerClaimError error = IdentitySignatureCodec.TryDecode(message.ToByteArray(), out IdentitySignature signature);
        Assert.That(error == PeerClaimError.None || signature == default, "nothing comes out of a failure");
        return error;
    }

    private static byte[] Encode(in IdentitySignature signature)
    {
        byte[] encoded = new byte[IdentitySignatureCodec.GetEncodedLength(signature)];
        Assert.That(IdentitySignatureCodec.Write(signature, encoded), Is.EqualTo(encoded.Length));
        return encoded;
    }
}
