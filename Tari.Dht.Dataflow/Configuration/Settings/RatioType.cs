using System.Globalization;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A share. Every value of the type may be set, as in the reference: what makes no sense is clamped, or never reached.</summary>
internal sealed class RatioType : SettingType<float>
{
    private const string Expected = "a number";

    public static RatioType Instance { get; } = new();

    // Rounded twice where it is given as text, as in the reference.
    public override float Read(SettingNode node, SettingSource source) => node.Kind switch
    {
        SettingKind.Fraction => (float)node.Fraction,
        SettingKind.Number => node.Number,
        SettingKind.Flag when source.IsLenient => node.Flag ? 1 : 0,
        SettingKind.Text when source.IsLenient => ReadText(node),
        _ => throw node.WrongKind(Expected),
    };

    public override void Validate(float value, string property)
    {
    }

    private static float ReadText(SettingNode node)
    {
        if (TruthWord.Read(node.Text) is { } flag)
        {
            return flag ? 1 : 0;
        }

        const NumberStyles Style = NumberStyles.AllowLeadingSign | NumberStyles.AllowDecimalPoint | NumberStyles.AllowExponent;
        return double.TryParse(node.Text, Style, CultureInfo.InvariantCulture, out double value)
            ? (float)value
            : throw node.WrongKind(Expected);
    }
}
