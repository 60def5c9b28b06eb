using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Storage.PeerStore;
using Tari.Dht.Dataflow.Storage.PeerStore.Exchange;
using Tari.Dht.Dataflow.Tests.Peers.Json;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Storage.PeerStore.Exchange;

[TestFixture]
internal sealed class PeerImporterTests
{
    private static readonly string s_minimal = $$"""{"public_key":"{{JsonPeers.Key}}"}""";

    private ManualTimeProvider _time = null!;
    private PeerManager _manager = null!;

    private static IEnumerable<TestCaseData> BrokenArrays
    {
        get
        {
            yield return new TestCaseData("[\n@\n,\n{x}]", 4L, "is not JSON").SetArgDisplayNames("not a value");
            yield return new TestCaseData("[\n@\n,\n{\"public_key\"\n:,\n\"a\":1}\n,@]", 5L, "is not JSON")
                .SetArgDisplayNames("a value is missing");
            yield return new TestCaseData("[\n@\n,{\"a\":1}}\n]", 3L, "is not JSON").SetArgDisplayNames("a brace too many");
            yield return new TestCaseData("[\n@\n,\n]", 4L, "is not JSON").SetArgDisplayNames("comma at the end");
            yield return new TestCaseData("[\n@\n,,@]", 3L, "is not JSON").SetArgDisplayNames("two commas");
            yield return new TestCaseData("[\n@\n,[}]]", 3L, "is not JSON").SetArgDisplayNames("crossed brackets");
            yield return new TestCaseData("[\n@\n", 3L, "the input ends within the array").SetArgDisplayNames("no end");
            yield return new TestCaseData("[\n@\n,\n{\"a", 4L, "the input ends within the array").SetArgDisplayNames("no end of an entry");
            yield return new TestCaseData("[@]\n\n@", 3L, "follows the end of the array").SetArgDisplayNames("a second value");
        }
    }

    [SetUp]
    public void SetUp()
    {
        _time = new ManualTimeProvider(JsonPeers.Now);
        _manager = PeerManager.Open(new PeerManagerOptions { TimeProvider = _time });
    }

    [TearDown]
    public async Task TearDown() => await _manager.DisposeAsync();

    [Test]
    public async Task An_array_written_by_hand_is_imported_and_its_bad_entries_are_reported_with_their_lines()
    {
        PeerImportResult result = await ImportAsync($$"""
            [
              {
                "public_key": "{{JsonPeers.Key}}",
                "addresses": ["{{JsonPeers.Address}}", "/ip4/1.2.3.4/tcp/5"]
              },
              { "public_key": "too short" },
              "{{KeyOf(1)}}::/ip6/::1/tcp/1::/memory/7",

              {
                "public_key": "{{KeyOf(2)}}",
                "node_id": "{{JsonPeers.NodeId}}"
              },
              17, { "public_key": "{{KeyOf(3)}}", "user_agent": "a ] , } \" [" }
            ]
            """);

        Assert.That((result.Added, result.Updated, result.Refused, result.IsComplete), Is.EqualTo((3L, 0L, 3L, true)));
        Assert.That(result.Problems.Select(static problem => problem.ToString()), Is.EqualTo(new[]
        {
            "line 6, entry 2: public_key: has to be 64 hexadecimal digits",
            "line 9, entry 4: node_id: is not that of the key",
            "line 13, entry 5: has to be an object, or a text such as key::address",
        }));
        Assert.That(result.Problems, Has.All.Property(nameof(PeerImportProblem.Error)).EqualTo(PeerImportError.Content));
        Assert.That(_manager.Find(CommsPublicKey.FromHex(JsonPeers.Key))!.Addresses.Entries, Has.Length.EqualTo(2));
        Assert.That(_manager.Find(CommsPublicKey.FromHex(KeyOf(1)))!.Addresses.Entries[1].Address.ToString(), Is.EqualTo("/memory/7"));
        Assert.That(_manager.Find(CommsPublicKey.FromHex(KeyOf(3)))!.UserAgent, Is.EqualTo("a ] , } \" ["));
        Assert.That(_manager.Count, Is.EqualTo(3));
    }

