using System.Globalization;
using Tomlyn;
using Tomlyn.Parsing;
using Tomlyn.Syntax;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>Makes settings of TOML text.</summary>
internal static class TomlSettings
{
    /// <summary>The characters that a text may have at most; a written-out configuration has about 2000.</summary>
    public const int MaxLength = 1024 * 1024;

    private const string Section = "dht";

    // Parts of a name beyond the first; settings have two at most.
    private const int MaxDots = 16;

    /// <summary>Reads a text.</summary>
    /// <param name="text">The text.</param>
    /// <param name="form">Where the settings are in it.</param>
    /// <returns>The table of settings; in a section, names are folded to lower case.</returns>
    /// <exception cref="DhtConfigException">
    /// The text is too long or not TOML, or a setting is given twice in different case.
    /// </exception>
    public static SettingNode Read(string text, DhtTomlForm form)
    {
        if (text.Length > MaxLength)
        {
            throw new DhtConfigException(
                DhtConfigError.Unreadable, setting: null, line: 0, "the text is too long", $"{MaxLength} characters at most");
        }

        DocumentSyntax document = Parse(text);
        bool isSection = form == DhtTomlForm.Section;
        SettingNode root = SettingNode.OfTable("", line: 0);
        foreach (KeyValueSyntax pair in document.KeyValues)
        {
            AddPair(root, pair, isSection, isOutermost: true);
        }

        foreach (TableSyntaxBase table in document.Tables)
        {
            AddTable(root, table, isSection);
        }

        return isSection ? root.Members.GetValueOrDefault(Section) ?? root : root;
    }

    private static DocumentSyntax Parse(string text)
    {
        DocumentSyntax document;
        try
        {
            document = SyntaxParser.Parse(text, sourceName: null, validate: true);
        }
        catch (TomlException error)
        {
            // Nested too deeply, which the parser doesn't take for an error of the syntax.
            throw new DhtConfigException(
                DhtConfigError.Syntax, setting: null, error.Line ?? 0, "not TOML that can be read", expected: null, error);
        }

        foreach (DiagnosticMessage message in document.Diagnostics)
        {
            if (message.Kind == DiagnosticMessageKind.Error)
            {
                throw new DhtConfigException(
                    DhtConfigError.Syntax, setting: null, message.Span.Start.Line + 1, $"not TOML ({message.Message.Trim()})");
            }
        }

        return document;
    }

    private static void AddTable(SettingNode root, TableSyntaxBase table, bool isSection)
    {
        SettingNode? target = Descend(root, table.Name!, isSection, isOutermost: true, out string path);
        if (target is null)
        {
            return;
        }

        if (table is TableArraySyntax)
        {
            // No setting is a list of tables: the first one is in the way of the next.
            AddLast(target, table.Name!, isSection, SettingNode.OfList(path, Line(table), []));
            return;
        }

        SettingNode inner = target.GetOrAddTable(Fold(LastName(table.Name!), isSection), path, Line(table));
        foreach (KeyValueSyntax pair in table.Items)
        {
            AddPair(inner, pair, isSection, isOutermost: false);
        }
    }

    private static void AddPair(SettingNode table, KeyValueSyntax pair, bool isSection, bool isOutermost)
    {
        if (Descend(table, pair.Key!, isSection, isOutermost, out string path) is { } target)
        {
            AddLast(target, pair.Key!, isSection, ToNode(path, pair.Value!, isSection));
        }
    }

    private static void AddLast(SettingNode target, KeySyntax key, bool isSection, SettingNode value)
    {
        string name = Fold(LastName(key), isSection);
        if (value.Kind != SettingKind.Table)
        {
            target.Add(name, value);
            return;
        }

        // An inline table may meet another one whose name differs in case.
        SettingNode table = target.GetOrAddTable(name, value.Path, value.Line);
        foreach ((string member, SettingNode node) in value.Members)
        {
            table.Add(member, node);
        }
    }

    // The table in which the last part of a name is to be put, and the whole path; null when it is in another section.
    private static SettingNode? Descend(SettingNode table, KeySyntax key, bool isSection, bool isOutermost, out string path)
    {
        string name = Name(key.Key!);
        path = "";
        if (isSection && isOutermost && Fold(name, isSection) != Section)
        {
            return null;
        }

        path = Join(table.Path, name, isSection && isOutermost);
        if (key.DotKeys.ChildrenCount > MaxDots)
        {
            throw new DhtConfigException(DhtConfigError.UnknownSetting, path, Line(key), "no name of a setting has so many parts");
        }

        foreach (DottedKeyItemSyntax part in key.DotKeys)
        {
            table = table.GetOrAddTable(Fold(name, isSection), path, Line(key));
            name = Name(part.Key!);
            path = Join(path, name, isSection: false);
        }

        return table;
    }

    // The parser allows 64 levels.
    private static SettingNode ToNode(string path, ValueSyntax value, bool isSection)
    {
        int line = Line(value);
        switch (value)
        {
            case StringValueSyntax text:
                return SettingNode.OfText(path, line, text.Value ?? "");

            case IntegerValueSyntax number:
                return ToNumber(path, line, number);

            case FloatValueSyntax fraction:
                return SettingNode.OfFraction(path, line, fraction.Value);

            case BooleanValueSyntax flag:
                return SettingNode.OfFlag(path, line, flag.Value);

            case ArraySyntax array:
                var items = new List<SettingNode>();
                foreach (ArrayItemSyntax item in array.Items)
                {
                    items.Add(ToNode(path, item.Value!, isSection));
                }

                return SettingNode.OfList(path, line, items);

            case InlineTableSyntax inline:
                SettingNode table = SettingNode.OfTable(path, line);
                foreach (InlineTableItemSyntax item in inline.Items)
                {
                    AddPair(table, item.KeyValue!, isSection, isOutermost: false);
                }

                return table;

            default:
                return SettingNode.OfDate(path, line, value.ToString().Trim());
        }
    }

    // The parser takes hexadecimal, octal and binary digits of 64 bits for a number with a sign.
    private static SettingNode ToNumber(string path, int line, IntegerValueSyntax number) =>
        number.Value < 0 && number.Token?.Text?.StartsWith('-') != true
            ? throw new DhtConfigException(
                DhtConfigError.OutOfRange, path, line, $"{number.Token?.Text} is given",
                string.Create(CultureInfo.InvariantCulture, $"a number up to {long.MaxValue}"))
            : SettingNode.OfNumber(path, line, number.Value);

    private static string Join(string path, string name, bool isSection) =>
        isSection ? "" : path.Length == 0 ? name : $"{path}.{name}";

    private static string LastName(KeySyntax key) =>
        Name(key.DotKeys.ChildrenCount == 0 ? key.Key! : key.DotKeys.GetChild(key.DotKeys.ChildrenCount - 1)!.Key!);

    private static string Name(BareKeyOrStringValueSyntax key) => key switch
    {
        BareKeySyntax bare => bare.Key?.Text ?? "",
        StringValueSyntax text => text.Value ?? "",
        _ => "",
    };

    private static string Fold(string name, bool isSection) => isSection ? name.ToLowerInvariant() : name;

    private static int Line(SyntaxNode node) => node.Span.Start.Line + 1;
}
