using System.Globalization;
using System.Text.Json;
using Tari.Dht.Dataflow.Configuration;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Vectors;

namespace Tari.Dht.Dataflow.Tests.Configuration;

/// <summary>The reference's answers of <c>config.json</c>. Where ours differ, a rule here says how; no case is left out.</summary>
[Category(VectorFile.Category)]
public class ConfigVectorTests
{
    private const string FileName = "config.json";

    // The most that a setting holds, where that is not 2^31 - 1; a larger number is read as this.
    private static readonly Dictionary<string, decimal> s_most = new()
    {
        ["num_neighbouring_nodes"] = 1_000_000,
        ["num_random_nodes"] = 1_000_000,
        ["dedup_cache_capacity"] = 1_000_000,
        ["connectivity.churn_rate"] = 1_000,
    };

    private static IEnumerable<TestCaseData> Defaults => VectorFile.Cases(FileName, "defaults");

    private static IEnumerable<TestCaseData> Layered => VectorFile.Cases(FileName, "layered");

    private static IEnumerable<TestCaseData> Alone => VectorFile.Cases(FileName, "alone");

    private static IEnumerable<TestCaseData> Ranges => VectorFile.Cases(FileName, "ranges");

    private static IEnumerable<TestCaseData> Clamps => VectorFile.Cases(FileName, "clamp");

    private static IEnumerable<TestCaseData> BanDurations => VectorFile.Cases(FileName, "ban_duration");

    [Test]
    public void Every_case_is_of_a_known_kind() =>
        VectorFile.AssertKinds(FileName, "defaults", "layered", "alone", "ranges", "clamp", "ban_duration");

    [TestCaseSource(nameof(Defaults))]
    public void Defaults_and_presets_are_the_references(JsonElement vector)
    {
        AssertFields(vector, "kind", "name", "expected");
        JsonElement expected = vector.GetProperty("expected");
        AssertFields(expected, "values", "mainnet", "testnet", "local_test");
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        AddValues(values, "", expected.GetProperty("values"));

        Assert.Multiple(() =>
        {
            Assert.That(ConfigText.Flatten(new DhtConfig()), Is.EqualTo(values));
            AssertChanges(DhtConfig.DefaultMainnet, expected.GetProperty("mainnet"));
            AssertChanges(DhtConfig.DefaultTestnet, expected.GetProperty("testnet"));
            AssertChanges(DhtConfig.DefaultLocalTest, expected.GetProperty("local_test"));
        });
    }

    [TestCaseSource(nameof(Layered))]
    public void A_section_reads_as_the_references_loader_reads_it(JsonElement vector)
    {
        AssertFields(vector, "kind", "name", "text", "expected");
        AssertRead(vector.Text("text"), DhtTomlForm.Section, vector.GetProperty("expected"));
    }

    [TestCaseSource(nameof(Alone))]
    public void A_whole_text_reads_as_in_the_reference_with_defaults_for_what_is_missing(JsonElement vector)
    {
        AssertFields(vector, "kind", "name", "text", "expected");
        string text = vector.Text("text");
        JsonElement expected = vector.GetProperty("expected");

        // The rule: what is left out has its default, where the reference refuses the text or reads 0.
        string[] leftOut = [.. ConfigText.Flatten(new DhtConfig()).Keys.Where(path => !IsGiven(text, path) && !IsNone(path))];
        if (leftOut.Length == 0)
        {
            AssertRead(text, DhtTomlForm.Whole, expected);
            return;
        }

        if (expected.Text("result") == "error")
        {
            Assert.That(expected.Text("detail"), Does.Contain("missing field `"), "what the reference refuses");
        }
        else
        {
            Assert.That(expected.GetProperty("changed").EnumerateObject().Select(change => change.Name), Is.EqualTo(leftOut));
            Assert.That(expected.GetProperty("changed").EnumerateObject().Select(change => change.Value.GetRawText()), Is.All.EqualTo("0"));
        }

        Assert.That(ConfigText.Changes(new DhtConfig(), DhtConfig.FromToml(text, DhtTomlForm.Whole)), Is.Empty);
    }

