namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A setting that is a table of settings.</summary>
internal sealed class TableSetting<TConfig, T>(
    string property, SettingTable<T> table, Func<TConfig, T?> get, Func<TConfig, T, TConfig> with)
    : Setting<TConfig>(property)
    where T : class
{
    public override TConfig Read(TConfig config, SettingNode node, SettingSource source) =>
        with(config, table.Read(get(config)!, node, source));

    public override void Validate(TConfig config)
    {
        T? settings = get(config);
        ArgumentNullException.ThrowIfNull(settings, Property);
        table.Validate(settings);
    }
}
