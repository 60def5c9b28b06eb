using System.Net;
using System.Text;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Tests.Protocol.Multiaddresses;

[TestFixture]
internal sealed class IpTextTests
{
    [Test]
    public void Every_pattern_of_zero_groups_reads_back_and_agrees_with_the_platform()
    {
        byte[] address = new byte[16];
        byte[] again = new byte[16];
        for (int pattern = 0; pattern < 256; pattern++)
        {
            for (int i = 0; i < 8; i++)
            {
                address[(2 * i) + 1] = (byte)(((pattern >> i) & 1) * (i + 1));
            }

            string text = Print(address);
            Assert.That(IPAddress.Parse(text).GetAddressBytes(), Is.EqualTo(address), text);
            Assert.That(IpText.TryParseIp6(Encoding.ASCII.GetBytes(text), again));
            Assert.That(again, Is.EqualTo(address), text);
        }
    }

    // The platform's parser takes more forms, so that only what it refuses must be refused here as well.
    [Test]
    public void Random_text_of_the_right_characters_is_never_read_otherwise_than_the_platform_does()
    {
        var random = new Random(9);
        byte[] address = new byte[16];
        int read = 0;
        for (int i = 0; i < 200_000; i++)
        {
            string text = random.GetString("00112:::::.f", random.Next(2, 14));
            if (IpText.TryParseIp6(Encoding.ASCII.GetBytes(text), address))
            {
                read++;
                Assert.That(IPAddress.TryParse(text, out IPAddress? expected), text);
                Assert.That(address, Is.EqualTo(expected!.GetAddressBytes()), text);
            }
        }

        Assert.That(read, Is.GreaterThan(1000));
    }

    private static string Print(byte[] address)
    {
        var text = new ByteBuilder(stackalloc byte[64]);
        IpText.AppendIp6(ref text, address);
        return Encoding.ASCII.GetString(text.Written);
    }
}
