using System.Text;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Protocol.Envelopes;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Configuration;

public class DhtConfigTomlTests
{
    // What a text says, where it has one mistake: the kind of error, the setting, the line.
    [TestCase("[dht]\nbroadcast_factor = ", DhtConfigError.Syntax, null, 2)]
    [TestCase("[dht]\nbroadcast_factor = 1\nbroadcast_factor = 2", DhtConfigError.Syntax, null, 3)]
    [TestCase("[dht]\nno_such = 1", DhtConfigError.UnknownSetting, "no_such", 2)]
    [TestCase("[dht]\n[dht.connectivity]\nno_such = 1", DhtConfigError.UnknownSetting, "connectivity.no_such", 3)]
    [TestCase("[dht]\n[dht.no_such.deep]\nx = 1", DhtConfigError.UnknownSetting, "no_such", 2)]
    [TestCase("[dht]\nno_such = { x = 1 }", DhtConfigError.UnknownSetting, "no_such", 2)]
    [TestCase("[dht]\nauto_join = 1\nAuto_Join = 1", DhtConfigError.GivenTwice, "Auto_Join", 3)]
    [TestCase(
        "[dht]\nconnectivity.churn_rate = 1\n[DHT.Connectivity]\nCHURN_RATE = 2",
        DhtConfigError.GivenTwice, "connectivity.CHURN_RATE", 4)]
    [TestCase("[dht]\nconnectivity = 5\nConnectivity.churn_rate = 2", DhtConfigError.GivenTwice, "Connectivity", 3)]
    [TestCase("[[dht]]\nauto_join = true\n[[dht]]\nauto_join = true", DhtConfigError.GivenTwice, null, 3)]
    [TestCase("[[dht]]\nauto_join = true", DhtConfigError.WrongKind, null, 1)]
    [TestCase("dht = 5", DhtConfigError.WrongKind, null, 1)]
    [TestCase("[dht]\nconnectivity = 5", DhtConfigError.WrongKind, "connectivity", 2)]
    [TestCase("[dht]\nban_duration = \"90s\"", DhtConfigError.WrongKind, "ban_duration", 2)]
    [TestCase("[dht]\nban_duration = 1979-05-27", DhtConfigError.WrongKind, "ban_duration", 2)]
    [TestCase("[dht]\nauto_join = \"2\"", DhtConfigError.WrongKind, "auto_join", 2)]
    [TestCase("[dht]\ndatabase_url = []", DhtConfigError.WrongKind, "database_url", 2)]
    [TestCase("[dht]\nban_duration = -1", DhtConfigError.OutOfRange, "ban_duration", 2)]
    [TestCase("[dht]\nban_duration = 0xFFFFFFFFFFFFFFFF", DhtConfigError.OutOfRange, "ban_duration", 2)]
    [TestCase("[dht]\nban_duration = -1.5", DhtConfigError.WrongKind, "ban_duration", 2)]
    [TestCase("[dht]\nban_duration = nan", DhtConfigError.WrongKind, "ban_duration", 2)]
    [TestCase("[dht]\nban_duration = inf", DhtConfigError.WrongKind, "ban_duration", 2)]
    [TestCase("[dht]\ndedup_cache_trim_interval = 0.4", DhtConfigError.OutOfRange, "dedup_cache_trim_interval", 2)]
    [TestCase("[dht]\nprotocol_version = 3", DhtConfigError.OutOfRange, "protocol_version", 2)]
    [TestCase("[dht]\nprotocol_version = \"two\"", DhtConfigError.WrongKind, "protocol_version", 2)]
    [TestCase(
        "[dht]\nexcluded_dial_addresses = [\n\"/ip4/1.2.3.4/tcp/5\",\n\"nonsense\"]",
        DhtConfigError.OutOfRange, "excluded_dial_addresses", 4)]
    [TestCase("[dht]\nexcluded_dial_addresses = [1]", DhtConfigError.WrongKind, "excluded_dial_addresses", 2)]
    [TestCase("[dht]\nexcluded_dial_addresses = \"/ip4/1.2.3.4/tcp/5,x\"", DhtConfigError.OutOfRange, "excluded_dial_addresses", 2)]
    public void FromToml_SectionWithAMistake_SaysWhatAndWhere(string text, DhtConfigError error, string? setting, int line) =>
        AssertError(text, DhtTomlForm.Section, error, setting, line);

