using System.Globalization;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>Text.</summary>
internal sealed class TextType : SettingType<string>
{
    public static TextType Instance { get; } = new();

    public override string Read(SettingNode node, SettingSource source) => node.Kind switch
    {
        SettingKind.Text => node.Text,
        SettingKind.Date when source.IsLenient => node.Text,
        SettingKind.Number when source.IsLenient => node.Number.ToString(CultureInfo.InvariantCulture),
        SettingKind.Fraction when source.IsLenient => node.Fraction.ToString(CultureInfo.InvariantCulture),
        SettingKind.Flag when source.IsLenient => node.Flag ? "true" : "false",
        _ => throw node.WrongKind("text"),
    };

    public override void Validate(string value, string property) => ArgumentNullException.ThrowIfNull(value, property);
}
