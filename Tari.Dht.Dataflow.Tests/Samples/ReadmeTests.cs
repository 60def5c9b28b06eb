using System.Text.RegularExpressions;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Samples;

/// <summary>What the README shows as code is code that is built and run.</summary>
[TestFixture]
internal sealed partial class ReadmeTests
{
    [Test]
    public void First_block_of_csharp_is_the_quickstart()
    {
        string readme = RepositoryFiles.Read("README.md");

        int marker = readme.IndexOf("<!-- sample: samples/quickstart.cs -->\n```csharp\n", StringComparison.Ordinal);

        Assert.That(marker, Is.Not.Negative);
        Assert.That(readme.IndexOf("```csharp", StringComparison.Ordinal), Is.GreaterThan(marker).And.LessThan(marker + 50));
    }

    [Test]
    public void Every_block_that_names_a_sample_is_that_sample_without_its_directives()
    {
        MatchCollection blocks = SampleBlock().Matches(RepositoryFiles.Read("README.md"));

        Assert.That(blocks, Is.Not.Empty);
        foreach (Match block in blocks)
        {
            string[] sample = RepositoryFiles.Read(block.Groups["path"].Value).Split('\n');
            string shown = string.Join('\n', sample.SkipWhile(line => line.Length == 0 || line.StartsWith("#:", StringComparison.Ordinal)));
            Assert.That(block.Groups["code"].Value, Is.EqualTo(shown), block.Groups["path"].Value);
        }
    }

    [GeneratedRegex(@"<!-- sample: (?<path>\S+) -->\n```csharp\n(?<code>.*?)```\n", RegexOptions.Singleline | RegexOptions.ExplicitCapture)]
    private static partial Regex SampleBlock();
}