    [TestCase("Auto_Join = true", DhtConfigError.UnknownSetting, "Auto_Join")]
    [TestCase("auto_join = 1", DhtConfigError.WrongKind, "auto_join")]
    [TestCase("auto_join = \"true\"", DhtConfigError.WrongKind, "auto_join")]
    [TestCase("broadcast_factor = 1.0", DhtConfigError.WrongKind, "broadcast_factor")]
    [TestCase("broadcast_factor = true", DhtConfigError.WrongKind, "broadcast_factor")]
    [TestCase("broadcast_factor = -1", DhtConfigError.OutOfRange, "broadcast_factor")]
    [TestCase("database_url = 1", DhtConfigError.WrongKind, "database_url")]
    [TestCase("connectivity.pool_starved_threshold_ratio = \"1\"", DhtConfigError.WrongKind, "connectivity.pool_starved_threshold_ratio")]
    [TestCase("peer_validator_config.min_peer_version = 1", DhtConfigError.WrongKind, "peer_validator_config.min_peer_version")]
    [TestCase("dht.auto_join = true", DhtConfigError.UnknownSetting, "dht")]
    public void FromToml_WholeTextThatIsNotExact_IsRefused(string text, DhtConfigError error, string setting) =>
        AssertError(text, DhtTomlForm.Whole, error, setting, line: 1);

    [Test]
    public void FromToml_Mistake_MessageNamesSettingLineValueAndWhatWasExpected() =>
        Assert.That(
            () => DhtConfig.FromToml("[dht]\n\nconnectivity.update_interval = 0"),
            Throws.TypeOf<DhtConfigException>().With.Message.EqualTo(
                "DHT configuration, 'connectivity.update_interval', line 3: 0 is given; expected a whole number of seconds from 1 on."));

    [Test]
    public void FromToml_UnknownSetting_MessageListsTheSettingsThereAre() =>
        Assert.That(
            () => DhtConfig.FromToml("[dht]\nautojoin = true"),
            Throws.TypeOf<DhtConfigException>().With.Property("Expected").Contains("auto_join").And.Message.Contains("'autojoin', line 2"));

    [TestCase("2.5", 3)]
    [TestCase("2.4", 2)]
    [TestCase("1e3", 1000)]
    [TestCase("1e300", int.MaxValue)]
    [TestCase("-0.4", 0)]
    [TestCase("\"+7\"", 7)]
    [TestCase("\"18446744073709551615\"", int.MaxValue)]
    [TestCase("\"Yes\"", 1)]
    [TestCase("false", 0)]
    public void FromToml_SectionWithANumberInAnotherShape_IsRead(string value, int expected) =>
        Assert.That(DhtConfig.FromToml("[dht]\nbroadcast_factor = " + value).BroadcastFactor, Is.EqualTo(expected));

    [TestCase("\"ON\"", true)]
    [TestCase("\"no\"", false)]
    [TestCase("\"1\"", true)]
    [TestCase("0", false)]
    [TestCase("-1", true)]
    [TestCase("0.0", false)]
    public void FromToml_SectionWithATruthValueInAnotherShape_IsRead(string value, bool expected) =>
        Assert.That(DhtConfig.FromToml("[dht]\nauto_join = " + value).AutoJoin, Is.EqualTo(expected));

    [TestCase("\"0.25\"", 0.25f)]
    [TestCase("true", 1f)]
    [TestCase("1", 1f)]
    [TestCase("0.1", 0.1f)]
    [TestCase("-inf", float.NegativeInfinity)]
    public void FromToml_SectionWithARatio_IsRead(string value, float expected) =>
        Assert.That(
            DhtConfig.FromToml("[dht]\nconnectivity.pool_starved_threshold_ratio = " + value).Connectivity.PoolStarvedThresholdRatio,
            Is.EqualTo(expected));

