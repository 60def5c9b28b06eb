using System.Collections.Immutable;
using System.Reflection;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Configuration.Settings;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Envelopes;

namespace Tari.Dht.Dataflow.Tests.Configuration;

public class DhtConfigTests
{
    private static IEnumerable<TestCaseData> Properties =>
        new object[] { new DhtConfig(), new DhtConnectivityConfig(), new NetworkDiscoveryConfig(), new PeerValidatorConfig() }
            .SelectMany(config => ConfigText.Settings(config.GetType())
                .Select(property => new TestCaseData(config, property).SetArgDisplayNames(config.GetType().Name + "." + property.Name)));

    [Test]
    public void Every_preset_is_valid()
    {
        Assert.That(new DhtConfig().Validate, Throws.Nothing);
        Assert.That(DhtConfig.DefaultMainnet.Validate, Throws.Nothing);
        Assert.That(DhtConfig.DefaultTestnet.Validate, Throws.Nothing);
        Assert.That(DhtConfig.DefaultLocalTest.Validate, Throws.Nothing);
    }

    [Test]
    public void Every_property_is_a_setting_that_can_be_read()
    {
        Assert.Multiple(() =>
        {
            AssertSame<DhtConfig>(DhtSettings.Dht);
            AssertSame<DhtConnectivityConfig>(DhtSettings.Connectivity);
            AssertSame<NetworkDiscoveryConfig>(DhtSettings.NetworkDiscovery);
            AssertSame<PeerValidatorConfig>(DhtSettings.PeerValidator);
        });

        static void AssertSame<T>(SettingTable<T> table)
            where T : class
        {
            IEnumerable<string> names = table.Settings.Where(setting => setting is not RemovedSetting<T>).Select(setting => setting.Name);
            Assert.That(names, Is.EquivalentTo(ConfigText.Settings(typeof(T)).Select(property => ConfigText.SnakeCase(property.Name))));
        }
    }

    [TestCaseSource(nameof(Properties))]
    public void Validate_ValueOutOfRange_NamesTheSetting(object config, PropertyInfo property)
    {
        object?[] wrong = property.PropertyType switch
        {
            var type when type == typeof(int) => [-1, int.MinValue],
            var type when type == typeof(TimeSpan) || type == typeof(TimeSpan?) => [TimeSpan.FromTicks(-1), TimeSpan.MinValue],
            var type when type == typeof(DhtProtocolVersion) => [(DhtProtocolVersion)0, (DhtProtocolVersion)3],
            var type when type == typeof(ImmutableArray<DialAddressRange>) =>
                [default(ImmutableArray<DialAddressRange>), ImmutableArray.Create(new DialAddressRange[] { null! })],
            var type when type == typeof(bool) || type == typeof(float) => [],
            _ => [null],
        };
        foreach (object? value in wrong)
        {
            object copy = With(config, property, value);
            Assert.That(
                () => Validate(copy),
                Throws.InstanceOf<ArgumentException>().With.Property("ParamName").EqualTo(property.Name)
                    .And.Message.Contains(property.Name),
                $"{property.Name} = {value}");
        }

        // Reading a property back shows that the copy is one of this property.
        Assert.That(property.GetValue(With(config, property, property.GetValue(config))), Is.EqualTo(property.GetValue(config)));
    }

    [TestCase(nameof(DhtConfig.NumNeighbouringNodes), 1_000_000)]
    [TestCase(nameof(DhtConfig.NumRandomNodes), 1_000_000)]
    [TestCase(nameof(DhtConfig.DedupCacheCapacity), 1_000_000)]
    [TestCase(nameof(DhtConfig.BroadcastFactor), int.MaxValue)]
    public void Validate_Count_GoesUpToItsMaximum(string name, int maximum)
    {
        PropertyInfo property = typeof(DhtConfig).GetProperty(name)!;
        Assert.That(() => Validate(With(new DhtConfig(), property, 0)), Throws.Nothing);
        Assert.That(() => Validate(With(new DhtConfig(), property, maximum)), Throws.Nothing);
        if (maximum < int.MaxValue)
        {
            Assert.That(
                () => Validate(With(new DhtConfig(), property, maximum + 1)),
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Message.Contains("from 0 to 1000000"));
        }
    }

