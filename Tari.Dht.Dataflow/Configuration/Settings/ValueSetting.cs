namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A setting with a value.</summary>
internal sealed class ValueSetting<TConfig, T>(string property, SettingType<T> type, Func<TConfig, T> get, Func<TConfig, T, TConfig> with)
    : Setting<TConfig>(property)
{
    public override TConfig Read(TConfig config, SettingNode node, SettingSource source) => with(config, type.Read(node, source));

    public override void Validate(TConfig config) => type.Validate(get(config), Property);
}
