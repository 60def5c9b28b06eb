using System.Globalization;
using System.Text;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Tests.Peers.Claims;

internal sealed class Rfc3339Tests
{
    [TestCase(0L, 0, "1970-01-01T00:00:00Z")]
    [TestCase(-1L, 999_999_999, "1969-12-31T23:59:59.999999999Z")]
    [TestCase(1_757_669_760L, 123_456_789, "2025-09-12T09:36:00.123456789Z")]
    [TestCase(1_757_669_760L, 120_000_000, "2025-09-12T09:36:00.120Z")]
    [TestCase(1_757_669_760L, 123_450_000, "2025-09-12T09:36:00.123450Z")]
    [TestCase(1_757_669_760L, 1, "2025-09-12T09:36:00.000000001Z")]
    [TestCase(951_782_400L, 0, "2000-02-29T00:00:00Z")]
    [TestCase(253_402_300_799L, 0, "9999-12-31T23:59:59Z")]
    [TestCase(253_402_300_800L, 0, "+10000-01-01T00:00:00Z")]
    [TestCase(-62_135_596_800L, 0, "0001-01-01T00:00:00Z")]
    [TestCase(-62_135_596_801L, 0, "0000-12-31T23:59:59Z")]
    [TestCase(-62_167_219_201L, 0, "-0001-12-31T23:59:59Z")]
    [TestCase(IdentitySignature.MinUpdatedAt, 123_456_789, "-262143-01-01T00:00:00.123456789Z")]
    [TestCase(IdentitySignature.MaxUpdatedAt, 0, "+262142-12-31T23:59:59Z")]
    public void Write_GivesTheText_AndReadsBack(long seconds, int nanoseconds, string expected)
    {
        string text = Write(seconds, nanoseconds);

        Assert.That(text, Is.EqualTo(expected));
        Assert.That(text, Has.Length.AtMost(Rfc3339.MaxLength));
        Assert.That(Read(text), Is.EqualTo((seconds, nanoseconds)));
    }

    [Test]
    public void Write_OverThePlatformsYears_IsThePlatformsCalendar()
    {
        var random = new Random(3);
        for (int i = 0; i < 20_000; i++)
        {
            long seconds = random.NextInt64(-62_135_596_800, 253_402_300_800);
            DateTimeOffset time = DateTimeOffset.FromUnixTimeSeconds(seconds);
            string expected = time.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
            Assert.That(Write(seconds, 0), Is.EqualTo(expected));
            Assert.That(Read(expected), Is.EqualTo((seconds, 0)));
        }
    }

    [Test]
    public void Write_OverAllYears_ReadsBackAndRepeatsAfterFourHundredYears()
    {
        const long Period = 146_097L * 86_400;
        var random = new Random(4);
        for (int i = 0; i < 20_000; i++)
        {
            long seconds = random.NextInt64(IdentitySignature.MinUpdatedAt, IdentitySignature.MaxUpdatedAt - Period);
            int nanoseconds = random.Next(1_000_000_000);
            string text = Write(seconds, nanoseconds);
            Assert.That(Read(text), Is.EqualTo((seconds, nanoseconds)), text);

            // The same day of the same month, as the calendar has it.
            string later = Write(seconds + Period, nanoseconds);
            Assert.That(later[later.IndexOf('-', 1)..], Is.EqualTo(text[text.IndexOf('-', 1)..]));
        }
    }

    [TestCase("2025-09-12T11:36:00+02:00", "2025-09-12T09:36:00Z")]
    [TestCase("2025-09-11T20:06:00.5-13:30", "2025-09-12T09:36:00.500Z")]
    [TestCase("2025-09-12t09:36:00z", "2025-09-12T09:36:00Z")]
    [TestCase("2025-09-12 09:36:00Z", "2025-09-12T09:36:00Z")]
    [TestCase("2025-09-12T09:36:00.1234567891Z", "2025-09-12T09:36:00.123456789Z")]
    public void TryParse_OfOtherForms_IsTheSameTime(string text, string canonical) => Assert.That(Read(text), Is.EqualTo(Read(canonical)));

    [TestCase("")]
    [TestCase("Z")]
    [TestCase("2025-09-12")]
    [TestCase("2025-09-12T09:36:00")]
    [TestCase("2025-09-12T09:36Z")]
    [TestCase("2025-09-12T09:36:00.Z")]
    [TestCase("2025-09-12T09:36:00Z ")]
    [TestCase(" 2025-09-12T09:36:00Z")]
    [TestCase("2025-13-12T09:36:00Z")]
    [TestCase("2025-00-12T09:36:00Z")]
    [TestCase("2025-09-31T09:36:00Z")]
    [TestCase("2025-09-00T09:36:00Z")]
    [TestCase("2025-02-29T09:36:00Z")]
    [TestCase("1900-02-29T09:36:00Z")]
    [TestCase("2025-09-12T24:00:00Z")]
    [TestCase("2025-09-12T09:60:00Z")]
    [TestCase("2025-09-12T09:36:60Z")]
    [TestCase("2025-09-12T09:36:00+0200")]
    [TestCase("2025-09-12T09:36:00+24:00")]
    [TestCase("12025-09-12T09:36:00Z")]
    [TestCase("025-09-12T09:36:00Z")]
    [TestCase("2025-9-12T09:36:00Z")]
    [TestCase("+9999999-01-01T00:00:00Z")]
    [TestCase("+262143-01-01T00:00:00Z")]
    [TestCase("-262144-12-31T23:59:59Z")]
    [TestCase("+262142-12-31T23:59:59-00:01")]
    [TestCase("2025-09-12T09:36:00\u00a0")]
    public void TryParse_OfWhatIsNoTime_Fails(string text) =>
        Assert.That(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out _, out _), Is.False);

    private static string Write(long seconds, int nanoseconds)
    {
        byte[] text = new byte[Rfc3339.MaxLength];
        return Encoding.ASCII.GetString(text, 0, Rfc3339.Write(seconds, nanoseconds, text));
    }

    private static (long Seconds, int Nanoseconds) Read(string text)
    {
        Assert.That(Rfc3339.TryParse(Encoding.UTF8.GetBytes(text), out long seconds, out int nanoseconds), text);
        return (seconds, nanoseconds);
    }
}
