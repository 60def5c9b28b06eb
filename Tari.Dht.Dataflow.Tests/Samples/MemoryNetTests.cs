using System.Globalization;
using System.Xml.Linq;
using Tari.Dht.Dataflow.Samples.MemoryNet;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Samples;

/// <summary>The sample as its user meets it: command lines, what is written, files and exit codes.</summary>
[TestFixture]
internal sealed class MemoryNetTests
{
    private static readonly string[] s_files =
        ["connections.csv", "discoveries.csv", "joins.csv", "network.svg", "nodes.csv", "propagation.csv", "propagation.svg"];

    private TemporaryFolder _folder = null!;
    private StringWriter _output = null!;
    private StringWriter _error = null!;

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _output = new StringWriter();
        _error = new StringWriter();
    }

    [TearDown]
    public void TearDown()
    {
        _folder.Dispose();
        _output.Dispose();
        _error.Dispose();
    }

    [Test]
    public async Task A_message_reaches_all_nodes_of_a_virtual_network_and_no_step_leaves_its_thread()
    {
        string said = await RunAsync(ExitCode.Success, "--nodes", "12", "--virtual", "--seed", "7");

        Assert.That(said, Does.Contain("\npropagation: reached 11 of 11\n").And.Contain("\npropagation after churn: reached "));
        Assert.That(said, Does.Contain(" steps, 0 of them queued by another thread"));
        Assert.That(_error.ToString(), Is.Empty);
    }

    [Test]
    public async Task The_same_seed_brings_the_same_lines_and_files()
    {
        string first = await RunAsync(ExitCode.Success, "--nodes", "12", "--virtual", "--seed", "3", "--output", _folder["1"]);
        string second = await RunAsync(ExitCode.Success, "--nodes", "12", "--virtual", "--seed", "3", "--output", _folder["2"]);
        string other = await RunAsync(ExitCode.Success, "--nodes", "12", "--virtual", "--seed", "4", "--output", _folder["3"]);

        Assert.That(second, Is.EqualTo(first));
        Assert.That(other, Is.Not.EqualTo(first));
        Assert.That(Directory.GetFiles(_folder["1"]).Select(Path.GetFileName), Is.EquivalentTo(s_files));
        foreach (string file in s_files)
        {
            string content = await File.ReadAllTextAsync(Path.Combine(_folder["1"], file));
            Assert.That(await File.ReadAllTextAsync(Path.Combine(_folder["2"], file)), Is.EqualTo(content), file);
        }
    }

    [Test]
    public async Task What_is_no_terminal_gets_plain_lines_with_and_without_a_dashboard()
    {
        string asked = await RunAsync(ExitCode.Success, "--nodes", "5", "--virtual", "--no-dashboard");
        string unasked = await RunAsync(ExitCode.Success, "--nodes", "5", "--virtual");

        Assert.That(asked, Does.Contain("0.0 s  5 nodes start").And.Not.Contain("\u001b"));
        Assert.That(unasked, Is.EqualTo(asked));
    }

    [Test]
    public async Task Nodes_that_start_at_once_and_know_one_seed_find_each_other_by_themselves()
    {
        string said = await RunAsync(ExitCode.Success, "--cold", "--nodes", "25", "--virtual", "--output", _folder["data"]);

        Assert.That(said, Does.StartWith("    0.0 s  25 nodes start, and know one seed\n"));
        Assert.That(
            said,
            Does.Match("\n  110.0 s  known peers 2[0-3]/2[0-3]/23, connected [0-9]+/[0-9]+/[0-9]+, the seed answered [0-9]+ calls\n"));
        Assert.That(said, Does.Contain("\npropagation: reached 24 of 24\n").And.Not.Contain("churn"));
        Assert.That(said, Does.Contain(" steps, 0 of them queued by another thread"));
        Assert.That(Directory.GetFiles(_folder["data"]).Select(Path.GetFileName), Is.EquivalentTo(s_files));
        Assert.That(ReadCsv("nodes.csv").Count(static row => row[3] == "yes"), Is.EqualTo(1), "seeds");
        Assert.That(ReadCsv("joins.csv"), Is.Empty);
        string again = await RunAsync(ExitCode.Success, "--cold", "--nodes", "25", "--virtual");
        Assert.That(again, Is.EqualTo(said), "the same seed, the same run");
    }

    [Test]
    public async Task The_data_agree_with_each_other()
    {
        await RunAsync(ExitCode.Success, "--nodes", "12", "--joins", "5", "--virtual", "--output", _folder["data"]);

        List<string[]> nodes = ReadCsv("nodes.csv");
        List<string[]> connections = ReadCsv("connections.csv");
        List<string[]> joins = ReadCsv("joins.csv");
        List<string[]> discoveries = ReadCsv("discoveries.csv");
        List<string[]> propagation = ReadCsv("propagation.csv");
        Assert.That(nodes.ConvertAll(static row => row[0]), Is.EqualTo(Enumerable.Range(0, 12).Select(static index => $"{index}")));
        Assert.That(nodes.Count(static row => row[3] == "yes"), Is.EqualTo(1), "seeds");
        Assert.That(nodes.Count(static row => row[4] == "Crashed"), Is.EqualTo(1));
        Assert.That(nodes.Count(static row => row[4] == "Restarted"), Is.EqualTo(1));
        Assert.That(connections, Is.Unique.And.All.Matches<string[]>(static row => Number(row[0]) < Number(row[1])));
        Assert.That(connections, Has.Count.GreaterThanOrEqualTo(11), "all nodes are connected");
        Assert.That(joins, Has.Count.EqualTo(5));
        Assert.That(joins, Is.All.Matches<string[]>(static row => row[2] == "yes" && Number(row[3]) is >= 1 and <= 11));
        Assert.That(discoveries, Has.Count.EqualTo(6).And.All.Matches<string[]>(static row => row[3] == "yes" && Number(row[4]) > 0));

        List<string[]> first = propagation.FindAll(static row => row[0] == "propagation");
        string origin = nodes.Select(static row => row[0]).Except(first.Select(static row => row[1])).Single();
        Assert.That(first, Has.Count.EqualTo(11));
        var hops = new Dictionary<string, double> { [origin] = 0 };
        foreach (string[] row in first)
        {
            Assert.That(Number(row[3]), Is.EqualTo(hops[row[2]] + 1), "one more than the node that passed it on");
            Assert.That(connections.Exists(pair => pair.Contains(row[1]) && pair.Contains(row[2])), "a connection is there");
            hops.Add(row[1], Number(row[3]));
        }
    }

    [Test]
    public async Task The_pictures_show_every_node_connection_and_hop()
    {
        await RunAsync(ExitCode.Success, "--nodes", "12", "--virtual", "--output", _folder["data"]);

        XElement network = XDocument.Load(Path.Combine(_folder["data"], "network.svg")).Root!;
        XElement propagation = XDocument.Load(Path.Combine(_folder["data"], "propagation.svg")).Root!;
        Assert.That(Titles(network), Has.Count.EqualTo(12).And.Some.StartsWith("seed 0, ").And.Some.StartsWith("node 11, "));
        Assert.That(Lines(network), Is.EqualTo(ReadCsv("connections.csv").Count));
        Assert.That(Titles(propagation), Has.Count.EqualTo(12));
        Assert.That(Lines(propagation), Is.EqualTo(11));
        Assert.That(
            propagation.Elements(propagation.Name.Namespace + "circle").Count(static circle => circle.Attribute("cx") is null),
            Is.EqualTo(ReadCsv("propagation.csv").Where(static row => row[0] == "propagation").Max(static row => Number(row[3]))));

        static List<string> Titles(XElement root) =>
            [.. root.Descendants(root.Name.Namespace + "title").Select(static title => title.Value)];

        static int Lines(XElement root) =>
            root.Element(root.Name.Namespace + "path")!.Attribute("d")!.Value.Count(static sign => sign == 'M');
    }

    [Test]
    public async Task A_message_that_does_not_reach_all_changes_the_exit_code()
    {
        // Each node passes the message on to one other, so that its way ends where it has been before.
        string said = await RunAsync(ExitCode.NotReached, "--nodes", "40", "--fan-out", "1", "--virtual");

        Assert.That(said, Does.Match("\npropagation: reached [0-9]+ of 39\n"));
    }

    [Test]
    public async Task A_network_runs_in_real_time_too()
    {
        string said = await RunAsync(ExitCode.Success, "--nodes", "5");

        Assert.That(said, Does.Contain("\npropagation: reached 4 of 4\n"));
        Assert.That(said, Does.Not.Contain("virtual time"));
    }

    [TestCase("--nodes has to be 3 to 5000, not 2", "--nodes", "2")]
    [TestCase("--nodes has to be 3 to 5000, not 5001", "--nodes", "5001")]
    [TestCase("'many'", "--nodes", "many")]
    [TestCase("--joins has to be 0 to 5000, not -1", "--joins", "-1")]
    [TestCase("--fan-out has to be 1 to 5000, not 0", "--fan-out", "0")]
    [TestCase("'-3'", "--seed", "-3")]
    [TestCase("--output", "--output")]
    [TestCase("--output needs the name of a folder", "--output", "")]
    [TestCase("--joins has no use with --cold", "--cold", "--joins", "5")]
    [TestCase("--fast", "--fast")]
    public async Task A_line_with_a_fault_is_refused_with_one_line(string message, params string[] args)
    {
        string said = await RunAsync(ExitCode.BadInput, args);

        Assert.That(said, Is.Empty);
        Assert.That(_error.ToString(), Does.StartWith("memorynet: ").And.Contain(message));
        Assert.That(_error.ToString().TrimEnd().Split('\n'), Has.Length.EqualTo(1));
    }

    [Test]
    public async Task A_folder_that_cannot_be_made_is_refused_before_the_run()
    {
        await File.WriteAllTextAsync(_folder["file"], "");

        string said = await RunAsync(ExitCode.BadInput, "--nodes", "3", "--virtual", "--output", _folder["file"]);

        Assert.That(said, Is.Empty);
        Assert.That(_error.ToString(), Does.StartWith("memorynet: "));
    }

    [Test]
    public async Task A_cancelled_run_ends_in_good_order([Values] bool isVirtual)
    {
        using var stopping = new CancellationTokenSource();
        await using var output = new CancellingWriter("nodes join", stopping);
        string[] line = ["--nodes", "5"];

        int code = await MemoryNetCommand.RunAsync(isVirtual ? [.. line, "--virtual"] : line, output, _error, stopping.Token);

        Assert.That(code, Is.EqualTo(ExitCode.Cancelled));
        Assert.That(_error.ToString().Trim(), Is.EqualTo("memorynet: cancelled"));
        Assert.That(output.ToString(), Does.Contain("nodes join").And.Not.Contain("propagation"));
    }

    private static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    /// <summary>Runs the program.</summary>
    /// <returns>What this run wrote but for the line about the real time that it took.</returns>
    private async Task<string> RunAsync(int expected, params string[] args)
    {
        _output.GetStringBuilder().Clear();
        int code = await MemoryNetCommand.RunAsync(args, _output, _error);

        Assert.That(code, Is.EqualTo(expected), () => $"{_error}{_output}");
        string[] lines = _output.ToString().ReplaceLineEndings("\n").Split('\n');
        return string.Join('\n', lines.Where(static line => !line.StartsWith("took ", StringComparison.Ordinal)));
    }

    private List<string[]> ReadCsv(string file)
    {
        string[] lines = File.ReadAllLines(Path.Combine(_folder["data"], file));
        int columns = lines[0].Split(',').Length;
        List<string[]> rows = [.. lines.Skip(1).Select(static line => line.Split(','))];
        Assert.That(rows, Is.All.Length.EqualTo(columns), file);
        return rows;
    }

    /// <summary>Cancels as soon as something is written.</summary>
    private sealed class CancellingWriter(string text, CancellationTokenSource stopping) : StringWriter(CultureInfo.InvariantCulture)
    {
        public override void Write(string? value)
        {
            base.Write(value);
            CancelIfSaid();
        }

        public override void WriteLine(string? value)
        {
            base.WriteLine(value);
            CancelIfSaid();
        }

        private void CancelIfSaid()
        {
            if (ToString().Contains(text, StringComparison.Ordinal))
            {
                stopping.Cancel();
            }
        }
    }
}
