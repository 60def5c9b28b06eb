using System.Collections.Immutable;
using System.Globalization;
using System.Reflection;
using System.Text;
using Tari.Dht.Dataflow.Peers.Addresses;

namespace Tari.Dht.Dataflow.Tests.Configuration;

/// <summary>Configurations as flat lists of texts, without the help of the library's own tables.</summary>
internal static class ConfigText
{
    /// <summary>Every setting by its path; a duration in seconds, a ratio as a float of 32 bits, a list with line breaks.</summary>
    public static SortedDictionary<string, string> Flatten(object config)
    {
        var values = new SortedDictionary<string, string>(StringComparer.Ordinal);
        Add(values, "", config);
        return values;
    }

    /// <summary>The settings that differ.</summary>
    public static SortedDictionary<string, string> Changes(object from, object to)
    {
        SortedDictionary<string, string> before = Flatten(from);
        var changes = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach ((string path, string value) in Flatten(to))
        {
            if (before[path] != value)
            {
                changes.Add(path, value);
            }
        }

        return changes;
    }

    public static string SnakeCase(string property)
    {
        var name = new StringBuilder();
        foreach (char c in property)
        {
            if (char.IsUpper(c) && name.Length > 0)
            {
                name.Append('_');
            }

            name.Append(char.ToLowerInvariant(c));
        }

        return name.ToString();
    }

    /// <summary>The properties that are settings.</summary>
    public static IEnumerable<PropertyInfo> Settings(Type type) =>
        type.GetProperties(BindingFlags.Public | BindingFlags.Instance).Where(property => property.CanWrite);

    public static string Ratio(float value) => value.ToString("R", CultureInfo.InvariantCulture);

    private static void Add(SortedDictionary<string, string> values, string prefix, object config)
    {
        foreach (PropertyInfo property in Settings(config.GetType()))
        {
            string path = prefix + SnakeCase(property.Name);
            object? value = property.GetValue(config);
            switch (value)
            {
                case null:
                    values.Add(path, "null");
                    break;

                case bool flag:
                    values.Add(path, flag ? "true" : "false");
                    break;

                case string text:
                    values.Add(path, text);
                    break;

                case int number:
                    values.Add(path, number.ToString(CultureInfo.InvariantCulture));
                    break;

                case float ratio:
                    values.Add(path, Ratio(ratio));
                    break;

                case TimeSpan duration:
                    decimal seconds = duration.Ticks / (decimal)TimeSpan.TicksPerSecond;
                    values.Add(path, seconds.ToString("0.#######", CultureInfo.InvariantCulture));
                    break;

                case Enum version:
                    values.Add(path, Convert.ToUInt32(version, CultureInfo.InvariantCulture).ToString(CultureInfo.InvariantCulture));
                    break;

                case ImmutableArray<DialAddressRange> ranges:
                    values.Add(path, string.Join('\n', ranges));
                    break;

                default:
                    Add(values, path + ".", value);
                    break;
            }
        }
    }
}