    [Test]
    public async Task Lines_are_imported_each_on_its_own_even_after_one_that_is_not_JSON()
    {
        PeerImportResult result = await ImportAsync(
            $"\uFEFF\r\n{s_minimal}\r\n\n{{\"public_key\":\n  \"{KeyOf(1)}::/memory/1\"  \n[1]\n{{}}\n{{\"public_key\":\"{KeyOf(2)}\"}}");

        Assert.That((result.Added, result.Refused, result.IsComplete), Is.EqualTo((3L, 3L, true)));
        Assert.That(result.Problems.Select(static problem => problem.ToString()), Is.EqualTo(new[]
        {
            "line 4, entry 2: is not JSON, or is nested too deeply",
            "line 6, entry 4: has to be an object, or a text such as key::address",
            "line 7, entry 5: public_key: is missing",
        }));
        Assert.That(result.Problems[0].Error, Is.EqualTo(PeerImportError.Syntax));
    }

    [TestCase("")]
    [TestCase(" \n\n ")]
    [TestCase("\uFEFF")]
    [TestCase("[]")]
    [TestCase("\uFEFF [ \n ] \n")]
    public async Task An_input_without_entries_imports_nothing(string input)
    {
        PeerImportResult result = await ImportAsync(input);

        Assert.That((result.Added, result.Updated, result.Refused, result.IsComplete), Is.EqualTo((0L, 0L, 0L, true)));
    }

    [TestCaseSource(nameof(BrokenArrays))]
    public async Task What_is_not_JSON_ends_an_array_and_what_came_before_is_imported(string form, long line, string explanation)
    {
        PeerImportResult result = await ImportAsync(form.Replace("@", s_minimal, StringComparison.Ordinal));

        Assert.That((result.Added, result.Updated, result.Refused, result.IsComplete), Is.EqualTo((1L, 0L, 1L, false)));
        Assert.That(result.Problems[0].Line, Is.EqualTo(line));
        Assert.That(result.Problems[0].Entry, Is.EqualTo(2));
        Assert.That(result.Problems[0].Error, Is.EqualTo(PeerImportError.Syntax));
        Assert.That(result.Problems[0].Explanation, Does.StartWith(explanation));
    }

    [TestCase("[\n{0},\n{1},\n{2}\n]")]
    [TestCase("{0}\n\n{1}\n{2}\n")]
    public async Task An_entry_that_is_too_long_is_passed_over(string form)
    {
        string huge = $$"""{"public_key":"{{KeyOf(1)}}","user_agent":"{{new string('x', 100_000)}}"}""";
        string longest = Padded(KeyOf(2), 1000);
        string input = form.Replace("{0}", s_minimal, StringComparison.Ordinal)
            .Replace("{1}", huge, StringComparison.Ordinal)
            .Replace("{2}", longest, StringComparison.Ordinal);

        PeerImportResult result = await ImportAsync(input, new PeerImportOptions { MaxEntryBytes = 1000 });

        Assert.That((result.Added, result.Refused, result.IsComplete), Is.EqualTo((2L, 1L, true)));
        Assert.That(result.Problems[0].ToString(), Is.EqualTo("line 3, entry 2: is longer than 1000 bytes"));
        Assert.That(result.Problems[0].Error, Is.EqualTo(PeerImportError.TooLong));
        Assert.That(_manager.Find(CommsPublicKey.FromHex(KeyOf(2))), Is.Not.Null);
    }

    [TestCase("[{0},{1}]")]
    [TestCase("{0}\n{1}")]
    public async Task An_entry_may_have_as_many_bytes_as_allowed_and_not_one_more(string form)
    {
        string input = form.Replace("{0}", Padded(KeyOf(1), 1000), StringComparison.Ordinal)
            .Replace("{1}", Padded(KeyOf(2), 1001), StringComparison.Ordinal);

        PeerImportResult result = await ImportAsync(input, new PeerImportOptions { MaxEntryBytes = 1000 });

        Assert.That((result.Added, result.Refused), Is.EqualTo((1L, 1L)));
        Assert.That(_manager.Find(CommsPublicKey.FromHex(KeyOf(1))), Is.Not.Null);
    }