    [TestCaseSource(nameof(Ranges))]
    public void Lists_of_ranges_read_and_contain_as_in_the_reference(JsonElement vector)
    {
        AssertFields(vector, "kind", "name", "text", "probes", "expected");
        string text = "excluded_dial_addresses = " + vector.Text("text");
        JsonElement expected = vector.GetProperty("expected");

        // The rule: what matches nothing by mistake is refused, as everywhere (docs/compatibility.md, addresses).
        bool matchesNothing = expected.Text("result") == "ok"
            && expected.GetProperty("ranges").EnumerateArray()
                .Any(range => range.GetString() is "" || HasReversedOctets(range.GetString()!));
        if (matchesNothing)
        {
            AssertRefused(text, DhtTomlForm.Whole);
            return;
        }

        if (expected.Text("result") == "error")
        {
            AssertFields(expected, "result", "detail");
            AssertRefused(text, DhtTomlForm.Whole);
            return;
        }

        AssertFields(expected, "result", "ranges", "contains");
        Assert.That(expected.Text("result"), Is.EqualTo("ok"));
        var ranges = DhtConfig.FromToml(text, DhtTomlForm.Whole).ExcludedDialAddresses;
        Multiaddr[] probes = [.. vector.GetProperty("probes").EnumerateArray().Select(probe => Multiaddr.Parse(probe.GetString()!))];
        bool[][] contains = [.. expected.GetProperty("contains").EnumerateArray()
            .Select(row => row.EnumerateArray().Select(cell => cell.GetBoolean()).ToArray())];
        Assert.Multiple(() =>
        {
            Assert.That(
                ranges.Select(range => range.ToString()),
                Is.EqualTo(expected.GetProperty("ranges").EnumerateArray().Select(range => range.GetString())));
            Assert.That(probes.Select(probe => ranges.Select(range => range.Contains(probe)).ToArray()), Is.EqualTo(contains));
        });
    }

    [TestCaseSource(nameof(Clamps))]
    public void Rebootstrap_settings_are_clamped_as_in_the_reference(JsonElement vector)
    {
        AssertFields(vector, "kind", "name", "settings", "expected");
        DhtConfig config = new();
        foreach (JsonProperty setting in vector.GetProperty("settings").EnumerateObject())
        {
            JsonElement value = setting.Value;
            DhtConnectivityConfig connectivity = config.Connectivity;
            NetworkDiscoveryConfig discovery = config.NetworkDiscovery;
            config = setting.Name switch
            {
                "pool_starved_threshold_ratio" =>
                    config with { Connectivity = connectivity with { PoolStarvedThresholdRatio = Ratio(value.GetString()!) } },
                "pool_starved_ticks" => config with { Connectivity = connectivity with { PoolStarvedTicks = value.GetInt32() } },
                "rebootstrap_cooldown_min" => config with { Connectivity = connectivity with { RebootstrapCooldownMin = Duration(value) } },
                "rebootstrap_cooldown_max" => config with { Connectivity = connectivity with { RebootstrapCooldownMax = Duration(value) } },
                "rebootstrap_connected_peers" =>
                    config with { NetworkDiscovery = discovery with { RebootstrapConnectedPeers = value.GetInt32() } },
                "max_seed_peer_sync_count" => config with { NetworkDiscovery = discovery with { MaxSeedPeerSyncCount = value.GetInt32() } },
                "on_connect_resync_ttl" => config with { NetworkDiscovery = discovery with { OnConnectResyncTtl = Duration(value) } },
                _ => throw new InvalidDataException($"The setting '{setting.Name}' is not known."),
            };
        }

        ClampedConfig clamped = config.ClampRebootstrapSettings();
        JsonElement expected = vector.GetProperty("expected");
        foreach (JsonProperty property in expected.EnumerateObject())
        {
            JsonElement value = property.Value;
            switch (property.Name)
            {
                case "changed":
                    Assert.That(clamped.Changed, Is.EquivalentTo(value.EnumerateArray().Select(name => name.GetString())));
                    break;

                case "pool_starved_threshold_ratio":
                    Assert.That(clamped.Config.Connectivity.PoolStarvedThresholdRatio, Is.EqualTo(Ratio(value.GetString()!)));
                    break;

                case "pool_starved_ticks":
                    Assert.That(clamped.Config.Connectivity.PoolStarvedTicks, Is.EqualTo(value.GetInt32()));
                    break;

                case "rebootstrap_cooldown_min":
                    Assert.That(clamped.Config.Connectivity.RebootstrapCooldownMin, Is.EqualTo(Duration(value)));
                    break;

                case "rebootstrap_cooldown_max":
                    Assert.That(clamped.Config.Connectivity.RebootstrapCooldownMax, Is.EqualTo(Duration(value)));
                    break;

                case "rebootstrap_connected_peers":
                    Assert.That(clamped.Config.NetworkDiscovery.RebootstrapConnectedPeers, Is.EqualTo(value.GetInt32()));
                    break;

                case "max_seed_peer_sync_count":
                    Assert.That(clamped.Config.NetworkDiscovery.MaxSeedPeerSyncCount, Is.EqualTo(value.GetInt32()));
                    break;

                case "on_connect_resync_ttl":
                    Assert.That(clamped.Config.NetworkDiscovery.OnConnectResyncTtl, Is.EqualTo(Duration(value)));
                    break;

                default:
                    Assert.Fail($"The field '{property.Name}' is not known.");
                    break;
            }
        }

        // Nothing else changes, and a second time nothing does.
        Assert.That(ConfigText.Changes(config, clamped.Config).Keys, Is.EquivalentTo(clamped.Changed));
        Assert.That(clamped.Config.ClampRebootstrapSettings().Changed, Is.Empty);
    }

