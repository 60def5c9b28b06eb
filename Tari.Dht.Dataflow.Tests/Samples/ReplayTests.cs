using System.Text.Json.Nodes;
using Tari.Dht.Dataflow.Samples.Replay;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Samples;

/// <summary>The sample as its user meets it: a command line, an input file, an exit code and what is written.</summary>
[TestFixture]
internal sealed class ReplayTests
{
    private const string Passed = "encrypted for us 0";

    private static readonly string[] s_sameDedupHash =
        ["cleartext unsigned, body with no parts (empty body)", "no body field", "cleartext unsigned body is an unknown field only"];

    private static IEnumerable<TestCaseData> OtherExpectations
    {
        get
        {
            yield return Case(
                "outcome", expected => Set(expected, ("stage", "decryption"), ("outcome", "error"), ("error", "InvalidSignature")));
            yield return Case("authenticated_origin", expected => expected["authenticated_origin"] = null);
            yield return Case("decryption", expected => Set(expected, ("decryption", "failed"), ("parts", null)));
            yield return Case("parts", expected => expected["parts"]!.AsArray().Add("00"));
            yield return Case("parts[0]", expected => expected["parts"]![0] = "00");
            yield return Case("raw_body", expected => expected["raw_body"] = "00");
            yield return Case(
                "raw_body", expected => expected["raw_body"] = new JsonObject { ["length"] = 0, ["blake2b_256"] = new string('0', 64) });
            yield return Case("dedup_hash", expected => expected["dedup_hash"] = new string('0', 64));
            yield return Case("bans", expected => expected["source_banned"] = true);

            static TestCaseData Case(string what, Action<JsonObject> change) => new TestCaseData(what, change).SetArgDisplayNames(what);

            static void Set(JsonObject expected, params (string Name, string? Value)[] values)
            {
                foreach ((string name, string? value) in values)
                {
                    expected[name] = value;
                }
            }
        }
    }

    private static IEnumerable<TestCaseData> BadCases
    {
        get
        {
            yield return Case("case 2: name: is missing", captured => captured.Remove("name"));
            yield return Case("case 2: name: has to be text", captured => captured["name"] = 5);
            yield return Named("kind: 'outbound' is unknown", captured => captured["kind"] = "outbound");
            yield return Named("field 'colour' is unknown", captured => captured["colour"] = "red");
            yield return Named("node: 'nobody' is not among the identities", captured => captured["node"] = "nobody");
            yield return Named("source: is missing", captured => captured.Remove("source"));
            yield return Named("source_known: has to be true or false", captured => captured["source_known"] = "yes");
            yield return Named("source_known: contradicts the known peers", captured => captured["source_known"] = false);
            yield return Named("envelope: is missing", captured => captured.Remove("envelope"));
            yield return Named("envelope: has to be hexadecimal digits", captured => captured["envelope"] = "0g");
            yield return Named("envelope: has to be hexadecimal digits", captured => captured["envelope"] = "012");
            yield return Named("envelope: has to be text", captured => captured["envelope"] = 1);
            yield return Named("envelope.mul: is missing", captured => captured["envelope"] = new JsonObject { ["length"] = 1 });
            yield return Named(
                "envelope.length: has to be a whole number", captured => captured["envelope"] = new JsonObject { ["length"] = 1L << 40 });
            yield return Named("dedup_hit_count: has to be a whole number from 1", captured => captured["dedup_hit_count"] = 0);
            yield return Named("dedup_hit_count: has to be a whole number from 1", captured => captured["dedup_hit_count"] = 1.5);
            yield return Named(
                "dedup_allowed_message_occurrences: has to be a whole number",
                captured => captured["dedup_allowed_message_occurrences"] = null);
            yield return Named("expected: is missing", captured => captured.Remove("expected"));
            yield return Named("expected: has to be an object", captured => captured["expected"] = new JsonArray());
            yield return Expected("expected: field 'colour' is unknown", expected => expected["colour"] = "red");
            yield return Expected("expected.stage: 'logging' is unknown", expected => expected["stage"] = "logging");
            yield return Expected("expected.outcome: 'lost' is unknown", expected => expected["outcome"] = "lost");
            yield return Expected(
                "expected.outcome: 'error' does not go with the stage 'passed'", expected => expected["outcome"] = "error");
            yield return Expected("expected.error: 'Oops' is unknown", expected => expected["error"] = "Oops");
            yield return Expected("expected.error: is missing", expected => expected.Remove("error"));
            yield return Expected("expected.bans: has to be an array", expected => expected["bans"] = 0);
            yield return Expected("expected.decryption: 'perhaps' is unknown", expected => expected["decryption"] = "perhaps");
            yield return Expected(
                "expected.authenticated_origin: has to be 32 bytes, not 1", expected => expected["authenticated_origin"] = "00");
            yield return Expected("expected.parts: has to be an array", expected => expected["parts"] = null);
            yield return Expected("expected.parts[0]: has to be hexadecimal digits", expected => expected["parts"]![0] = "xx");
            yield return Expected("expected.raw_body.length: is missing", expected => expected["raw_body"] = new JsonObject());
            yield return Expected("expected.dedup_hash: has to be text", expected => expected["dedup_hash"] = null);

            static TestCaseData Case(string message, Action<JsonObject> change) =>
                new TestCaseData(message, change).SetArgDisplayNames(message);

            static TestCaseData Named(string message, Action<JsonObject> change) => Case($"case '{Passed}': {message}", change);

            static TestCaseData Expected(string message, Action<JsonObject> change) =>
                Named(message, captured => change(captured["expected"]!.AsObject()));
        }
    }