    [TestCase("[{0}{1},0]", 1)]
    [TestCase("[ {0} {1} ]", 0)]
    [TestCase("{0}\r\n0", 1)]
    public async Task White_space_around_an_entry_does_not_make_it_longer(string form, int refused)
    {
        string input = form.Replace("{0}", Padded(KeyOf(1), 1000), StringComparison.Ordinal)
            .Replace("{1}", new string(' ', 50_000), StringComparison.Ordinal);

        PeerImportResult result = await ImportAsync(input, new PeerImportOptions { MaxEntryBytes = 1000 });

        Assert.That((result.Added, result.Refused), Is.EqualTo((1L, refused)));
    }

    [Test]
    public async Task White_space_that_parts_two_values_parts_them_however_much_it_is()
    {
        PeerImportResult result = await ImportAsync(
            $"[1{new string(' ', 50_000)}2,{s_minimal}]", new PeerImportOptions { MaxEntryBytes = 1000 });

        Assert.That(result.Problems.Single().Error, Is.EqualTo(PeerImportError.Syntax));
    }

    [Test]
    public async Task White_space_within_a_text_is_part_of_it()
    {
        string agent = new(' ', 900);

        await ImportAsync($$"""[{"public_key":"{{KeyOf(1)}}","user_agent":"{{agent}}"}]""", new PeerImportOptions { MaxEntryBytes = 1000 });

        Assert.That(_manager.Find(CommsPublicKey.FromHex(KeyOf(1)))!.UserAgent, Is.EqualTo(agent));
    }

    [Test]
    public async Task Problems_are_counted_beyond_those_that_are_kept()
    {
        string input = $"[{string.Join(",\n", Enumerable.Repeat("0", 50))}]";

        PeerImportResult result = await ImportAsync(input, new PeerImportOptions { MaxProblems = 3 });

        Assert.That(result.Refused, Is.EqualTo(50));
        Assert.That(result.Problems.Select(static problem => problem.Line), Is.EqualTo(new long[] { 1, 2, 3 }));
    }

    [Test]
    public async Task A_known_peer_is_updated_and_keeps_what_its_entry_does_not_say()
    {
        var known = new Peer(CommsPublicKey.FromHex(JsonPeers.Key), PeerFeatures.CommunicationClient)
        {
            Flags = PeerFlags.Seed,
            UserAgent = "known",
        };
        _manager.AddOrUpdatePeer(known.WithMetadata(1, [2], out _));

        PeerImportResult result = await ImportAsync($"\"{JsonPeers.Key}::{JsonPeers.Address}\"");

        Peer stored = _manager.Find(known.PublicKey)!;
        Assert.That((result.Added, result.Updated), Is.EqualTo((0L, 1L)));
        Assert.That(stored.Features, Is.EqualTo(PeerFeatures.CommunicationClient));
        Assert.That(stored.Flags, Is.EqualTo(PeerFlags.Seed));
        Assert.That(stored.UserAgent, Is.EqualTo("known"));
        Assert.That(stored.Metadata[1].ToArray(), Is.EqualTo(new byte[] { 2 }));
        Assert.That(stored.Addresses.Entries.Any(static entry => entry.Address.ToString() == JsonPeers.Address), Is.True);
    }

    [Test]
    public async Task A_known_peer_takes_what_its_entry_says()
    {
        var known = new Peer(CommsPublicKey.FromHex(JsonPeers.Key), PeerFeatures.CommunicationClient) { Flags = PeerFlags.Seed };
        _manager.AddOrUpdatePeer(known.WithMetadata(1, [2], out _));

        await ImportAsync($$"""[{"public_key":"{{JsonPeers.Key}}","features":"COMMUNICATION_NODE","flags":"","metadata":{"9":[]} }]""");

        Peer stored = _manager.Find(known.PublicKey)!;
        Assert.That(stored.Features, Is.EqualTo(PeerFeatures.CommunicationNode));
        Assert.That(stored.Flags, Is.EqualTo(PeerFlags.None));
        Assert.That(stored.Metadata.Keys, Is.EqualTo(new byte[] { 9 }));
    }

