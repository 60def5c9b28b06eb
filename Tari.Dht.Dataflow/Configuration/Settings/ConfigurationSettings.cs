using System.Globalization;
using Microsoft.Extensions.Configuration;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>Makes settings of an application's configuration.</summary>
internal static class ConfigurationSettings
{
    // Settings, their tables, lists in them; what is deeper is no setting.
    private const int Levels = 3;

    /// <summary>Reads a section.</summary>
    /// <param name="section">The section.</param>
    /// <returns>The table of settings; names are folded to lower case without underscores.</returns>
    /// <exception cref="DhtConfigException">A setting is given twice: under two names, or as one value and as several.</exception>
    public static SettingNode Read(IConfigurationSection section)
    {
        SettingNode node = ToNode("", section, Levels);
        return node.Kind == SettingKind.Nothing || (node.Kind == SettingKind.Text && node.Text.Length == 0)
            ? SettingNode.OfTable("", line: 0)
            : node;
    }

    private static SettingNode ToNode(string path, IConfigurationSection section, int levels)
    {
        SettingNode table = SettingNode.OfTable(path, line: 0);
        var items = new List<SettingNode>();
        bool isList = true;
        if (levels > 0)
        {
            foreach (IConfigurationSection child in section.GetChildren())
            {
                string childPath = path.Length == 0 ? child.Key : $"{path}.{child.Key}";
                SettingNode node = ToNode(childPath, child, levels - 1);
                isList &= int.TryParse(child.Key, NumberStyles.None, CultureInfo.InvariantCulture, out _);
                items.Add(node);
                table.Add(Fold(child.Key), node);
            }
        }

        if (items.Count == 0)
        {
            return section.Value is { } text ? SettingNode.OfText(path, line: 0, text) : SettingNode.OfNothing(path);
        }

        // Some providers give an empty text beside the members of a table.
        if (!string.IsNullOrEmpty(section.Value))
        {
            throw table.GivenTwice();
        }

        return isList ? SettingNode.OfList(path, line: 0, items) : table;
    }

    private static string Fold(string key) => key.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
