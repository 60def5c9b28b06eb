namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A truth value.</summary>
internal sealed class FlagType : SettingType<bool>
{
    private const string Expected = "true or false";

    public static FlagType Instance { get; } = new();

    public override bool Read(SettingNode node, SettingSource source) => node.Kind switch
    {
        SettingKind.Flag => node.Flag,
        SettingKind.Number when source.IsLenient => node.Number != 0,
        SettingKind.Fraction when source.IsLenient => node.Fraction != 0,
        SettingKind.Text when source.IsLenient => ReadText(node),
        _ => throw node.WrongKind(Expected),
    };

    public override void Validate(bool value, string property)
    {
    }

    private static bool ReadText(SettingNode node) => node.Text switch
    {
        "1" => true,
        "0" => false,
        _ => TruthWord.Read(node.Text) ?? throw node.WrongKind(Expected),
    };
}
