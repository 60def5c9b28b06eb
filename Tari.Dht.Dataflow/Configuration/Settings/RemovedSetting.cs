namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A text setting of the past: it may still be given, does nothing, and is never written.</summary>
internal sealed class RemovedSetting<TConfig>(string property) : Setting<TConfig>(property)
{
    public override TConfig Read(TConfig config, SettingNode node, SettingSource source)
    {
        TextType.Instance.Read(node, source);
        source.Logger.SettingIgnored(node.Path);
        return config;
    }

    public override void Validate(TConfig config)
    {
    }
}