    [Test]
    public void Validate_Timer_TakesFromOneSecondTo49Days()
    {
        DhtConfig Trimmed(TimeSpan interval) => new() { DedupCacheTrimInterval = interval };
        Assert.Multiple(() =>
        {
            Assert.That(Trimmed(TimeSpan.FromSeconds(1)).Validate, Throws.Nothing);
            Assert.That(Trimmed(TimeSpan.FromDays(49)).Validate, Throws.Nothing);
            Assert.That(Trimmed(TimeSpan.FromSeconds(1) - TimeSpan.FromTicks(1)).Validate, Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(Trimmed(TimeSpan.FromDays(49) + TimeSpan.FromTicks(1)).Validate, Throws.TypeOf<ArgumentOutOfRangeException>());
            Assert.That(new DhtConfig { DiscoveryRequestTimeout = TimeSpan.Zero }.Validate, Throws.Nothing);
            Assert.That(
                new DhtConfig { DiscoveryRequestTimeout = TimeSpan.FromDays(50) }.Validate,
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("DiscoveryRequestTimeout"));
            Assert.That(
                new NetworkDiscoveryConfig { InitialPeerSyncDelay = TimeSpan.FromDays(50) }.Validate,
                Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("InitialPeerSyncDelay"));
        });
    }

    [Test]
    public void Validate_BanDuration_TakesWhatAddedToNowIsATime()
    {
        Assert.That(new DhtConfig { BanDuration = TimeSpan.FromDays(36_500) }.Validate, Throws.Nothing);
        Assert.That(new DhtConfig { BanDuration = TimeSpan.MaxValue }.Validate, Throws.TypeOf<ArgumentOutOfRangeException>());
    }

    [Test]
    public void Validate_PartOfTheConfiguration_IsChecked()
    {
        var config = new DhtConfig { Connectivity = new DhtConnectivityConfig { ChurnRate = 1001 } };
        Assert.That(
            config.Validate, Throws.TypeOf<ArgumentOutOfRangeException>().With.Property("ParamName").EqualTo("ChurnRate"));
    }

    [Test]
    public void Validate_WhatIsClamped_MayBeOutOfRange()
    {
        var config = new DhtConfig
        {
            Connectivity = new DhtConnectivityConfig
            {
                PoolStarvedThresholdRatio = float.NaN,
                PoolStarvedTicks = 0,
                RebootstrapCooldownMin = TimeSpan.MaxValue,
                RebootstrapCooldownMax = TimeSpan.Zero,
            },
        };
        Assert.That(config.Validate, Throws.Nothing);
        Assert.That(config.ClampRebootstrapSettings().Config.Validate, Throws.Nothing);
    }

    // outbound.md 9.1
    [Test]
    public void Clamp_EverythingTooSmall_BecomesTheLeast()
    {
        var config = new DhtConfig
        {
            Connectivity = new DhtConnectivityConfig
            {
                PoolStarvedThresholdRatio = float.NaN,
                PoolStarvedTicks = 0,
                RebootstrapCooldownMin = TimeSpan.FromSeconds(1),
                RebootstrapCooldownMax = TimeSpan.FromSeconds(2),
            },
            NetworkDiscovery = new NetworkDiscoveryConfig { RebootstrapConnectedPeers = 1_000, OnConnectResyncTtl = TimeSpan.Zero },
        };

        ClampedConfig clamped = config.ClampRebootstrapSettings();

        Assert.Multiple(() =>
        {
            Assert.That(clamped.Config.Connectivity.PoolStarvedThresholdRatio, Is.EqualTo(0.5f));
            Assert.That(clamped.Config.Connectivity.PoolStarvedTicks, Is.EqualTo(1));
            Assert.That(clamped.Config.Connectivity.RebootstrapCooldownMin, Is.EqualTo(TimeSpan.FromSeconds(60)));
            Assert.That(clamped.Config.Connectivity.RebootstrapCooldownMax, Is.EqualTo(TimeSpan.FromSeconds(60)));
            Assert.That(clamped.Config.NetworkDiscovery.RebootstrapConnectedPeers, Is.EqualTo(20));
            Assert.That(clamped.Config.NetworkDiscovery.OnConnectResyncTtl, Is.EqualTo(TimeSpan.FromSeconds(60)));
            Assert.That(clamped.Changed, Is.EqualTo(new[]
            {
                "connectivity.pool_starved_threshold_ratio", "connectivity.pool_starved_ticks", "connectivity.rebootstrap_cooldown_min",
                "connectivity.rebootstrap_cooldown_max", "network_discovery.rebootstrap_connected_peers",
                "network_discovery.on_connect_resync_ttl",
            }));
        });
    }

    // outbound.md 9.1
    [Test]
    public void Clamp_CooldownsAndSeedsTooLarge_BecomeTheMost()
    {
        var config = new DhtConfig
        {
            Connectivity = new DhtConnectivityConfig
            {
                RebootstrapCooldownMin = TimeSpan.MaxValue, RebootstrapCooldownMax = TimeSpan.MaxValue,
            },
            NetworkDiscovery = new NetworkDiscoveryConfig { MaxSeedPeerSyncCount = 1_000 },
        };

        DhtConfig clamped = config.ClampRebootstrapSettings().Config;

        Assert.Multiple(() =>
        {
            Assert.That(clamped.Connectivity.RebootstrapCooldownMin, Is.EqualTo(TimeSpan.FromSeconds(86_400)));
            Assert.That(clamped.Connectivity.RebootstrapCooldownMax, Is.EqualTo(TimeSpan.FromSeconds(86_400)));
            Assert.That(clamped.NetworkDiscovery.MaxSeedPeerSyncCount, Is.EqualTo(20));
        });
    }

    // outbound.md 9.1
    [TestCase(0f)]
    [TestCase(-1f)]
    [TestCase(1.5f)]
    [TestCase(float.PositiveInfinity)]
    public void Clamp_RatioThatIsNoShare_BecomesAHalf(float ratio)
    {
        var config = new DhtConfig { Connectivity = new DhtConnectivityConfig { PoolStarvedThresholdRatio = ratio } };
        Assert.That(config.ClampRebootstrapSettings().Config.Connectivity.PoolStarvedThresholdRatio, Is.EqualTo(0.5f));
    }

    // outbound.md 9.1
    [Test]
    public void Clamp_WholePoolAndDefaults_ChangeNothing()
    {
        var config = new DhtConfig { Connectivity = new DhtConnectivityConfig { PoolStarvedThresholdRatio = 1 } };

        ClampedConfig clamped = config.ClampRebootstrapSettings();

        Assert.That(clamped.Config, Is.SameAs(config));
        Assert.That(clamped.Changed, Is.Empty);
        Assert.That(clamped.Config.Connectivity.RebootstrapCooldownMin, Is.EqualTo(TimeSpan.FromSeconds(600)));
    }

    [Test]
    public void BanDurationFor_NoSeverity_Throws() =>
        Assert.That(() => new DhtConfig().BanDurationFor((OffenceSeverity)3), Throws.TypeOf<ArgumentOutOfRangeException>());

    [TestCase(":memory:", true)]
    [TestCase("file:a?mode=memory&cache=shared", true)]
    [TestCase("dht.db", false)]
    [TestCase("", false)]
    [TestCase("mode=memory.db", false)]
    [TestCase(null, false)]
    public void IsDatabaseInMemory_Text_TellsFilesFromMemory(string? url, bool expected) =>
        Assert.That(new DhtConfig { DatabaseUrl = url! }.IsDatabaseInMemory, Is.EqualTo(expected));

    [Test]
    public void WithBasePath_RelativeFileAlone_IsPutIntoTheFolder()
    {
        string folder = Path.Combine(Path.GetTempPath(), "node");
        string absolute = Path.Combine(Path.GetTempPath(), "dht.db");
        Assert.Multiple(() =>
        {
            Assert.That(
                new DhtConfig { DatabaseUrl = "dht.db" }.WithBasePath(folder).DatabaseUrl, Is.EqualTo(Path.Combine(folder, "dht.db")));
            Assert.That(new DhtConfig { DatabaseUrl = absolute }.WithBasePath(folder).DatabaseUrl, Is.EqualTo(absolute));
            Assert.That(new DhtConfig().WithBasePath(folder).DatabaseUrl, Is.EqualTo(":memory:"));
            Assert.That(
                new DhtConfig { DatabaseUrl = "file:a?mode=memory" }.WithBasePath(folder).DatabaseUrl, Is.EqualTo("file:a?mode=memory"));
        });
    }

    // A copy of a record with one property of another value.
    private static object With(object config, PropertyInfo property, object? value)
    {
        object copy = config.GetType().GetMethod("<Clone>$")!.Invoke(config, null)!;
        property.SetValue(copy, value);
        return copy;
    }

    private static void Validate(object config)
    {
        switch (config)
        {
            case DhtConfig dht:
                dht.Validate();
                break;

            case DhtConnectivityConfig connectivity:
                connectivity.Validate();
                break;

            case NetworkDiscoveryConfig discovery:
                discovery.Validate();
                break;

            default:
                ((PeerValidatorConfig)config).Validate();
                break;
        }
    }
}