    private static IEnumerable<TestCaseData> BadFiles
    {
        get
        {
            yield return new TestCaseData("", "is not JSON").SetArgDisplayNames("empty");
            yield return new TestCaseData("[{]", "is not JSON").SetArgDisplayNames("malformed");
            yield return new TestCaseData("{}", "has to be a JSON array").SetArgDisplayNames("object");
            yield return new TestCaseData("""[{"name":"a","name":"b"}]""", "is not JSON: Duplicate property 'name'")
                .SetArgDisplayNames("name twice");
            yield return new TestCaseData("\ufeff[]", "has no case of kind 'inbound'").SetArgDisplayNames("byte order mark");
            yield return new TestCaseData("[]", "has no case of kind 'inbound'").SetArgDisplayNames("no case");
            yield return new TestCaseData("[1]", "case 1: has to be an object").SetArgDisplayNames("number");
            yield return new TestCaseData("""[{"name":"\ud800"}]""", "case 1: name: is no Unicode text")
                .SetArgDisplayNames("lone surrogate");
            yield return new TestCaseData(
                """[{"name":"first","kind":"inbound"}]""", "case 'first': kind: a case of kind 'identities' has to come first")
                .SetArgDisplayNames("no identities");
            yield return new TestCaseData("""[{"name":"a\nb","kind":"x"}]""", "case 'a b': kind: 'x' is unknown")
                .SetArgDisplayNames("two lines");
        }
    }

    private static IEnumerable<TestCaseData> BadIdentities
    {
        get
        {
            yield return Case("now: has to be a whole number", settings => settings["now"] = -1);
            yield return Case("node_features: has to be a whole number from 0 to 3", settings => settings["node_features"] = 4);
            yield return Case("known_peers: 'nobody' is not among the identities", settings => settings["known_peers"]![0] = "nobody");
            yield return Case(
                "identities.node.secret_key: is no canonical scalar", settings => Node(settings)["secret_key"] = new string('f', 64));
            yield return Case(
                "identities.node.public_key: does not belong", settings => Node(settings)["public_key"] = new string('0', 64));
            yield return Case("identities.node.node_id: does not belong", settings => Node(settings)["node_id"] = new string('0', 26));

            static TestCaseData Case(string message, Action<JsonObject> change) =>
                new TestCaseData(message, change).SetArgDisplayNames(message);

            static JsonNode Node(JsonObject settings) => settings["identities"]!["node"]!;
        }
    }

    [Test]
    public async Task Default_input_ends_as_expected_in_every_repetition()
    {
        Answer answer = await RunAsync("--repeat", "3");

        Assert.That(answer.Error, Is.Empty);
        Assert.That(answer.Output, Does.Contain("615 messages").And.Contain("All 205 cases ended as expected."));
        Assert.That(answer.ExitCode, Is.Zero);
    }

    [Test]
    public async Task Output_that_is_no_terminal_has_no_control_characters()
    {
        Answer answer = await RunAsync("--repeat", "1", "--workers", "1");

        Assert.That(answer.Output.Where(character => char.IsControl(character) && character is not ('\r' or '\n')), Is.Empty);
    }

    [Test]
    public async Task Cases_with_the_same_dedup_hash_do_not_disturb_each_other()
    {
        using var folder = new TemporaryFolder();
        JsonArray cases = Cases(s_sameDedupHash);
        Assert.That(
            cases.Skip(1).Select(captured => (string?)captured!["expected"]!["dedup_hash"]).Distinct().ToArray(), Has.Length.EqualTo(1));

        Answer answer = await RunAsync("--input", Save(folder, cases), "--repeat", "5");

        Assert.That(answer.Output, Does.Contain("All 3 cases ended as expected."));
        Assert.That(answer.ExitCode, Is.Zero);
    }

    [TestCaseSource(nameof(OtherExpectations))]
    public async Task Case_that_ends_otherwise_is_named_with_what_differs(string what, Action<JsonObject> change)
    {
        using var folder = new TemporaryFolder();
        JsonArray cases = Cases(Passed, "encrypted for us 1");
        change(cases[1]!["expected"]!.AsObject());

        Answer answer = await RunAsync("--input", Save(folder, cases), "--repeat", "2");

        string[] lines = answer.Output.Split('\n');
        Assert.That(answer.Error, Is.Empty);
        Assert.That(lines.Count(line => line.Contains(Passed) && line.Contains(what)), Is.EqualTo(1), answer.Output);
        Assert.That(answer.Output, Does.Contain("1 of 2 cases did not end as expected.").And.Not.Contain("encrypted for us 1"));
        Assert.That(answer.ExitCode, Is.EqualTo(1));
    }

