using System.Text.Json.Nodes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Samples.Peers;
using Tari.Dht.Dataflow.Samples.Peers.Commands;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Tests.Peers.Json;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Samples;

/// <summary>The sample as its user meets it: command lines, files, exit codes and what is written.</summary>
[TestFixture]
internal sealed class PeersTests
{
    private TemporaryFolder _folder = null!;
    private ManualTimeProvider _time = null!;
    private StringWriter _output = null!;
    private StringWriter _error = null!;

    private static IEnumerable<TestCaseData> BadLines
    {
        get
        {
            yield return Of("ommand", "");
            yield return Of("'frobnicate'", "frobnicate");
            yield return Of("--file", "identity create");
            yield return Of("'nowhere' is no multiaddress", "identity create --file @i --address nowhere");
            yield return Of("--store", "list");
            yield return Of("--limit has to be 0 or more", "list --store @s --limit -1");
            yield return Of("'few'", "list --store @s --limit few");
            yield return Of("--count has to be 1 to 10000", "closest --store @s --count 0 " + JsonPeers.Key);
            yield return Of("public key of 64 hexadecimal digits", "closest --store @s c1a7");
            yield return Of("2 to 64 hexadecimal digits", "show --store @s peer");
            yield return Of("2 to 64 hexadecimal digits", "show --store @s c");
            yield return Of("2 to 64 hexadecimal digits", "show --store @s 0" + JsonPeers.Key);
            yield return Of("'2 weeks' is no duration", "ban --store @s c1 --reason x --for", "2 weeks");
            yield return Of("'-1h' is no duration", "ban --store @s c1 --reason x --for=-1h");
            yield return Of("--reason", "ban --store @s c1 --for 1h");
            yield return Of("missing.json: cannot be read", "import --store @s @missing.json");

            static TestCaseData Of(string message, string line, params string[] more) =>
                new TestCaseData(message, line, more).SetArgDisplayNames(line + string.Concat(more));
        }
    }

    private string Store => _folder["peers.db"];

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _time = new ManualTimeProvider(JsonPeers.Now);
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
    public async Task An_identity_is_created_and_shown_without_its_secret()
    {
        string file = _folder["id.json"];

        string created = await RunAsync(
            ExitCode.Success, "identity", "create", "--file", file, "--address", "/ip4/23.23.23.23/tcp/1", "--address", "/memory/5");
        string shown = await RunAsync(ExitCode.Success, "identity", "show", "--file", file);

        JsonNode json = JsonNode.Parse(await File.ReadAllTextAsync(file))!;
        Assert.That(shown, Is.EqualTo(created));
        Assert.That(shown, Does.Contain((string?)json["public_key"]).And.Contain((string?)json["node_id"]));
        Assert.That(shown, Does.Contain("/ip4/23.23.23.23/tcp/1").And.Contain("/memory/5"));
        Assert.That(shown, Does.Contain("2030-01-01 00:00:00").And.Contain("node"));
        Assert.That(shown, Does.Not.Contain((string?)json["secret_key"]));
        Assert.That(_error.ToString(), Is.Empty);
    }

    [Test]
    public async Task An_identity_is_replaced_only_by_force()
    {
        string file = _folder["id.json"];
        await RunAsync(ExitCode.Success, "identity", "create", "--file", file);
        string before = await File.ReadAllTextAsync(file);

        await RunAsync(ExitCode.Unusable, "identity", "create", "--file", file);
        Assert.That(await File.ReadAllTextAsync(file), Is.EqualTo(before));
        Assert.That(Error(), Does.Contain("exists already").And.Contain("--force"));

        string wallet = await RunAsync(ExitCode.Success, "identity", "create", "--file", file, "--wallet", "--force");
        Assert.That(await File.ReadAllTextAsync(file), Is.Not.EqualTo(before));
        Assert.That(wallet, Does.Contain("wallet"));
    }

