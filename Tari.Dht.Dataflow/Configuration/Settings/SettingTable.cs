namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>All settings of a record of settings.</summary>
internal sealed class SettingTable<TConfig>(params Setting<TConfig>[] settings)
    where TConfig : class
{
    public IReadOnlyList<Setting<TConfig>> Settings => settings;

    /// <summary>Lays what is given over settings.</summary>
    /// <exception cref="DhtConfigException">
    /// It is not a table, or has a member that is unknown, of a wrong kind or out of range.
    /// </exception>
    public TConfig Read(TConfig config, SettingNode node, SettingSource source)
    {
        if (node.Kind != SettingKind.Table)
        {
            throw node.WrongKind("a table");
        }

        foreach ((string name, SettingNode value) in node.Members)
        {
            Setting<TConfig> setting = Find(name, source.HasCompactNames) ?? throw Unknown(value);
            if (value.Kind != SettingKind.Nothing)
            {
                config = setting.Read(config, value, source);
            }
        }

        return config;
    }

    /// <summary>Checks all settings.</summary>
    /// <exception cref="ArgumentException">One is none, or out of range; the message names it and the range.</exception>
    public void Validate(TConfig config)
    {
        foreach (Setting<TConfig> setting in settings)
        {
            setting.Validate(config);
        }
    }

    private Setting<TConfig>? Find(string name, bool isCompact)
    {
        foreach (Setting<TConfig> setting in settings)
        {
            if (name == (isCompact ? setting.CompactName : setting.Name))
            {
                return setting;
            }
        }

        return null;
    }

    private DhtConfigException Unknown(SettingNode value)
    {
        IEnumerable<string> names = settings.Where(setting => setting is not RemovedSetting<TConfig>).Select(setting => setting.Name);
        return value.Error(DhtConfigError.UnknownSetting, "there is no such setting", "one of " + string.Join(", ", names));
    }
}
