using System.Text.RegularExpressions;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Documentation;

/// <summary>What the documentation points at exists.</summary>
[TestFixture]
internal sealed partial class LinksAndNamesTests
{
    private static readonly string[] s_pages =
        [
            "README.md",
            .. Directory.GetFiles(Path.Combine(RepositoryFiles.Root, "docs"), "*.md")
                .Select(static path => "docs/" + Path.GetFileName(path)),
        ];

    // The reference itself.
    private static readonly string[] s_foreign = ["tari_comms_dht"];

    private static readonly Lazy<HashSet<string>> s_words = new(ReadWords);

    [TestCaseSource(nameof(s_pages))]
    public void Every_link_to_a_file_or_a_heading_leads_somewhere(string page)
    {
        string text = RepositoryFiles.Read(page);

        foreach (Match link in Link().Matches(text))
        {
            string target = link.Groups["target"].Value;
            if (target.StartsWith("https://", StringComparison.Ordinal))
            {
                continue;
            }

            string[] parts = target.Split('#');
            string path = parts[0].Length == 0 ? page : Path.Combine(Path.GetDirectoryName(page)!, parts[0]);
            Assert.That(File.Exists(Path.Combine(RepositoryFiles.Root, path)), $"{page}: {target}");
            if (parts.Length > 1)
            {
                Assert.That(HeadingsOf(RepositoryFiles.Read(path)), Does.Contain(parts[1]), page);
            }
        }
    }

    /// <summary>Names as they are in the sources, and settings, whose names follow from those of properties.</summary>
    [TestCaseSource(nameof(s_pages))]
    public void Every_name_in_backticks_is_a_name_in_the_sources(string page)
    {
        List<string> unknown = [];
        bool isCode = false;
        foreach (string line in RepositoryFiles.Read(page).Split('\n'))
        {
            isCode ^= line.StartsWith("```", StringComparison.Ordinal);

            // The first column of the tables of compatibility has the reference's names.
            string text = isCode ? "" : page == "docs/compatibility.md" && line.StartsWith('|') ? line[line.IndexOf('|', 1)..] : line;
            foreach (Match name in Quoted().Matches(text))
            {
                foreach (string word in name.Groups["name"].Value.Split('.'))
                {
                    if (!s_words.Value.Contains(word) && !s_words.Value.Contains(Fold(word)))
                    {
                        unknown.Add(name.Value);
                    }
                }
            }
        }

        Assert.That(unknown, Is.Empty, page);
    }

    [GeneratedRegex(@"\]\((?<target>[^)\s]+)\)", RegexOptions.ExplicitCapture)]
    private static partial Regex Link();

    [GeneratedRegex(@"`(?<name>[A-Z]\w*(\.[A-Z]\w*)*|[a-z0-9]+(_[a-z0-9]+)+)(\([^`]*\))?`", RegexOptions.ExplicitCapture)]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\w+")]
    private static partial Regex Word();

    private static IEnumerable<string> HeadingsOf(string text) => text.Split('\n')
        .Where(static line => line.StartsWith('#'))
        .Select(static line => string.Concat(line.TrimStart('#').Trim().ToLowerInvariant()
            .Where(static sign => char.IsLetterOrDigit(sign) || sign is ' ' or '-' or '_')
            .Select(static sign => sign == ' ' ? '-' : sign)));

    private static HashSet<string> ReadWords()
    {
        HashSet<string> words = [.. s_foreign];
        foreach (string path in Directory.EnumerateFiles(RepositoryFiles.Root, "*.cs", SearchOption.AllDirectories))
        {
            string[] folders = Path.GetRelativePath(RepositoryFiles.Root, path).Split(Path.DirectorySeparatorChar);
            if (!folders.Contains("obj") && !folders.Contains("bin"))
            {
                foreach (Match word in Word().Matches(File.ReadAllText(path)))
                {
                    words.Add(word.Value);
                    words.Add(Fold(word.Value));
                }
            }
        }

        return words;
    }

    private static string Fold(string name) => name.Replace("_", "", StringComparison.Ordinal).ToLowerInvariant();
}
