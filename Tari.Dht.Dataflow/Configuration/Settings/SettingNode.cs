using System.Globalization;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A value as it is given, wherever it comes from.</summary>
internal sealed class SettingNode
{
    // More of a value than this says nothing in a message.
    private const int LongestQuote = 60;

    private readonly Dictionary<string, SettingNode>? _members;

    private SettingNode(SettingKind kind, string path, int line)
    {
        Kind = kind;
        Path = path;
        Line = line;
        Text = "";
        Items = [];
        if (kind == SettingKind.Table)
        {
            _members = new Dictionary<string, SettingNode>(StringComparer.Ordinal);
        }
    }

    public SettingKind Kind { get; }

    /// <summary>The names that lead to it, as given, with dots; empty for the outermost table.</summary>
    public string Path { get; }

    /// <summary>The line of the text, from 1 on; 0 when there is none.</summary>
    public int Line { get; }

    /// <summary>The text of a text or a date.</summary>
    public string Text { get; private init; }

    public long Number { get; private init; }

    public double Fraction { get; private init; }

    public bool Flag { get; private init; }

    /// <summary>The values of a list.</summary>
    public IReadOnlyList<SettingNode> Items { get; private init; }

    /// <summary>The values of a table by folded name.</summary>
    public IReadOnlyDictionary<string, SettingNode> Members =>
        _members ?? throw new InvalidOperationException("Only a table has members.");

    public static SettingNode OfNothing(string path) => new(SettingKind.Nothing, path, line: 0);

    public static SettingNode OfText(string path, int line, string text) => new(SettingKind.Text, path, line) { Text = text };

    public static SettingNode OfDate(string path, int line, string text) => new(SettingKind.Date, path, line) { Text = text };

    public static SettingNode OfNumber(string path, int line, long number) => new(SettingKind.Number, path, line) { Number = number };

    public static SettingNode OfFraction(string path, int line, double fraction) =>
        new(SettingKind.Fraction, path, line) { Fraction = fraction };

    public static SettingNode OfFlag(string path, int line, bool flag) => new(SettingKind.Flag, path, line) { Flag = flag };

    public static SettingNode OfList(string path, int line, IReadOnlyList<SettingNode> items) =>
        new(SettingKind.List, path, line) { Items = items };

    public static SettingNode OfTable(string path, int line) => new(SettingKind.Table, path, line);

    /// <summary>Adds a value to a table.</summary>
    /// <param name="foldedName">Its name in the form in which it is looked for.</param>
    /// <param name="value">The value.</param>
    /// <exception cref="DhtConfigException">There is one of that name.</exception>
    public void Add(string foldedName, SettingNode value)
    {
        if (!_members!.TryAdd(foldedName, value))
        {
            throw value.GivenTwice();
        }
    }

    /// <summary>The table of this name within this table, which is made if there is none.</summary>
    /// <param name="foldedName">Its name in the form in which it is looked for.</param>
    /// <param name="path">Its path, if it has to be made.</param>
    /// <param name="line">Its line, if it has to be made.</param>
    /// <exception cref="DhtConfigException">There is something else of that name.</exception>
    public SettingNode GetOrAddTable(string foldedName, string path, int line)
    {
        if (!_members!.TryGetValue(foldedName, out SettingNode? table))
        {
            table = OfTable(path, line);
            _members.Add(foldedName, table);
        }

        return table.Kind == SettingKind.Table ? table : throw OfTable(path, line).GivenTwice();
    }

    /// <summary>The error that this value is of the wrong kind.</summary>
    public DhtConfigException WrongKind(string expected) => Error(DhtConfigError.WrongKind, $"{Describe()} is given", expected);

    /// <summary>The error that this value is out of range.</summary>
    public DhtConfigException OutOfRange(string expected) => Error(DhtConfigError.OutOfRange, $"{Describe()} is given", expected);

    /// <summary>The error that there is already a value for this setting.</summary>
    public DhtConfigException GivenTwice() => Error(DhtConfigError.GivenTwice, "it is given twice");

    /// <summary>An error at this value.</summary>
    public DhtConfigException Error(DhtConfigError error, string problem, string? expected = null) =>
        new(error, Path.Length == 0 ? null : Path, Line, problem, expected);

    private string Describe() => Kind switch
    {
        SettingKind.Text => "the text " + Quote(Text),
        SettingKind.Number => Number.ToString(CultureInfo.InvariantCulture),
        SettingKind.Fraction => Fraction.ToString(CultureInfo.InvariantCulture),
        SettingKind.Flag => Flag ? "true" : "false",
        SettingKind.Date => "the date " + Quote(Text),
        SettingKind.List => "a list",
        SettingKind.Table => "a table",
        _ => "nothing",
    };

    private static string Quote(string text) =>
        text.Length <= LongestQuote ? $"\"{text}\"" : $"\"{text.AsSpan(0, LongestQuote)}\" and more";
}
