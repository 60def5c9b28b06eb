using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Tests.Vectors;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Cryptography;

[Category(VectorFile.Category)]
internal sealed class EncryptionVectorTests
{
    private const string FileName = "encryption.json";

    [Test]
    public void EveryKind_IsRead() => VectorFile.AssertKinds(FileName, "padding_length", "encrypt", "encrypt_body", "decrypt");

    [TestCaseSource(nameof(Cases), new object[] { "padding_length" })]
    public void GetPaddedLength_IsTheReferences(JsonElement vector)
    {
        long length = vector.GetProperty("length").GetInt64();

        Assert.That(MessageCipher.GetPaddedLength(length, out long padded), Is.EqualTo(DhtEncryptError.None));
        Assert.That(padded - length, Is.EqualTo(vector.GetProperty("expected").GetProperty("padding").GetInt64()));
    }

    [TestCaseSource(nameof(Cases), new object[] { "encrypt" })]
    public void Seal_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] plaintext = vector.GetProperty("plaintext").Blob();
        byte[] sealedBody = Seal(vector, plaintext);

        Assert.That(sealedBody, Has.Length.EqualTo(expected.GetProperty("ciphertext_length").GetInt32()));
        Assert.That(sealedBody.Length - MessageCipher.TagLength, Is.EqualTo(expected.GetProperty("padded_length").GetInt32()));
        VectorFile.AssertBytes(expected.GetProperty("ciphertext"), sealedBody, "ciphertext");
        AssertOpens(vector, sealedBody, plaintext);
    }

    [TestCaseSource(nameof(Cases), new object[] { "encrypt_body" })]
    public void Seal_OfAnEnvelopeBody_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        var body = new List<byte>();
        foreach (JsonElement part in vector.GetProperty("parts").EnumerateArray())
        {
            // Field 1 of type bytes, repeated.
            byte[] bytes = part.Blob();
            body.Add(0x0a);
            int length = bytes.Length;
            for (; length >= 0x80; length >>= 7)
            {
                body.Add((byte)(length | 0x80));
            }

            body.Add((byte)length);
            body.AddRange(bytes);
        }

        byte[] cleartext = [.. body];
        VectorFile.AssertBytes(expected.GetProperty("cleartext_body"), cleartext, "clear text");
        VectorFile.AssertBytes(
            expected.GetProperty("prefixed_plaintext"), [.. BitConverter.GetBytes(cleartext.Length), .. cleartext], "prefixed");

        byte[] sealedBody = Seal(vector, cleartext);
        VectorFile.AssertBytes(expected.GetProperty("ciphertext"), sealedBody, "ciphertext");
        AssertOpens(vector, sealedBody, cleartext);
    }

    [TestCaseSource(nameof(Cases), new object[] { "decrypt" })]
    public void TryOpen_IsTheReferences(JsonElement vector)
    {
        JsonElement expected = vector.GetProperty("expected");
        byte[] buffer = vector.GetProperty("ciphertext").Blob();
        DhtEncryptError error = MessageCipher.TryOpen(vector.Hex("key"), vector.Hex("associated_data"), buffer, out Range message);
        switch (expected.Text("result"))
        {
            case "ok":
                Assert.That(error, Is.EqualTo(DhtEncryptError.None));
                VectorFile.AssertBytes(expected.GetProperty("plaintext"), buffer[message], "plaintext");
                break;
            case "error":
                Assert.That(error.ToString(), Is.EqualTo(expected.GetProperty("error").Text("kind")));
                Assert.That(buffer[message], Is.Empty);
                break;
            default:
                Assert.Fail("unknown result " + expected.Text("result"));
                break;
        }
    }

    private static byte[] Seal(JsonElement vector, byte[] message)
    {
        Assert.That(MessageCipher.GetSealedLength(message.Length, out long length), Is.EqualTo(DhtEncryptError.None));
        byte[] buffer = new byte[length];

        // What the buffer held before must not matter.
        Array.Fill(buffer, (byte)0xee);
        message.CopyTo(buffer, MessageCipher.PrefixLength);
        Sealing.Seal(vector.Hex("key"), vector.Hex("associated_data"), buffer, message.Length);
        return buffer;
    }

    private static void AssertOpens(JsonElement vector, byte[] sealedBody, byte[] message)
    {
        Assert.That(
            MessageCipher.TryOpen(vector.Hex("key"), vector.Hex("associated_data"), sealedBody, out Range range),
            Is.EqualTo(DhtEncryptError.None));
        Assert.That(sealedBody[range], Is.EqualTo(message));
    }

    private static IEnumerable<TestCaseData> Cases(string kind) => VectorFile.Cases(FileName, kind);
}