    [Test]
    public async Task An_identity_that_others_can_read_is_shown_with_a_warning()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Ignore("Windows has no such bits.");
            return;
        }

        string file = _folder["id.json"];
        await RunAsync(ExitCode.Success, "identity", "create", "--file", file);
        File.SetUnixFileMode(file, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.OtherRead);

        await RunAsync(ExitCode.Success, "identity", "show", "--file", file);

        Assert.That(Error(), Does.Contain("Other users can read the secret key"));
    }

    [Test]
    public async Task An_identity_file_that_cannot_be_used_is_exit_code_3()
    {
        string file = _folder["id.json"];
        await RunAsync(ExitCode.Unusable, "identity", "show", "--file", file);
        Assert.That(Error(), Does.Contain("does not exist"));

        await File.WriteAllTextAsync(file, """{"secret_key":"c0ffee"}""");
        await RunAsync(ExitCode.Unusable, "identity", "show", "--file", file);
        Assert.That(Error(), Does.Contain(file).And.Not.Contain("c0ffee"));
    }

    [Test]
    public async Task Peers_are_imported_listed_and_exported()
    {
        string input = await WriteSeedsAsync(bad: false);

        string imported = await RunAsync(ExitCode.Success, "import", "--store", Store, input);
        string listed = await RunAsync(ExitCode.Success, "list", "--store", Store);
        string exported = await RunAsync(ExitCode.Success, "export", "--store", Store);
        string saved = await RunAsync(ExitCode.Success, "export", "--store", Store, "--output", _folder["out.json"]);
        string again = await RunAsync(ExitCode.Success, "import", "--store", _folder["second.db"], _folder["out.json"]);

        Assert.That(imported, Is.EqualTo("3 added, 0 updated, 0 refused\n"));
        Assert.That(listed, Does.Contain("c1a7552e5d9e9b25").And.Contain(JsonPeers.Key).And.Contain(JsonPeers.Address));
        Assert.That(listed, Does.Contain("3 of 3 peers: 2 nodes, 1 wallets, 1 seeds, 0 banned"));
        Assert.That(JsonNode.Parse(exported)!.AsArray(), Has.Count.EqualTo(3));
        Assert.That(await File.ReadAllTextAsync(_folder["out.json"]), Is.EqualTo(exported));
        Assert.That(saved, Is.EqualTo("3 exported\n"));
        Assert.That(again, Does.StartWith("3 added"));
        Assert.That(Directory.GetFiles(_folder.Path, "*.new"), Is.Empty);
        Assert.That(_error.ToString(), Is.Empty);
    }

    [Test]
    public async Task A_bad_entry_is_reported_with_its_line_and_the_others_are_imported()
    {
        string input = await WriteSeedsAsync(bad: true);

        string imported = await RunAsync(ExitCode.Partial, "import", "--store", Store, "--seeds", input);
        string error = Error();
        string listed = await RunAsync(ExitCode.Success, "list", "--store", Store, "--seeds");

        Assert.That(imported, Is.EqualTo("3 added, 0 updated, 1 refused\n"));
        Assert.That(error, Is.EqualTo($"peers: {input}: line 5, entry 4: node_id: is not that of the key"));
        Assert.That(listed, Does.Contain("3 of 3 peers"));
    }

    [Test]
    public async Task An_input_of_which_nothing_is_a_peer_is_exit_code_2()
    {
        await File.WriteAllTextAsync(_folder["bad.json"], "[\n5, {");

        await RunAsync(ExitCode.BadInput, "import", "--store", Store, _folder["bad.json"]);

        string[] lines = Error().Split('\n');
        Assert.That(lines, Has.Length.EqualTo(3));
        Assert.That(lines[0], Does.Contain("line 2, entry 1"));
        Assert.That(lines[2], Does.EndWith("the rest was not read"));
    }

    [Test]
    public async Task A_list_shows_what_is_asked_for()
    {
        await RunAsync(ExitCode.Success, "import", "--store", Store, await WriteSeedsAsync(bad: false));

        string nodes = await RunAsync(ExitCode.Success, "list", "--store", Store, "--nodes");
        string wallets = await RunAsync(ExitCode.Success, "list", "--store", Store, "--wallets");
        string first = await RunAsync(ExitCode.Success, "list", "--store", Store, "--limit", "1");
        string banned = await RunAsync(ExitCode.Partial, "list", "--store", Store, "--banned");

        Assert.That(nodes, Does.Contain("2 of 3 peers").And.Contain(JsonPeers.Key).And.Not.Contain(KeyOf(2)));
        Assert.That(wallets, Does.Contain("1 of 3 peers").And.Contain(KeyOf(2)).And.Not.Contain(JsonPeers.Key));
        Assert.That(first, Does.Contain("2 more are not shown.").And.Contain(JsonPeers.Key).And.Not.Contain(KeyOf(1)));
        Assert.That(banned, Is.EqualTo("0 of 3 peers: 2 nodes, 1 wallets, 1 seeds, 0 banned, 0 deleted, 0 seen within a day\n"));
    }

    [Test]
    public async Task A_peer_is_shown_with_all_that_is_known_by_its_first_digits()
    {
        Peer peer = JsonPeers.Full(1);
        await File.WriteAllTextAsync(_folder["peer.json"], JsonPeers.Write(peer));
        await RunAsync(ExitCode.Success, "import", "--store", Store, _folder["peer.json"]);

        string byKey = await RunAsync(ExitCode.Success, "show", "--store", Store, peer.PublicKey.ToString());
        string byId = await RunAsync(ExitCode.Success, "show", "--store", Store, peer.NodeId.ToString()[..5].ToUpperInvariant());

        Assert.That(byId, Is.EqualTo(byKey));
        Assert.That(byKey, Does.Contain("FromPeerConnection").And.Contain("2029-12-31 00:00:00"));
        Assert.That(byKey, Does.Contain("42 ms (100)").And.Contain("t/dht/0"));
        Assert.That(byKey, Does.Contain("2029-12-31 23:59:59").And.Contain("999").And.Contain("MESSAGE_PROPAGATION | DHT_STORE_FORWARD"));
        await RunAsync(ExitCode.Partial, "show", "--store", Store, "0000");
        Assert.That(Error(), Does.Contain("No peer's key or node id begins with '0000'"));
    }

    [Test]
    public async Task Text_of_peers_reaches_the_output_without_what_moves_a_cursor_or_looks_like_markup()
    {
        await File.WriteAllTextAsync(_folder["peer.json"], $$"""
            {"public_key":"{{JsonPeers.Key}}","user_agent":"[red]a\u001b[31m\u202eb[/]\nc",
            "banned_until":"2040-01-01T00:00:00","banned_reason":"[bold]\u0007x",
            """.ReplaceLineEndings("") + """
            "addresses":[{"address":"/memory/1","last_failed_reason":"[/][blink]\r\u009b2J"}]}
            """.ReplaceLineEndings(""));
        await RunAsync(ExitCode.Success, "import", "--store", Store, _folder["peer.json"]);

        string shown = await RunAsync(ExitCode.Success, "show", "--store", Store, JsonPeers.Key);
        string listed = await RunAsync(ExitCode.Success, "list", "--store", Store, "--banned");

        Assert.That(shown, Does.Contain("[red]a[31mb[/] c").And.Contain("[/][blink]").And.Contain("until 2040-01-01 00:00:00: [bold]x"));
        Assert.That(listed, Does.Contain("until 2040-01-01 00:00:00: [bold]x"));
        Assert.That(
            (shown + listed).Where(static character => char.IsControl(character) && character != '\n').Append('\u202E'),
            Is.EqualTo(new[] { '\u202E' }));
    }

    [Test]
    public async Task Peers_are_banned_and_unbanned()
    {
        await RunAsync(ExitCode.Success, "import", "--store", Store, await WriteSeedsAsync(bad: false));

        string banned = await RunAsync(
            ExitCode.Success, "ban", "--store", Store, JsonPeers.Key[..6], "--for", "2h", "--reason", "too\nloud");
        string shorter = await RunAsync(ExitCode.Success, "ban", "--store", Store, JsonPeers.Key, "--for", "1h", "--reason", "other");
        string forever = await RunAsync(
            ExitCode.Success, "ban", "--store", Store, KeyOf(77), "--for", "forever", "--reason", "unknown yet");
        string listed = await RunAsync(ExitCode.Success, "list", "--store", Store, "--banned");
        string unbanned = await RunAsync(ExitCode.Success, "unban", "--store", Store, JsonPeers.NodeId);
        string again = await RunAsync(ExitCode.Success, "unban", "--store", Store, JsonPeers.NodeId);
        string left = await RunAsync(ExitCode.Success, "list", "--store", Store, "--banned");

        Assert.That(banned, Is.EqualTo($"{JsonPeers.NodeId} is banned until 2030-01-01 02:00:00: tooloud\n"));
        Assert.That(shorter, Is.EqualTo($"{JsonPeers.NodeId} is banned until 2030-01-01 02:00:00 already: tooloud\n"));
        Assert.That(forever, Does.EndWith(" is banned forever: unknown yet\n"));
        Assert.That(listed, Does.Contain("2 of 4 peers").And.Contain("forever: unknown yet"));
        Assert.That(listed, Does.Contain("until 2030-01-01 02:00:00: tooloud"));
        Assert.That(unbanned, Is.EqualTo($"{JsonPeers.NodeId} is banned no more\n"));
        Assert.That(again, Is.EqualTo($"{JsonPeers.NodeId} was not banned\n"));
        Assert.That(left, Does.Contain("1 of 4 peers"));
    }

    [Test]
    public async Task Digits_that_several_peers_share_are_too_few_to_ban_one()
    {
        // Of 300 ids two begin alike.
        List<string> lines = [];
        for (int i = 0; i < 300; i++)
        {
            lines.Add($"\"{KeyOf(i)}::/memory/1\"");
        }

        await File.WriteAllLinesAsync(_folder["many.json"], lines);
        await RunAsync(ExitCode.Success, "import", "--store", Store, _folder["many.json"]);
        string shared = Enumerable.Range(0, 300).Select(static number => KeyOf(number)[..2]).GroupBy(static digits => digits)
            .First(static group => group.Count() > 1).Key;

        await RunAsync(ExitCode.BadInput, "ban", "--store", Store, shared, "--for", "1h", "--reason", "x");
        Assert.That(Error(), Does.Contain($"peers begin with '{shared}'; more digits are needed"));
        Assert.That(await RunAsync(ExitCode.Success, "show", "--store", Store, shared), Does.Contain("/memory/1"));
        await RunAsync(ExitCode.Partial, "unban", "--store", Store, KeyOf(1000));
    }

    [Test]
    public async Task The_closest_peers_to_a_key_come_in_the_order_of_their_distance()
    {
        await File.WriteAllLinesAsync(
            _folder["many.json"], Enumerable.Range(0, 50).Select(static number => $"\"{KeyOf(number)}::/memory/1\""));
        await RunAsync(ExitCode.Success, "import", "--store", Store, _folder["many.json"]);
        var target = NodeId.FromHex(JsonPeers.NodeId);
        string[] expected =
        [
            .. Enumerable.Range(0, 50)
                .OrderBy(number => XorDistance.Between(target, NodeId.FromPublicKey(CommsPublicKey.FromHex(KeyOf(number)))))
                .Take(3)
                .Select(static number => KeyOf(number)),
        ];

        string byKey = await RunAsync(ExitCode.Success, "closest", "--store", Store, JsonPeers.Key, "--count", "3");
        string byId = await RunAsync(ExitCode.Success, "closest", "--store", Store, JsonPeers.NodeId, "--count", "3");

        Assert.That(byId, Is.EqualTo(byKey));
        string[] keys =
        [
            .. byKey.Split('\n')
                .Where(static line => line.Contains("node", StringComparison.Ordinal))
                .Select(static line => line.Split('│')[2].Trim()),
        ];
        Assert.That(keys, Is.EqualTo(expected));
    }

    [Test]
    public async Task An_empty_store_has_no_closest_peer()
    {
        await File.WriteAllTextAsync(_folder["none.json"], "[]");
        await RunAsync(ExitCode.Success, "import", "--store", Store, _folder["none.json"]);

        await RunAsync(ExitCode.Partial, "closest", "--store", Store, JsonPeers.Key);
        await RunAsync(ExitCode.Partial, "list", "--store", Store);

        Assert.That(await RunAsync(ExitCode.Success, "export", "--store", Store), Is.EqualTo("[]\n"));
    }

    [TestCase("list")]
    [TestCase("export")]
    [TestCase("show c1a7")]
    [TestCase("unban c1a7")]
    [TestCase("ban c1a7 --for 1h --reason x")]
    [TestCase("closest c1a7552e5d9e9b257c4008b965")]
    public async Task A_store_that_does_not_exist_is_not_made_by_looking_at_it(string line)
    {
        await RunAsync(ExitCode.Unusable, [.. line.Split(' '), "--store", Store]);

        Assert.That(Error(), Does.Contain("There is no store"));
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public async Task A_file_that_is_no_store_is_exit_code_3_and_stays_as_it_is()
    {
        await File.WriteAllTextAsync(Store, "no database at all, and long enough to be one: " + new string('x', 5000));
        SortedDictionary<string, string> before = _folder.Snapshot();

        await RunAsync(ExitCode.Unusable, "list", "--store", Store);

        Assert.That(Error().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(_folder.Snapshot(), Is.EqualTo(before));
    }

    [Test]
    public async Task A_store_that_is_in_use_is_exit_code_3()
    {
        await using PeerManager running = PeerManager.Open(new PeerManagerOptions { DatabasePath = Store });

        await RunAsync(ExitCode.Unusable, "list", "--store", Store);

        Assert.That(Error(), Does.StartWith("peers: "));
    }

    [Test]
    public async Task An_output_that_cannot_be_written_is_exit_code_2()
    {
        await RunAsync(ExitCode.Success, "import", "--store", Store, await WriteSeedsAsync(bad: false));

        await RunAsync(ExitCode.BadInput, "export", "--store", Store, "--output", Path.Combine(_folder.Path, "no", "such", "folder.json"));

        Assert.That(Error(), Does.Contain("cannot be written"));
    }

    [Test]
    public async Task A_cancelled_command_is_exit_code_130()
    {
        string input = await WriteSeedsAsync(bad: false);

        int code = await PeersCommand.RunAsync(
            ["import", "--store", Store, input], _output, _error, _time, new CancellationToken(canceled: true));

        Assert.That(code, Is.EqualTo(ExitCode.Cancelled));
        Assert.That(Error(), Is.EqualTo("peers: cancelled"));
    }

    [TestCaseSource(nameof(BadLines))]
    public async Task A_line_that_makes_no_sense_is_exit_code_2_and_one_readable_line(string message, string line, string[] more)
    {
        string[] arguments =
        [
            .. line.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(part => part.StartsWith('@') ? _folder[part[1..]] : part),
            .. more,
        ];

        await RunAsync(ExitCode.BadInput, arguments);

        Assert.That(Error(), Does.StartWith("peers: ").And.Contain(message));
        Assert.That(Error().Split('\n'), Has.Length.EqualTo(1));
        Assert.That(_output.ToString(), Is.Empty);
        Assert.That(Directory.GetFileSystemEntries(_folder.Path), Is.Empty);
    }

    [Test]
    public async Task Help_names_every_command()
    {
        string help = await RunAsync(ExitCode.Success, "--help");

        string[] commands = ["identity", "import", "export", "list", "show", "ban", "unban", "closest"];
        foreach (string command in commands)
        {
            Assert.That(help, Does.Contain("  " + command));
        }
    }

    [TestCase("30s", 30UL)]
    [TestCase("5m", 300UL)]
    [TestCase("2h", 7200UL)]
    [TestCase("1d", 86_400UL)]
    [TestCase("4294967295w", 4_294_967_295UL * 604_800)]
    [TestCase("forever", ulong.MaxValue)]
    public void A_ban_lasts_as_long_as_is_said(string text, ulong seconds)
    {
        Assert.That(BanDuration.TryParse(text, out ulong read), Is.True);
        Assert.That(read, Is.EqualTo(seconds));
    }

    [TestCase("")]
    [TestCase("h")]
    [TestCase("2")]
    [TestCase("0h")]
    [TestCase("2y")]
    [TestCase("+2h")]
    [TestCase(" 2h")]
    [TestCase("1.5h")]
    [TestCase("4294967296s")]
    [TestCase("Forever")]
    public void What_is_no_duration_is_refused(string text) => Assert.That(BanDuration.TryParse(text, out _), Is.False);

    private static string KeyOf(int number)
    {
        using CommsSecretKey secret = JsonPeers.Secret(number);
        return secret.PublicKey.ToString();
    }

    /// <summary>A node in the short form, a wallet, a seed, and perhaps a bad entry on the fifth line.</summary>
    private async Task<string> WriteSeedsAsync(bool bad)
    {
        string path = _folder["seeds.json"];
        string fourth = bad ? ",\n" + $$"""{"public_key":"{{KeyOf(3)}}","node_id":"{{JsonPeers.NodeId}}"}""" : "";
        await File.WriteAllTextAsync(path, $$"""
            [
              "{{JsonPeers.Key}}::{{JsonPeers.Address}}::/memory/1",
              {"public_key":"{{KeyOf(1)}}","flags":"SEED","addresses":["/dns4/seed.example/tcp/1"]},
              {"public_key":"{{KeyOf(2)}}","features":""}{{fourth}}
            ]
            """);
        return path;
    }

    private string Error() => _error.ToString().TrimEnd();

    /// <summary>Runs a command; what the one before wrote is forgotten.</summary>
    private async Task<string> RunAsync(int expected, params string[] arguments)
    {
        _output.GetStringBuilder().Clear();
        _error.GetStringBuilder().Clear();
        int code = await PeersCommand.RunAsync(arguments, _output, _error, _time);
        Assert.That(code, Is.EqualTo(expected), _error.ToString());
        return _output.ToString().ReplaceLineEndings("\n");
    }
}
