using System.Text;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Protocol.Multiaddresses;

[TestFixture]
internal sealed class MultibaseTests
{
    // The published vectors of the multibase specification: "yes mani !" in every base.
    [TestCase("001111001011001010111001100100000011011010110000101101110011010010010000000100001")]
    [TestCase("7362625631006654133464440102")]
    [TestCase("9573277761329450583662625")]
    [TestCase("f796573206d616e692021")]
    [TestCase("F796573206D616E692021")]
    [TestCase("bpfsxgidnmfxgsibb")]
    [TestCase("BPFSXGIDNMFXGSIBB")]
    [TestCase("vf5in683dc5n6i811")]
    [TestCase("VF5IN683DC5N6I811")]
    [TestCase("cpfsxgidnmfxgsibb")]
    [TestCase("CPFSXGIDNMFXGSIBB")]
    [TestCase("tf5in683dc5n6i811")]
    [TestCase("TF5IN683DC5N6I811")]
    [TestCase("hxf1zgedpcfzg1ebb")]
    [TestCase("k2lcpzo5yikidynfl")]
    [TestCase("K2LCPZO5YIKIDYNFL")]
    [TestCase("Z7Pznk19XTTzBtx")]
    [TestCase("z7paNL19xttacUY")]
    [TestCase("meWVzIG1hbmkgIQ")]
    [TestCase("MeWVzIG1hbmkgIQ==")]
    [TestCase("ueWVzIG1hbmkgIQ")]
    [TestCase("UeWVzIG1hbmkgIQ==")]
    [TestCase("\0yes mani !")]
    public void TryDecode_of_a_published_vector_gives_its_bytes(string text)
    {
        byte[] destination = new byte[32];
        Assert.That(Multibase.TryDecode(Encoding.UTF8.GetBytes(text), destination, out int length));
        Assert.That(Encoding.UTF8.GetString(destination, 0, length), Is.EqualTo("yes mani !"));
    }

    // Leading zero bytes are leading zero digits, where the base is no power of two.
    [TestCase("900573277761329450583662625")]
    [TestCase("k002lcpzo5yikidynfl")]
    [TestCase("z117paNL19xttacUY")]
    public void TryDecode_keeps_leading_zeros(string text)
    {
        byte[] destination = new byte[12];
        Assert.That(Multibase.TryDecode(Encoding.UTF8.GetBytes(text), destination, out int length));
        Assert.That(Encoding.UTF8.GetString(destination, 0, length), Is.EqualTo("\0\0yes mani !"));
    }

    [TestCase("")]
    [TestCase("?abc")]
    [TestCase("f7")]
    [TestCase("fzz")]
    [TestCase("F7a")]
    [TestCase("ueWVzIG1hbmkgIR")]
    [TestCase("ueWVzI")]
    [TestCase("MeWVzIG1hbmkgIQ")]
    [TestCase("MeWVzIG1hbmkgIQ=")]
    [TestCase("M====")]
    [TestCase("meWVzIG1hbmkgIQ==")]
    [TestCase("z0")]
    public void TryDecode_of_what_is_not_in_the_base_fails(string text) =>
        Assert.That(Multibase.TryDecode(Encoding.UTF8.GetBytes(text), new byte[32], out _), Is.False);

    [TestCase("f")]
    [TestCase("0")]
    [TestCase("z")]
    [TestCase("9")]
    [TestCase("\0")]
    public void TryDecode_of_more_than_there_is_room_for_fails(string prefix)
    {
        byte[] text = Encoding.UTF8.GetBytes(prefix + new string('1', 1_000_000));
        Assert.That(Multibase.TryDecode(text, new byte[84], out _), Is.False);
    }

    [Test]
    public void Encodings_of_bits_give_what_they_decode()
    {
        var random = new Random(3);
        BaseEncoding[] encodings = [BaseEncoding.Base32Lower, BaseEncoding.Base64, BaseEncoding.Base64Url, BaseEncoding.Base64Garlic];
        foreach (BaseEncoding encoding in encodings)
        {
            for (int length = 0; length < 70; length++)
            {
                byte[] bytes = new byte[length];
                random.NextBytes(bytes);
                byte[] text = new byte[encoding.EncodedLength(length)];
                encoding.Encode(bytes, text);
                Assert.That(encoding.DecodedLength(text.Length), Is.EqualTo(length));
                byte[] decoded = new byte[length];
                Assert.That(encoding.TryDecode(text, decoded) && decoded.AsSpan().SequenceEqual(bytes));
            }
        }
    }

    [Test]
    public void Base64_is_the_platforms()
    {
        byte[] bytes = new byte[100];
        new Random(4).NextBytes(bytes);
        byte[] text = new byte[BaseEncoding.Base64.EncodedLength(bytes.Length)];
        BaseEncoding.Base64.Encode(bytes, text);
        Assert.That(Encoding.ASCII.GetString(text), Is.EqualTo(Convert.ToBase64String(bytes).TrimEnd('=')));
    }

    // The vectors of the draft of base 58.
    [TestCase("Hello World!", "2NEpo7TZRRrLZSi2U")]
    [TestCase("The quick brown fox jumps over the lazy dog.", "USm3fpXnKG5EUBx2ndxBDMPVciP5hGey2Jh4NDv6gmeo1LkMeiKrLJUUBk6Z")]
    [TestCase("\0\0\u0028\u007f\u00b4\u00cd", "11233QC4")]
    public void Base58_gives_the_known_texts(string text, string digits)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(text);
        byte[] written = new byte[8 * bytes.Length];
        int length = PositionalEncoding.Base58Btc.Encode(bytes, written);
        Assert.That(Encoding.ASCII.GetString(written, 0, length), Is.EqualTo(digits));
        byte[] decoded = new byte[bytes.Length];
        Assert.That(PositionalEncoding.Base58Btc.TryDecode(Encoding.ASCII.GetBytes(digits), decoded, out int decodedLength));
        Assert.That(decoded.AsSpan(0, decodedLength).SequenceEqual(bytes));
    }
}