    [TestCaseSource(nameof(BanDurations))]
    public void Ban_durations_follow_the_severity(JsonElement vector)
    {
        AssertFields(vector, "kind", "name", "text", "expected");
        DhtConfig config = DhtConfig.FromToml(vector.Text("text"));
        foreach (JsonProperty property in vector.GetProperty("expected").EnumerateObject())
        {
            Assert.That(
                config.BanDurationFor(Enum.Parse<OffenceSeverity>(property.Name)),
                Is.EqualTo(TimeSpan.FromSeconds(property.Value.GetInt64())),
                property.Name);
        }
    }

    private static void AssertRead(string text, DhtTomlForm form, JsonElement expected)
    {
        if (expected.Text("result") == "error")
        {
            AssertFields(expected, "result", "detail");
            AssertRefused(text, form);
            return;
        }

        AssertFields(expected, "result", "changed");
        Assert.That(expected.Text("result"), Is.EqualTo("ok"));
        DhtConfig config = DhtConfig.FromToml(text, form);
        AssertChanges(config, expected.GetProperty("changed"));
        Assert.That(config.Validate, Throws.Nothing);
    }

    private static void AssertRefused(string text, DhtTomlForm form) =>
        Assert.That(() => DhtConfig.FromToml(text, form), Throws.TypeOf<DhtConfigException>().With.Property("Line").GreaterThan(0));

    private static void AssertChanges(DhtConfig config, JsonElement expected)
    {
        SortedDictionary<string, string> defaults = ConfigText.Flatten(new DhtConfig());
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        AddValues(values, "", expected);
        Assert.That(values.Keys, Is.SubsetOf(defaults.Keys), "known settings");
        Assert.That(ConfigText.Changes(new DhtConfig(), config), Is.EqualTo(values));
    }

    private static void AddValues(SortedDictionary<string, string> values, string prefix, JsonElement table)
    {
        foreach (JsonProperty property in table.EnumerateObject())
        {
            string path = prefix + property.Name;
            JsonElement value = property.Value;
            switch (value.ValueKind)
            {
                case JsonValueKind.Object:
                    AddValues(values, path + ".", value);
                    break;

                case JsonValueKind.Array:
                    values.Add(path, string.Join('\n', value.EnumerateArray().Select(item => item.GetString())));
                    break;

                case JsonValueKind.Number:
                    values.Add(path, Saturated(path, value.GetDecimal()));
                    break;

                case JsonValueKind.String when path.EndsWith("_ratio", StringComparison.Ordinal):
                    values.Add(path, ConfigText.Ratio(Ratio(value.GetString()!)));
                    break;

                case JsonValueKind.String when path != "database_url":
                    values.Add(path, Saturated(path, decimal.Parse(value.GetString()!, CultureInfo.InvariantCulture)));
                    break;

                case JsonValueKind.Null:
                    values.Add(path, "null");
                    break;

                default:
                    values.Add(path, value.ToString() is "True" or "False" ? value.GetRawText() : value.GetString()!);
                    break;
            }
        }
    }

    // The rule: what is beyond the most that a setting holds is read as the most.
    private static string Saturated(string path, decimal value) =>
        Math.Min(value, s_most.GetValueOrDefault(path, int.MaxValue)).ToString(CultureInfo.InvariantCulture);

    private static TimeSpan Duration(JsonElement value)
    {
        decimal seconds = value.ValueKind == JsonValueKind.String
            ? decimal.Parse(value.GetString()!, CultureInfo.InvariantCulture)
            : value.GetDecimal();
        return seconds >= TimeSpan.MaxValue.Ticks / TimeSpan.TicksPerSecond
            ? TimeSpan.MaxValue
            : TimeSpan.FromTicks((long)seconds * TimeSpan.TicksPerSecond);
    }

    private static float Ratio(string text) => text switch
    {
        "NaN" => float.NaN,
        "inf" => float.PositiveInfinity,
        "-inf" => float.NegativeInfinity,
        _ => float.Parse(text, CultureInfo.InvariantCulture),
    };

    private static bool IsNone(string path) => path == "network_discovery.initial_peer_sync_delay";

    // The texts have a name at the start of a line, below the head of its table.
    private static bool IsGiven(string text, string path)
    {
        string[] parts = path.Split('.');
        string table = "";
        foreach (string line in text.Split('\n'))
        {
            if (line.StartsWith('['))
            {
                table = line.Trim('[', ']') + ".";
            }
            else if (line.StartsWith(parts[^1] + " =", StringComparison.Ordinal) && table + parts[^1] == path)
            {
                return true;
            }
        }

        return false;
    }

    private static bool HasReversedOctets(string range) =>
        range.Split('/')[2].Split('.').Select(octet => octet.Split(':'))
            .Any(ends => ends.Length == 2
                && int.Parse(ends[0], CultureInfo.InvariantCulture) > int.Parse(ends[1], CultureInfo.InvariantCulture));

    private static void AssertFields(JsonElement element, params string[] known) =>
        Assert.That(element.EnumerateObject().Select(property => property.Name), Is.SubsetOf(known), "fields");
}