    [TestCase("12", "12")]
    [TestCase("true", "true")]
    [TestCase("1979-05-27", "1979-05-27")]
    [TestCase("'C:\\data'", "C:\\data")]
    public void FromToml_SectionWithATextInAnotherShape_IsRead(string value, string expected) =>
        Assert.That(DhtConfig.FromToml("[dht]\ndatabase_url = " + value).DatabaseUrl, Is.EqualTo(expected));

    [Test]
    public void FromToml_NumbersBeyondWhatASettingHolds_AreTheMostItHolds()
    {
        const string Most = " = 9223372036854775807\n";
        DhtConfig config = DhtConfig.FromToml(
            "[dht]\nban_duration" + Most + "discovery_request_timeout" + Most + "dedup_cache_capacity" + Most
            + "connectivity.rebootstrap_cooldown_max" + Most + "connectivity.churn_rate" + Most);
        Assert.Multiple(() =>
        {
            Assert.That(config.BanDuration, Is.EqualTo(TimeSpan.FromDays(36_500)));
            Assert.That(config.DiscoveryRequestTimeout, Is.EqualTo(TimeSpan.FromDays(49)));
            Assert.That(config.DedupCacheCapacity, Is.EqualTo(1_000_000));
            Assert.That(config.Connectivity.RebootstrapCooldownMax, Is.EqualTo(TimeSpan.MaxValue));
            Assert.That(config.Connectivity.ChurnRate, Is.EqualTo(1_000));
            Assert.That(config.Validate, Throws.Nothing);
        });
    }

    [Test]
    public void FromToml_TablesOfOneSettingInSeveralPlaces_AreOne()
    {
        DhtConfig config = DhtConfig.FromToml(
            "dht.auto_join = true\n[DHT.connectivity]\nchurn_rate = 5\n[other.dht]\nx = 1\n[dht.Network_Discovery]\nenabled = false\n");
        Assert.Multiple(() =>
        {
            Assert.That(config.AutoJoin, Is.True);
            Assert.That(config.Connectivity.ChurnRate, Is.EqualTo(5));
            Assert.That(config.NetworkDiscovery.Enabled, Is.False);
        });
    }

    [Test]
    public void FromToml_InlineTables_AreTables()
    {
        DhtConfig config = DhtConfig.FromToml(
            "connectivity = { churn_rate = 5, update_interval = 9 }\nprotocol_version = 1", DhtTomlForm.Whole);
        Assert.Multiple(() =>
        {
            Assert.That(config.Connectivity.ChurnRate, Is.EqualTo(5));
            Assert.That(config.Connectivity.UpdateInterval, Is.EqualTo(TimeSpan.FromSeconds(9)));
            Assert.That(config.ProtocolVersion, Is.EqualTo(DhtProtocolVersion.V1));
        });
    }

    [Test]
    public void FromToml_OtherSectionsWithNamesThatDifferInCase_AreNotLookedAt() =>
        Assert.That(
            ConfigText.Changes(new DhtConfig(), DhtConfig.FromToml("[a]\nb = 1\nB = 2\n[A]\nx = [[[1]]]\n[[c]]\n[[c]]\n")), Is.Empty);

    // peers.md 39, inbound.md 110
    [TestCase(DhtTomlForm.Section, "[dht.peer_validator_config]\nmin_peer_version = \"1.0.0\"\n")]
    [TestCase(DhtTomlForm.Whole, "[peer_validator_config]\nmin_peer_version = \"1.0.0\"\n")]
    public void A_file_with_min_peer_version_loads_with_a_warning_and_the_setting_is_gone(DhtTomlForm form, string text)
    {
        var log = new LogRecorder();

        DhtConfig config = DhtConfig.FromToml(text, form, log);

        Assert.That(ConfigText.Changes(new DhtConfig(), config), Is.Empty);
        Assert.That(log.Entries.Select(entry => entry.Level), Is.EqualTo(new[] { LogLevel.Warning }));
        Assert.That(log.Entries[0].Text, Does.Contain("peer_validator_config.min_peer_version"));
        Assert.That(ConfigText.Flatten(config).Keys, Has.None.Contains("min_peer_version"));
    }

