using System.Text.Json;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>One setting of a record of settings.</summary>
/// <param name="property">The record's property, whose name in snake case is the setting's.</param>
internal abstract class Setting<TConfig>(string property)
{
    public string Property { get; } = property;

    /// <summary>The name as text, such as <c>ban_duration</c>.</summary>
    public string Name { get; } = JsonNamingPolicy.SnakeCaseLower.ConvertName(property);

    /// <summary>The name in lower case without underscores, which is the same for both ways of writing it.</summary>
    public string CompactName { get; } = property.ToLowerInvariant();

    /// <summary>The settings with what is given in place of this one.</summary>
    /// <exception cref="DhtConfigException">What is given is of another kind or out of range.</exception>
    public abstract TConfig Read(TConfig config, SettingNode node, SettingSource source);

    /// <summary>Checks this setting.</summary>
    /// <exception cref="ArgumentException">It is none, or out of range; the message names it and the range.</exception>
    public abstract void Validate(TConfig config);
}
