using System.Net;
using System.Text;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Support;

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

    // IPv4-mapped addresses have dots here and no others; the platform leaves some of these without, and gives some others dots.
    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 5952, 1 })]
    public void Random_addresses_print_as_the_platform_prints_them_and_read_back(int seed)
    {
        var random = new Random(seed);
        byte[] address = new byte[16];
        byte[] again = new byte[16];
        int same = 0;
        for (int i = 0; i < 200_000; i++)
        {
            random.NextBytes(address);
            int zeros = random.Next(256);
            for (int group = 0; group < 8; group++)
            {
                if (((zeros >> group) & 1) != 0)
                {
                    address.AsSpan(2 * group, 2).Clear();
                }
                else if (random.Next(4) == 0)
                {
                    address[2 * group] &= 0x0F;
                }
            }

            if (random.Next(8) == 0)
            {
                address.AsSpan(0, 12).Clear();
                address.AsSpan(10, 2).Fill((byte)(random.Next(2) * 0xFF));
            }

            string text = Print(address);
            string platform = new IPAddress(address).ToString();
            bool hasDots = IpText.IsIp4Mapped(address);
            string expected =
                hasDots ? "::ffff:" + new IPAddress(address.AsSpan(12))
                : platform.Contains('.', StringComparison.Ordinal) ? text
                : platform;
            same += ReferenceEquals(expected, platform) ? 1 : 0;

            // One assertion a case would take longer than all the rest.
            if (text != expected || text.Contains('.', StringComparison.Ordinal) != hasDots || !Reads(text) || !Reads(platform))
            {
                Assert.Fail($"{Convert.ToHexStringLower(address)} {text} {platform}");
            }
        }

        Assert.That(same, Is.GreaterThan(150_000));

        bool Reads(string text) =>
            IpText.TryParseIp6(Encoding.ASCII.GetBytes(text), again) && again.AsSpan().SequenceEqual(address);
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
