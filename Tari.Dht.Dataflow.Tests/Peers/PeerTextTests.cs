using System.Text;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Tests.Peers;

public sealed class PeerTextTests
{
    [TestCase("bad\u202Etxt\n\u2028peer\u200B\u001B[31m", 256, "badtxtpeer[31m")]
    [TestCase("ééé", 5, "éé")]
    public void Scenario_104_a_text_loses_what_hides_or_reorders_and_ends_before_the_character_that_is_too_much(
        string text, int maxBytes, string expected) => Assert.That(PeerText.Sanitize(text, maxBytes), Is.EqualTo(expected));

    [Test]
    public void Scenario_104_a_thousand_letters_become_256() =>
        Assert.That(PeerText.Sanitize(new string('a', 1000)), Is.EqualTo(new string('a', 256)));

    [Test]
    public void The_reason_of_scenario_85_becomes_one_line_of_256_bytes()
    {
        string cleaned = PeerText.Sanitize("bad\u202E\nFAKE LOG" + new string('x', 1000));
        Assert.That(cleaned, Does.StartWith("badFAKE LOG"));
        Assert.That(Encoding.UTF8.GetByteCount(cleaned), Is.EqualTo(256));
    }

    [Test]
    public void Exactly_the_listed_characters_are_removed()
    {
        // As the list stands in the description of the reference, control characters added.
        const string Listed =
            "0000-001F 007F-009F 2028-2029 00AD 0600-0605 061C 06DD 070F 0890-0891 08E2 180E 200B-200F 202A-202E 2060-2064 2066-206F FEFF "
            + "FFF9-FFFB 110BD 110CD 13430-1343F 1BCA0-1BCA3 1D173-1D17A E0001 E0020-E007F";
        var removed = new HashSet<int>();
        foreach (string range in Listed.Split(' '))
        {
            string[] ends = range.Split('-');
            for (int value = Convert.ToInt32(ends[0], 16); value <= Convert.ToInt32(ends[^1], 16); value++)
            {
                removed.Add(value);
            }
        }

        for (int value = 0; value <= 0x10FFFF; value++)
        {
            if (Rune.IsValid(value))
            {
                string character = new Rune(value).ToString();
                string expected = removed.Contains(value) ? "xy" : $"x{character}y";
                if (PeerText.Sanitize($"x{character}y") != expected)
                {
                    Assert.Fail($"U+{value:X4}");
                }
            }
        }
    }

    [Test]
    public void A_clean_text_is_given_back_itself()
    {
        string text = "too many messages: ünïcødé 😀";
        Assert.That(PeerText.Sanitize(text), Is.SameAs(text));
        Assert.That(PeerText.Sanitize("", 0), Is.Empty);
    }

    [TestCase(3, "")]
    [TestCase(4, "😀")]
    [TestCase(7, "😀")]
    [TestCase(8, "😀😀")]
    public void A_surrogate_pair_is_never_split(int maxBytes, string expected)
    {
        Assert.That(PeerText.Sanitize("😀😀😀", maxBytes), Is.EqualTo(expected));
        Assert.That(PeerText.Sanitize("\u200B😀\u200B😀😀", maxBytes), Is.EqualTo(expected));
    }

    [Test]
    public void Half_a_surrogate_pair_becomes_the_replacement_character_of_three_bytes()
    {
        Assert.That(PeerText.Sanitize("a\uD83Db\uDE00"), Is.EqualTo("a\uFFFDb\uFFFD"));
        Assert.That(PeerText.Sanitize("a\uD83Db", 3), Is.EqualTo("a"));
    }

    [Test]
    public void A_shorter_character_after_one_that_is_too_long_is_not_taken() =>
        Assert.That(PeerText.Sanitize("\nab😀c", 4), Is.EqualTo("ab"));

    [Test]
    public void Random_texts_become_valid_UTF8_within_the_limit_that_needs_no_cleaning()
    {
        var random = new Random(104);
        for (int i = 0; i < 5_000; i++)
        {
            char[] characters = new char[random.Next(40)];
            for (int j = 0; j < characters.Length; j++)
            {
                characters[j] = random.Next(3) switch
                {
                    0 => (char)random.Next(0x20, 0x7F),
                    1 => (char)random.Next(0xD800, 0xE000),
                    _ => (char)random.Next(0x10000),
                };
            }

            int limit = random.Next(60);
            string cleaned = PeerText.Sanitize(new string(characters), limit);

            byte[] bytes = new UTF8Encoding(false, throwOnInvalidBytes: true).GetBytes(cleaned);
            Assert.That(bytes, Has.Length.LessThanOrEqualTo(limit));
            Assert.That(PeerText.Sanitize(cleaned, limit), Is.SameAs(cleaned));
        }
    }

    [Test]
    public void The_largest_limit_is_none() =>
        Assert.That(PeerText.Sanitize("\n" + new string('a', 1000), int.MaxValue), Is.EqualTo(new string('a', 1000)));

    [Test]
    public void A_negative_limit_or_no_text_is_the_callers_mistake()
    {
        Assert.That(() => PeerText.Sanitize("a", -1), Throws.TypeOf<ArgumentOutOfRangeException>());
        Assert.That(() => PeerText.Sanitize(null!), Throws.TypeOf<ArgumentNullException>());
    }
}
