using System.Text.Json;
using Tari.Dht.Dataflow.Peers.Validation;

namespace Tari.Dht.Dataflow.Tests.Peers.Validation;

internal sealed class PeerValidatorConfigJsonTests
{
    private const string Defaults =
        "{\"max_user_agent_byte_length\":50,\"max_permitted_peer_addresses_per_claim\":5,\"max_supported_protocols\":20,"
        + "\"max_protocol_id_length\":50,\"allow_test_addresses\":false}";

    [Test]
    public void AFormerSetting_IsAcceptedAndReported_AndTheOthersKeepTheirDefaults()
    {
        const string Text = "{\"min_peer_version\":\"1.0.0\"}";

        bool read = Read(Text, new PeerValidatorConfig(), out PeerValidatorConfig? config, out bool former, out _);

        Assert.That(read);
        Assert.That(former);
        Assert.That(config, Is.EqualTo(new PeerValidatorConfig()));
    }

    [Test]
    public void TheDefaults_AreWrittenWithoutTheFormerSetting_AndReadBackByThemselves()
    {
        using var buffer = new MemoryStream();
        using (var writer = new Utf8JsonWriter(buffer))
        {
            PeerValidatorConfigJson.Write(writer, new PeerValidatorConfig());
        }

        string text = System.Text.Encoding.UTF8.GetString(buffer.ToArray());
        Assert.That(text, Is.EqualTo(Defaults));
        Assert.That(Read(text, null, out PeerValidatorConfig? config, out bool former, out _));
        Assert.That(config, Is.EqualTo(new PeerValidatorConfig()));
        Assert.That(former, Is.False);
    }

    [Test]
    public void GivenSettings_LieOverTheDefaults()
    {
        const string Text = "{\"allow_test_addresses\":true,\"max_supported_protocols\":0,\"max_protocol_id_length\":18446744073709551615}";

        Assert.That(Read(Text, new PeerValidatorConfig { MaxUserAgentByteLength = 7 }, out PeerValidatorConfig? config, out _, out _));
        Assert.That(config, Is.EqualTo(new PeerValidatorConfig
        {
            MaxUserAgentByteLength = 7,
            MaxSupportedProtocols = 0,
            MaxProtocolIdLength = int.MaxValue,
            AllowTestAddresses = true,
        }));
    }

    [TestCase("{\"max_user_agent_bytes\":1}", "max_user_agent_bytes")]
    [TestCase("{\"allow_test_addresses\":\"true\"}", "allow_test_addresses")]
    [TestCase("{\"max_supported_protocols\":-1}", "max_supported_protocols")]
    [TestCase("{\"max_supported_protocols\":1.5}", "max_supported_protocols")]
    [TestCase("{\"max_supported_protocols\":null}", "max_supported_protocols")]
    [TestCase("{\"max_protocol_id_length\":1,\"max_protocol_id_length\":1}", "max_protocol_id_length")]
    [TestCase("{\"min_peer_version\":[]}", "min_peer_version")]
    [TestCase("{\"\\ud800\":1}", "")]
    [TestCase("[]", "")]
    public void ASettingThatIsUnknownOrWrong_IsNamed(string text, string expected)
    {
        Assert.That(Read(text, new PeerValidatorConfig(), out PeerValidatorConfig? config, out _, out string? member), Is.False);
        Assert.That(config, Is.Null);
        Assert.That(member, Is.EqualTo(expected));
    }

    [Test]
    public void WithoutDefaults_EverySettingHasToBeThere()
    {
        using JsonDocument whole = JsonDocument.Parse(Defaults);
        foreach (JsonProperty left in whole.RootElement.EnumerateObject())
        {
            var rest = whole.RootElement.EnumerateObject().Where(setting => setting.Name != left.Name).ToDictionary(
                setting => setting.Name, setting => setting.Value);
            Assert.That(Read(JsonSerializer.Serialize(rest), null, out _, out _, out string? member), Is.False);
            Assert.That(member, Is.EqualTo(left.Name));
        }
    }

    private static bool Read(
        string text, PeerValidatorConfig? defaults, out PeerValidatorConfig? config, out bool former, out string? member) =>
        PeerValidatorConfigJson.TryRead(JsonSerializer.Deserialize<JsonElement>(text), defaults, out config, out former, out member);
}