    [Test]
    public void FromTomlFile_FileWithAByteOrderMark_IsRead()
    {
        using var folder = new TemporaryFolder();
        string path = System.IO.Path.Combine(folder.Path, "config.toml");
        File.WriteAllText(path, "[dht]\nauto_join = true\n", new UTF8Encoding(encoderShouldEmitUTF8Identifier: true));
        Assert.That(DhtConfig.FromTomlFile(path).AutoJoin, Is.True);
    }

    [Test]
    public void FromTomlFile_NoFile_IsATypedError()
    {
        using var folder = new TemporaryFolder();
        string path = System.IO.Path.Combine(folder.Path, "none.toml");
        Assert.That(
            () => DhtConfig.FromTomlFile(path),
            Throws.TypeOf<DhtConfigException>().With.Property("Error").EqualTo(DhtConfigError.Unreadable).And.Message.Contains(path));
        Assert.That(
            () => DhtConfig.FromTomlFile(folder.Path),
            Throws.TypeOf<DhtConfigException>().With.Property("Error").EqualTo(DhtConfigError.Unreadable));
    }

    [Test]
    public void FromToml_StreamThatIsNotUtf8_IsATypedError()
    {
        using var stream = new MemoryStream([(byte)'#', 0xFF]);
        Assert.That(
            () => DhtConfig.FromToml(stream),
            Throws.TypeOf<DhtConfigException>().With.Property("Error").EqualTo(DhtConfigError.Syntax));
    }

    [Test]
    public void FromToml_LongestText_IsReadAndOneLongerIsNot()
    {
        byte[] bytes = new byte[(1024 * 1024) + 1];
        Array.Fill(bytes, (byte)'\n');
        using var longest = new MemoryStream(bytes, 0, bytes.Length - 1);
        using var tooLong = new MemoryStream(bytes);
        Assert.That(DhtConfig.FromToml(longest), Is.EqualTo(DhtConfig.FromToml("")));
        Assert.That(
            () => DhtConfig.FromToml(tooLong),
            Throws.TypeOf<DhtConfigException>().With.Property("Error").EqualTo(DhtConfigError.Unreadable));
        Assert.That(
            () => DhtConfig.FromToml(Encoding.UTF8.GetString(bytes)),
            Throws.TypeOf<DhtConfigException>().With.Property("Error").EqualTo(DhtConfigError.Unreadable));
    }

    [TestCase("x = ", "[", "]")]
    [TestCase("x = ", "{a=", "}")]
    [TestCase("[dht]\nexcluded_dial_addresses = ", "[", "]")]
    [TestCase("[dht", ".a", "")]
    [TestCase("dht", ".a", "")]
    public void FromToml_TextNestedTooDeeply_IsATypedError(string start, string open, string close)
    {
        const int Levels = 20_000;
        string end = start == "[dht" ? "]" : start == "dht" ? " = 1" : "";
        string text = start + string.Concat(Enumerable.Repeat(open, Levels)) + string.Concat(Enumerable.Repeat(close, Levels)) + end;
        Assert.That(() => DhtConfig.FromToml(text), Throws.TypeOf<DhtConfigException>());
    }