    [TestCaseSource(nameof(BadCases))]
    public async Task Bad_case_is_named_with_its_field(string message, Action<JsonObject> change)
    {
        using var folder = new TemporaryFolder();
        JsonArray cases = Cases(Passed);
        change(cases[1]!.AsObject());

        await AssertNotRun(Save(folder, cases), message);
    }

    [TestCaseSource(nameof(BadIdentities))]
    public async Task Bad_settings_are_named(string message, Action<JsonObject> change)
    {
        using var folder = new TemporaryFolder();
        JsonArray cases = Cases(Passed);
        change(cases[0]!.AsObject());

        await AssertNotRun(Save(folder, cases), "case 'identities': " + message);
    }

    [TestCaseSource(nameof(BadFiles))]
    public async Task Bad_file_is_named(string content, string message)
    {
        using var folder = new TemporaryFolder();
        await File.WriteAllTextAsync(folder["captures.json"], content);

        await AssertNotRun(folder["captures.json"], message);
    }

    [Test]
    public async Task Second_case_of_settings_is_refused()
    {
        using var folder = new TemporaryFolder();
        JsonArray cases = Cases(Passed);
        cases.Add(cases[0]!.DeepClone());

        await AssertNotRun(Save(folder, cases), "case 'identities': kind: there is such a case already");
    }

    [Test]
    public async Task Missing_file_is_named()
    {
        using var folder = new TemporaryFolder();

        await AssertNotRun(folder["nothing.json"], "there is no such file");
        await AssertNotRun(Path.Combine(folder["nothing"], "nothing.json"), "there is no such file");
    }

    [Test]
    public async Task Folder_as_input_is_named()
    {
        using var folder = new TemporaryFolder();

        await AssertNotRun(folder.Path, "cannot be read");
    }

    [TestCase("--repeat 0", "--repeat")]
    [TestCase("--repeat many", "--repeat")]
    [TestCase("--repeat", "--repeat")]
    [TestCase("--workers 0", "--workers")]
    [TestCase("--workers 129", "--workers")]
    [TestCase("--fast", "--fast")]
    public async Task Bad_option_is_named(string line, string option)
    {
        Answer answer = await RunAsync(line.Split(' '));

        Assert.That(answer.ErrorLines, Has.Length.EqualTo(1));
        Assert.That(answer.Error, Does.StartWith("replay: ").And.Contain(option));
        Assert.That(answer.Output, Is.Empty);
        Assert.That(answer.ExitCode, Is.EqualTo(2));
    }

    [Test]
    public async Task Input_whose_name_starts_with_an_at_sign_is_a_file_like_any_other() =>
        await AssertNotRun("@nothing.json", "there is no such file");

    [Test]
    public async Task Help_lists_the_options()
    {
        Answer answer = await RunAsync("--help");

        Assert.That(answer.Output, Does.Contain("--input").And.Contain("--repeat").And.Contain("--workers"));
        Assert.That(answer.ExitCode, Is.Zero);
    }

    [Test]
    public async Task Cancelled_run_ends_with_the_exit_code_of_an_interrupt()
    {
        using var cancelled = new CancellationTokenSource();
        await cancelled.CancelAsync();

        Answer answer = await RunAsync(["--repeat", "1000"], cancelled.Token);

        Assert.That(answer.Error.Trim(), Is.EqualTo("replay: cancelled"));
        Assert.That(answer.ExitCode, Is.EqualTo(130));
    }

    private static async Task AssertNotRun(string path, string message)
    {
        Answer answer = await RunAsync("--input", path);

        Assert.That(answer.ErrorLines, Has.Length.EqualTo(1));
        Assert.That(answer.Error, Does.StartWith($"replay: {path}: {message}"));
        Assert.That(answer.Output, Is.Empty);
        Assert.That(answer.ExitCode, Is.EqualTo(2));
    }

    private static Task<Answer> RunAsync(params string[] args) => RunAsync(args, CancellationToken.None);

    private static async Task<Answer> RunAsync(string[] args, CancellationToken cancellationToken)
    {
        using var output = new StringWriter();
        using var error = new StringWriter();
        int exitCode = await ReplayCommand.RunAsync(args, output, error, cancellationToken);
        return new Answer(exitCode, output.ToString(), error.ToString());
    }

    /// <summary>The settings and the named cases of the default input.</summary>
    private static JsonArray Cases(params string[] names)
    {
        string file = Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", "Data", "envelopes.json");
        JsonArray all = JsonNode.Parse(File.ReadAllBytes(file))!.AsArray();
        IEnumerable<JsonNode?> named = names.Select(name => all.Single(captured => (string?)captured!["name"] == name));
        return [.. named.Prepend(all[0]).Select(captured => captured!.DeepClone())];
    }

    private static string Save(TemporaryFolder folder, JsonArray cases)
    {
        string path = folder["captures.json"];
        File.WriteAllText(path, cases.ToJsonString());
        return path;
    }

    private sealed record Answer(int ExitCode, string Output, string Error)
    {
        public string[] ErrorLines => Error.Split(Environment.NewLine, StringSplitOptions.RemoveEmptyEntries);
    }
}