    [Test]
    public async Task Peers_imported_as_seeds_are_seeds()
    {
        await ImportAsync($"[{s_minimal},\"{KeyOf(1)}::/memory/1\"]", new PeerImportOptions { AsSeeds = true });

        Assert.That(_manager.All(), Has.Count.EqualTo(2).And.All.Property(nameof(Peer.IsSeed)).True);
    }

    [Test]
    public async Task A_claim_that_the_peer_signed_is_imported()
    {
        PeerImportResult result = await ImportAsync(JsonPeers.Write(JsonPeers.Full(1)));

        Assert.That(result.Added, Is.EqualTo(1), result.Problems.FirstOrDefault()?.ToString());
    }

    [Test]
    public async Task A_claim_that_is_not_the_peers_refuses_the_entry()
    {
        Peer peer = JsonPeers.Full(1);
        var other = new Peer(CommsPublicKey.FromHex(KeyOf(2))) { Addresses = peer.Addresses };
        JsonNode changed = JsonNode.Parse(JsonPeers.Write(peer))!;
        changed["addresses"]!["addresses"]![1]!["source"]!["FromPeerConnection"]!["peer_identity_claim"]!["features"] = "";

        PeerImportResult result = await ImportAsync($"[{JsonPeers.Write(other)},\n{changed.ToJsonString()}]");

        Assert.That(result.Problems.Select(static problem => problem.ToString()), Is.EqualTo(new[]
        {
            "line 1, entry 1: addresses[0].source: holds a claim that the peer did not sign",
            "line 2, entry 2: addresses[1].source: holds a claim that the peer did not sign",
        }));
        Assert.That(result.Problems, Has.All.Property(nameof(PeerImportProblem.Error)).EqualTo(PeerImportError.Claim));
        Assert.That(_manager.Count, Is.Zero);
    }

    [Test]
    public async Task A_claim_dated_in_the_future_refuses_the_entry()
    {
        using CommsSecretKey secret = JsonPeers.Secret(1);
        Peer peer = Claimed(secret, JsonPeers.Now.AddDays(2), JsonPeers.Address);

        PeerImportResult result = await ImportAsync(JsonPeers.Write(peer));

        Assert.That(result.Problems.Single().Explanation, Is.EqualTo("holds a claim that is dated in the future"));
    }

    [Test]
    public async Task An_address_that_its_claim_does_not_have_refuses_the_entry()
    {
        using CommsSecretKey secret = JsonPeers.Secret(1);
        Peer peer = Claimed(secret, JsonPeers.Now, JsonPeers.Address, "/ip4/9.9.9.9/tcp/9");

        PeerImportResult result = await ImportAsync(JsonPeers.Write(peer));

        Assert.That(result.Problems.Single().Member, Is.EqualTo("addresses[1].source"));
        Assert.That(result.Problems.Single().Explanation, Is.EqualTo("holds a claim without this address"));
    }

    [Test]
    public async Task A_record_that_the_store_refuses_is_reported()
    {
        PeerImportResult result = await ImportAsync($$"""
            [{"public_key":"{{JsonPeers.Key}}","addresses":[{"address":"/memory/1","connection_attempts":4294967295}]},
             "{{KeyOf(1)}}::/memory/1"]
            """);

        Assert.That((result.Added, result.Refused), Is.EqualTo((1L, 1L)));
        Assert.That(result.Problems[0].Error, Is.EqualTo(PeerImportError.Store));
    }