    [Test]
    public void Mutated_text_is_read_or_refused_with_a_typed_error_and_what_is_read_is_valid()
    {
        const int Rounds = 5_000;
        string written = WrittenOut();
        var random = new Random(20_251);
        int read = 0;
        int refused = 0;
        foreach (DhtTomlForm form in new[] { DhtTomlForm.Section, DhtTomlForm.Whole })
        {
            string text = form == DhtTomlForm.Section
                ? "[dht]\n" + written.Replace("\n[", "\n[dht.", StringComparison.Ordinal)
                : written;
            Assert.That(ConfigText.Changes(new DhtConfig(), DhtConfig.FromToml(text, form)), Is.Empty);
            for (int round = 0; round < Rounds; round++)
            {
                string mutated = (round & 1) == 0 ? Mutate(text, random) : MutateLines(text, random);
                try
                {
                    DhtConfig.FromToml(mutated, form).Validate();
                    read++;
                }
                catch (DhtConfigException)
                {
                    refused++;
                }
                catch (Exception error)
                {
                    Assert.Fail($"{error}\n\n{mutated}");
                }
            }
        }

        // Both happen often, or the mutations are of no use.
        Assert.That(read, Is.GreaterThan(Rounds / 10));
        Assert.That(refused, Is.GreaterThan(Rounds / 10));
    }

    // Tables come after the settings of the outermost one.
    private static string WrittenOut()
    {
        var text = new StringBuilder();
        string table = "";
        foreach ((string path, string value) in ConfigText.Flatten(new DhtConfig()).OrderBy(pair => pair.Key.Contains('.')))
        {
            int dot = path.IndexOf('.', StringComparison.Ordinal);
            if (dot > 0 && path[..dot] != table)
            {
                table = path[..dot];
                text.Append('[').Append(table).Append("]\n");
            }

            string shown = path switch
            {
                "database_url" => "\":memory:\"",
                "excluded_dial_addresses" => "[]",
                "network_discovery.initial_peer_sync_delay" => "",
                _ => value,
            };
            if (shown.Length > 0)
            {
                text.Append(path.AsSpan(dot + 1)).Append(" = ").Append(shown).Append('\n');
            }
        }

        return text.ToString();
    }

    private static string Mutate(string text, Random random)
    {
        const string Marks = "[]{}\"'=.,#\n\r\t 019-+_xeEnTZ:\\\0\uD800\uFEFF\u00e9";
        var mutated = new StringBuilder(text);
        for (int changes = 1 + random.Next(3); changes > 0; changes--)
        {
            int at = random.Next(mutated.Length);
            switch (random.Next(5))
            {
                case 0:
                    mutated[at] = Marks[random.Next(Marks.Length)];
                    break;

                case 1:
                    mutated.Insert(at, Marks[random.Next(Marks.Length)]);
                    break;

                case 2:
                    mutated.Remove(at, Math.Min(1 + random.Next(8), mutated.Length - at));
                    break;

                case 3:
                    mutated.Insert(at, text.AsSpan(random.Next(text.Length - 20), 20));
                    break;

                default:
                    mutated[at] = (char)random.Next(0x80);
                    break;
            }
        }

        return mutated.ToString();
    }

    // Lines that go, move or get another value; most of these texts stay readable.
    private static string MutateLines(string text, Random random)
    {
        List<string> lines = [.. text.Split('\n')];
        for (int changes = 1 + random.Next(2); changes > 0; changes--)
        {
            int at = random.Next(lines.Count);
            int equals = lines[at].IndexOf('=', StringComparison.Ordinal);
            switch (random.Next(4))
            {
                case 0 when equals > 0:
                    lines.RemoveAt(at);
                    break;

                case 1 when equals > 0:
                    lines[at] = lines[at].ToUpperInvariant();
                    break;

                case 2 when equals > 0:
                    lines[at] = $"{lines[at][..equals]}= {random.NextInt64() >> random.Next(64)}";
                    break;

                default:
                    lines.Insert(at, "# " + lines[random.Next(lines.Count)]);
                    break;
            }
        }

        return string.Join('\n', lines);
    }

    private static void AssertError(string text, DhtTomlForm form, DhtConfigError error, string? setting, int line)
    {
        DhtConfigException? thrown = Assert.Throws<DhtConfigException>(() => DhtConfig.FromToml(text, form));
        Assert.Multiple(() =>
        {
            Assert.That(thrown!.Error, Is.EqualTo(error), thrown.Message);
            Assert.That(thrown.Setting, Is.EqualTo(setting), thrown.Message);
            Assert.That(thrown.Line, Is.EqualTo(line), thrown.Message);
        });
    }
}
