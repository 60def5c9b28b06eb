using System.Text;
using Tari.Dht.Dataflow.Comms.Rpc;
using Tari.Dht.Dataflow.Protocol.Rpc;

namespace Tari.Dht.Dataflow.Tests.Comms.Rpc;

/// <summary>What becomes of a server's words.</summary>
[TestFixture]
internal sealed class RpcStatusReaderTests
{
    [Test]
    public void Eight_mebibytes_of_bytes_that_are_no_text_stay_bounded()
    {
        byte[] text = new byte[RpcLimits.MaxResponsePayloadLength];
        text.AsSpan().Fill(0xff);
        Assert.That(Details(text), Is.EqualTo(new string('\ufffd', 512) + "… (truncated, 8389608 bytes)"));
    }

    [TestCase("a\u202eb\u2066c\u200fd", "abcd", TestName = "Characters that reorder text are removed")]
    [TestCase("a\u200bb\u200dc\ufeffd\u2060e", "abcde", TestName = "Characters without width are removed")]
    [TestCase("a\u2028b\u2029c", "abc", TestName = "Separators of lines and paragraphs are removed")]
    [TestCase("a\r\nb\u001b[1mc\0d\u0085e", "a  b [1mc d e", TestName = "Control characters become spaces")]
    [TestCase("héllo 世界 🙂 Привет", "héllo 世界 🙂 Привет", TestName = "Characters beyond ASCII are kept")]
    [TestCase("", "", TestName = "No text stays none")]
    public void Text(string text, string details) => Assert.That(Details(Encoding.UTF8.GetBytes(text)), Is.EqualTo(details));

    [Test]
    public void A_text_of_512_bytes_is_whole_and_a_longer_one_says_what_it_was()
    {
        byte[] text = Encoding.UTF8.GetBytes(new string('é', 256));
        Assert.That(Details(text), Is.EqualTo(new string('é', 256)));
        Assert.That(Details([(byte)'x', .. text]), Is.EqualTo("x" + new string('é', 255) + "\ufffd… (truncated, 513 bytes)"));
    }

    [Test]
    public void Bytes_at_random_are_read_as_the_runtime_reads_them()
    {
        var random = new Random(631);
        for (int i = 0; i < 2_000; i++)
        {
            byte[] bytes = new byte[random.Next(40)];
            random.NextBytes(bytes);
            foreach (ref byte part in bytes.AsSpan())
            {
                part |= (byte)(random.Next(3) == 0 ? 0xc0 : 0);
            }

            IEnumerable<Rune> runes = Encoding.UTF8.GetString(bytes).EnumerateRunes();
            IEnumerable<string> expected = runes
                .Where(rune => Rune.IsControl(rune) || !Rune.GetUnicodeCategory(rune).Equals(System.Globalization.UnicodeCategory.Format))
                .Select(rune => Rune.IsControl(rune) ? " " : rune.ToString());
            Assert.That(Details(bytes), Is.EqualTo(string.Concat(expected)), Convert.ToHexStringLower(bytes));
        }
    }

    [Test]
    public void A_success_has_no_details_and_every_other_number_is_an_error()
    {
        Assert.That(RpcStatusReader.Read(new RpcResponseMessage(1, 0, RpcFlags.Fin, "text"u8.ToArray())), Is.EqualTo(RpcStatus.Ok));
        foreach (uint code in new uint[] { 1, 10, 11, 4000, 0x8000_0000, uint.MaxValue })
        {
            RpcStatus status = RpcStatusReader.Read(new RpcResponseMessage(1, code, RpcFlags.Fin));
            Assert.That((status.IsOk, status.Code, status.Details), Is.EqualTo((false, (RpcStatusCode)unchecked((int)code), "")));
            Assert.That(Enum.IsDefined(status.Code), Is.EqualTo(code <= 10));
        }
    }

    private static string Details(byte[] text) => RpcStatusReader.Read(new RpcResponseMessage(1, 6, RpcFlags.Fin, text)).Details;
}