    [Test]
    public void A_cancelled_import_keeps_what_it_imported()
    {
        using var stopping = new CancellationTokenSource();
        string first = $"[{s_minimal},\n{new string(' ', 40_000)}";
        using var input = new PieceStream(stopping.Cancel, first, $"\"{KeyOf(1)}::/memory/1\"]");

        Assert.That(
            async () => await PeerImporter.ImportAsync(_manager, input, cancellationToken: stopping.Token),
            Throws.InstanceOf<OperationCanceledException>());

        Assert.That(_manager.Count, Is.EqualTo(1));
    }

    [Test]
    public void Options_out_of_range_are_the_callers_mistake()
    {
        Assert.That(static () => new PeerImportOptions().Validate(), Throws.Nothing);
        Assert.That(static () => new PeerImportOptions { MaxEntryBytes = 63 }.Validate(), Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(
            static () => new PeerImportOptions { MaxEntryBytes = int.MaxValue }.Validate(),
            Throws.InstanceOf<ArgumentOutOfRangeException>());
        Assert.That(static () => new PeerImportOptions { MaxProblems = -1 }.Validate(), Throws.InstanceOf<ArgumentOutOfRangeException>());
    }

    [TestCase(true)]
    [TestCase(false)]
    public async Task A_hundred_thousand_entries_need_no_more_than_two_of_the_longest(bool isArray)
    {
        const int count = 100_000;
        const int maxEntry = 4000;
        using var input = new EntryStream(count, isArray);
        using var reader = new PeerEntryReader(input, maxEntry);
        int entries = 0;
        int longestBuffer = 0;
        PeerEntryReader.Found found;
        while ((found = await reader.ReadAsync(CancellationToken.None)) != PeerEntryReader.Found.Nothing)
        {
            Assert.That(found, Is.EqualTo(isArray ? PeerEntryReader.Found.Value : PeerEntryReader.Found.Line));
            entries++;
            Assert.That(reader.Number, Is.EqualTo(entries));
            Assert.That(MemoryMarshal.TryGetArray(reader.Entry, out ArraySegment<byte> held), Is.True);
            longestBuffer = Math.Max(longestBuffer, held.Array!.Length);
        }

        Assert.That(entries, Is.EqualTo(count));
        Assert.That(input.Length, Is.GreaterThan(100 * count));
        Assert.That(longestBuffer, Is.LessThanOrEqualTo(2 * (maxEntry + 2)));
    }

    [Test]
    public async Task Entries_are_the_same_however_the_stream_is_cut([Range(1, 40)] int step)
    {
        string text = $"[\n{s_minimal} , \"a\\\"],\" ,{Padded(KeyOf(1), 200)}\n,{Padded(KeyOf(1), 500)},[[],{{}}]\n,1]\n";
        using var whole = new MemoryStream(Encoding.UTF8.GetBytes(text));
        using var cut = new PieceStream(null, [.. text.Chunk(step).Select(static piece => new string(piece))]);

        List<string> expected = await EntriesAsync(whole, 300);

        Assert.That(await EntriesAsync(cut, 300), Is.EqualTo(expected));
        Assert.That(expected, Has.Count.EqualTo(7));
        Assert.That(expected[3], Does.StartWith("TooLong"));
    }

    [Test]
    public async Task Mutated_inputs_are_imported_or_refused_and_never_throw([ValueSource(nameof(Seeds))] int seed)
    {
        var random = new Random(seed);
        string[] forms = ["[\n{0},\n{1},\n{2}\n]\n", "{0}\n{1}\n{2}\n"];
        long imported = 0, refused = 0;
        for (int i = 0; i < 600; i++)
        {
            string text = forms[i % 2];
            for (int entry = 0; entry < 3; entry++)
            {
                text = text.Replace($"{{{entry}}}", JsonPeers.Write(JsonPeers.Full(1 + random.Next(3))), StringComparison.Ordinal);
            }

            using var input = new MemoryStream(JsonMutation.Mutate(Encoding.UTF8.GetBytes(text), random));
            PeerImportResult result = await PeerImporter.ImportAsync(
                _manager, input, new PeerImportOptions { TimeProvider = _time, MaxEntryBytes = 64 + random.Next(4000) });
            Assert.That(result.Problems, Has.Length.EqualTo(result.Refused));
            imported += result.Added + result.Updated;
            refused += result.Refused;
        }

        Assert.That(imported, Is.GreaterThan(100));
        Assert.That(refused, Is.GreaterThan(100));
    }

    private static IEnumerable<int> Seeds() => LongRun.Seeds(1, 2);

    private static string KeyOf(int number)
    {
        using CommsSecretKey secret = JsonPeers.Secret(number);
        return secret.PublicKey.ToString();
    }

    /// <summary>An entry of exactly so many bytes.</summary>
    private static string Padded(string key, int length)
    {
        string entry = $$"""{"public_key":"{{key}}","user_agent":""}""";
        return entry[..^2] + new string('x', length - entry.Length) + entry[^2..];
    }

    private static Peer Claimed(CommsSecretKey secret, DateTimeOffset updatedAt, string claimed, params string[] others)
    {
        var source = PeerAddressSource.FromDiscovery(JsonPeers.Claim(secret, updatedAt, claimed));
        return new Peer(secret.PublicKey)
        {
            Addresses = MultiaddressesWithStats.FromEntries(
                [.. others.Prepend(claimed).Select(text => new MultiaddrWithStats(Multiaddr.Parse(text), source))]),
        };
    }

    private static async Task<List<string>> EntriesAsync(Stream input, int maxEntry)
    {
        using var reader = new PeerEntryReader(input, maxEntry);
        List<string> entries = [];
        PeerEntryReader.Found found;
        do
        {
            found = await reader.ReadAsync(CancellationToken.None);
            string text = found == PeerEntryReader.Found.Value ? Encoding.UTF8.GetString(reader.Entry.Span) : "";
            entries.Add($"{found} {reader.Number} {reader.Line} {text}");
        }
        while (found != PeerEntryReader.Found.Nothing);

        return entries;
    }

    private async Task<PeerImportResult> ImportAsync(string input, PeerImportOptions? options = null)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(input));
        return await PeerImporter.ImportAsync(_manager, stream, (options ?? new PeerImportOptions()) with { TimeProvider = _time });
    }

    /// <summary>A stream that gives at most one piece at a time, and says when the last of them is asked for.</summary>
    private sealed class PieceStream(Action? onLast, params string[] pieces) : ReadOnlyStream
    {
        private int _piece;
        private int _offset;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (_piece == pieces.Length)
            {
                return new(0);
            }

            if (_piece == pieces.Length - 1)
            {
                onLast?.Invoke();
            }

            byte[] piece = Encoding.UTF8.GetBytes(pieces[_piece]);
            int count = Math.Min(buffer.Length, piece.Length - _offset);
            piece.AsMemory(_offset, count).CopyTo(buffer);
            _offset += count;
            if (_offset == piece.Length)
            {
                _piece++;
                _offset = 0;
            }

            return new(count);
        }
    }

    /// <summary>Many entries that are made as they are read.</summary>
    private sealed class EntryStream(int count, bool isArray) : ReadOnlyStream
    {
        private byte[] _rest = [];
        private int _made;
        private long _length;

        public override long Length => _length;

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (_rest.Length == 0 && _made <= count)
            {
                string separator = !isArray ? "\n" : _made == 0 ? "[" : _made == count ? "]" : ",";
                string entry = _made == count ? "" : $$"""{"public_key":"{{_made:x64}}","addresses":["/ip4/1.2.3.4/tcp/1"]}""";
                _rest = Encoding.UTF8.GetBytes(separator + entry);
                _made++;
            }

            int read = Math.Min(_rest.Length, buffer.Length);
            _rest.AsMemory(0, read).CopyTo(buffer);
            _rest = _rest[read..];
            _length += read;
            return new(read);
        }
    }

    private abstract class ReadOnlyStream : Stream
    {
        public override bool CanRead => true;

        public override bool CanSeek => false;

        public override bool CanWrite => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override void Flush()
        {
        }

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
