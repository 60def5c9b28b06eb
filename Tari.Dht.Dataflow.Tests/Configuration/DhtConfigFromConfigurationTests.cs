using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Configuration;

public class DhtConfigFromConfigurationTests
{
    [Test]
    public void FromConfiguration_NoSection_GivesTheDefaults() =>
        Assert.That(ConfigText.Changes(new DhtConfig(), DhtConfig.FromConfiguration(Section())), Is.Empty);

    [Test]
    public void FromConfiguration_EmptyTexts_AreEmptyTables() =>
        Assert.That(
            ConfigText.Changes(new DhtConfig(), DhtConfig.FromConfiguration(Section(("", "")))), Is.Empty);

    [TestCase("ban_duration", "auto_join", "connectivity:pool_starved_threshold_ratio")]
    [TestCase("BanDuration", "AutoJoin", "Connectivity:PoolStarvedThresholdRatio")]
    [TestCase("BANDURATION", "AUTO_JOIN", "connectivity:pool_starvedThresholdRATIO")]
    public void FromConfiguration_NamesOfEitherKind_AreRead(string duration, string flag, string ratio)
    {
        DhtConfig config = DhtConfig.FromConfiguration(Section((duration, "90"), (flag, "True"), (ratio, "0.25")));
        Assert.Multiple(() =>
        {
            Assert.That(config.BanDuration, Is.EqualTo(TimeSpan.FromSeconds(90)));
            Assert.That(config.AutoJoin, Is.True);
            Assert.That(config.Connectivity.PoolStarvedThresholdRatio, Is.EqualTo(0.25f));
        });
    }

    [Test]
    public void FromConfiguration_EverySettingByEitherName_IsRead()
    {
        foreach ((string path, string value) in ConfigText.Flatten(new DhtConfig { DatabaseUrl = "a.db" }))
        {
            string given = value == "null" ? "7" : value == "true" ? "false" : value == "false" ? "true"
                : path == "database_url" ? "b.db" : path == "excluded_dial_addresses" ? "/ip4/1.2.3.4/tcp/5"
                : path == "protocol_version" ? "1" : path.EndsWith("_ratio", StringComparison.Ordinal) ? "0.75" : "11";
            foreach (string name in new[] { path, path.Replace("_", "", StringComparison.Ordinal) })
            {
                DhtConfig config = DhtConfig.FromConfiguration(Section((name.Replace('.', ':'), given)));
                Assert.That(
                    ConfigText.Changes(new DhtConfig(), config), Is.EqualTo(new SortedDictionary<string, string> { [path] = given }), name);
            }
        }
    }

    [Test]
    public void FromConfiguration_NullValue_KeepsTheDefault() =>
        Assert.That(
            ConfigText.Changes(new DhtConfig(), DhtConfig.FromConfiguration(Section(("ban_duration", null), ("connectivity", null)))),
            Is.Empty);

    [Test]
    public void FromConfiguration_RangesAsItemsOrAsOneText_AreRead()
    {
        DhtConfig items = DhtConfig.FromConfiguration(
            Section(("ExcludedDialAddresses:0", "/ip4/10.*.*.*/tcp/*"), ("ExcludedDialAddresses:1", "/ip4/1.2.3.4/tcp/5")));
        DhtConfig text = DhtConfig.FromConfiguration(Section(("excluded_dial_addresses", "/ip4/10.*.*.*/tcp/*, /ip4/1.2.3.4/tcp/5")));
        DhtConfig none = DhtConfig.FromConfiguration(Section(("excluded_dial_addresses", "")));
        Assert.Multiple(() =>
        {
            Assert.That(
                items.ExcludedDialAddresses.Select(range => range.ToString()),
                Is.EqualTo(new[] { "/ip4/10.*.*.*/tcp/*", "/ip4/1.2.3.4/tcp/5" }));
            Assert.That(text.ExcludedDialAddresses, Is.EqualTo(items.ExcludedDialAddresses));
            Assert.That(none.ExcludedDialAddresses, Is.Empty);
        });
    }

    [Test]
    public void FromConfiguration_MoreThanTenRanges_KeepTheirOrder()
    {
        (string, string?)[] given =
            [.. Enumerable.Range(0, 12).Select(i => ($"excluded_dial_addresses:{i}", (string?)$"/ip4/1.2.3.{i}/tcp/5"))];
        Assert.That(
            DhtConfig.FromConfiguration(Section(given)).ExcludedDialAddresses.Select(range => range.ToString()),
            Is.EqualTo(given.Select(pair => pair.Item2)));
    }

    [Test]
    public void FromConfiguration_OneSettingUnderTwoNames_IsRefused() =>
        AssertError(DhtConfigError.GivenTwice, "ban_duration", ("ban_duration", "1"), ("BanDuration", "1"));

    [Test]
    public void FromConfiguration_TextAndItems_AreRefused() =>
        AssertError(
            DhtConfigError.GivenTwice, "excluded_dial_addresses",
            ("excluded_dial_addresses", "/ip4/1.2.3.4/tcp/5"), ("excluded_dial_addresses:0", "/ip4/1.2.3.4/tcp/5"));

    [TestCase("no_such", "1", DhtConfigError.UnknownSetting)]
    [TestCase("connectivity:NoSuch", "1", DhtConfigError.UnknownSetting)]
    [TestCase("connectivity", "1", DhtConfigError.WrongKind)]
    [TestCase("ban_duration:0", "1", DhtConfigError.WrongKind)]
    [TestCase("ban_duration:x", "1", DhtConfigError.WrongKind)]
    [TestCase("BanDuration", "90s", DhtConfigError.WrongKind)]
    [TestCase("BanDuration", "-1", DhtConfigError.WrongKind)]
    [TestCase("BanDuration", "1.5", DhtConfigError.WrongKind)]
    [TestCase("BanDuration", "", DhtConfigError.WrongKind)]
    [TestCase("DedupCacheTrimInterval", "0", DhtConfigError.OutOfRange)]
    [TestCase("ProtocolVersion", "3", DhtConfigError.OutOfRange)]
    [TestCase("NetworkDiscovery:MaxPeersToSyncPerRound", "4294967296", DhtConfigError.OutOfRange)]
    [TestCase("ExcludedDialAddresses:0", "nonsense", DhtConfigError.OutOfRange)]
    [TestCase("AutoJoin", "perhaps", DhtConfigError.WrongKind)]
    public void FromConfiguration_Mistake_SaysWhatAndWhere(string name, string value, DhtConfigError error)
    {
        DhtConfigException? thrown = Assert.Throws<DhtConfigException>(() => DhtConfig.FromConfiguration(Section((name, value))));
        Assert.Multiple(() =>
        {
            Assert.That(thrown!.Error, Is.EqualTo(error));
            Assert.That(name.Replace(':', '.'), Does.StartWith(thrown.Setting!));
            Assert.That(thrown.Line, Is.Zero);
        });
    }

    // inbound.md 110
    [TestCase("peer_validator_config:min_peer_version")]
    [TestCase("PeerValidatorConfig:MinPeerVersion")]
    public void A_configuration_with_min_peer_version_loads_with_a_warning(string name)
    {
        var log = new LogRecorder();
        DhtConfig config = DhtConfig.FromConfiguration(Section((name, "1.0.0")), log);
        Assert.That(ConfigText.Changes(new DhtConfig(), config), Is.Empty);
        Assert.That(log.Entries.Select(entry => entry.Level), Is.EqualTo(new[] { LogLevel.Warning }));
    }

    [Test]
    public void FromConfiguration_NamesNestedTooDeeply_AreATypedError()
    {
        string deep = "connectivity:" + string.Join(':', Enumerable.Repeat("a", 5_000));
        AssertError(DhtConfigError.UnknownSetting, "connectivity.a", (deep, "1"));
    }

    private static void AssertError(DhtConfigError error, string setting, params (string Name, string? Value)[] values) =>
        Assert.That(
            () => DhtConfig.FromConfiguration(Section(values)),
            Throws.TypeOf<DhtConfigException>().With.Property("Error").EqualTo(error)
                .And.Property("Setting").EqualTo(setting).IgnoreCase);

    private static IConfigurationSection Section(params (string Name, string? Value)[] values) =>
        new ConfigurationBuilder()
            .AddInMemoryCollection(values.Select(pair => KeyValuePair.Create(("Dht:" + pair.Name).TrimEnd(':'), pair.Value)))
            .Build()
            .GetSection("Dht");
}
