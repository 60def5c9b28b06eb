using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;
using Tari.Dht.Dataflow.Tests.Cryptography;
using Tari.Dht.Dataflow.Tests.Support;

namespace Tari.Dht.Dataflow.Tests.Peers.Identity;

internal sealed class NodeIdentityFileTests
{
    private const string Secret = "0200000000000000000000000000000000000000000000000000000000000000";
    private const string Key = "6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919";
    private const string FirstAddress = "/ip4/23.23.23.23/tcp/18189";

    private static readonly string[] s_members =
        ["node_id", "public_key", "features", "secret_key", "public_addresses", "identity_signature"];

    private TemporaryFolder _folder;
    private ManualTimeProvider _clock;

    private string FilePath => _folder["identity.json"];

    [SetUp]
    public void SetUp()
    {
        _folder = new TemporaryFolder();
        _clock = new ManualTimeProvider();
    }

    [TearDown]
    public void TearDown() => _folder.Dispose();

    [Test]
    public void Save_ThenLoad_GivesTheSameIdentity()
    {
        _clock.Advance(TimeSpan.FromTicks(1_234_567));
        using NodeIdentity identity = Create();
        NodeIdentityFile.Save(identity, FilePath);
        _clock.Advance(TimeSpan.FromDays(10));

        LoadedNodeIdentity loaded = NodeIdentityFile.Load(FilePath, _clock);
        using NodeIdentity again = loaded.Identity;

        Assert.That(loaded.IsSignedAnew, Is.False);
        Assert.That(loaded.IsOpenToOthers, Is.False);
        Assert.That(again.PublicKey, Is.EqualTo(identity.PublicKey));
        Assert.That(again.NodeId, Is.EqualTo(identity.NodeId));
        Assert.That(again.Claim, Is.EqualTo(identity.Claim));
        Assert.That(again.SecretKey.Scalar.SequenceEqual(identity.SecretKey.Scalar));
        Assert.That(again.Signature.UpdatedAtNanoseconds, Is.EqualTo(123_456_700));
    }

    [Test]
    public void Save_WritesTheCompactJsonOfTheNetworksNodes()
    {
        using NodeIdentity identity = Create();
        NodeIdentityFile.Save(identity, FilePath);

        string json = File.ReadAllText(FilePath);
        string signature = JsonNode.Parse(json)!["identity_signature"]!.ToJsonString();
        string[] members =
        [
            $"\"node_id\":\"{identity.NodeId}\"",
            $"\"public_key\":\"{Key}\"",
            "\"features\":\"MESSAGE_PROPAGATION | DHT_STORE_FORWARD\"",
            $"\"secret_key\":\"{Secret}\"",
            $"\"public_addresses\":[\"{FirstAddress}\",\"/dns4/node.example.com/tcp/18189\"]",
            $"\"identity_signature\":{signature}",
        ];
        Assert.That(json, Is.EqualTo("{" + string.Join(',', members) + "}"));
        Assert.That(signature, Does.StartWith("""{"version":0,"signature":{"public_nonce":" """.TrimEnd()));
    }

    [Test]
    public void Load_AFileOfAnotherNode_WithAllTheLibertiesOfText_IsTaken()
    {
        string id = NodeId.FromPublicKey(CommsPublicKey.Parse(Key)).ToString();
        Write($$"""
            {
              "later_member": { "x": [1, null, "\ud83d\ude00"] },
              "features": " COMMUNICATION_NODE ",
              "public_addresses": [],
              "secret_key": "\t0x{{Secret}} ",
              "public_key": "0x{{Key.ToUpperInvariant()}}",
              "node_id": " {{id.ToUpperInvariant()}}"
            }
            """);

        LoadedNodeIdentity loaded = NodeIdentityFile.Load(FilePath, _clock);
        using NodeIdentity identity = loaded.Identity;

        Assert.That(identity.PublicKey.ToString(), Is.EqualTo(Key));
        Assert.That(identity.PublicAddresses, Is.Empty);
        Assert.That(identity.Features.IsNode());
        Assert.That(loaded.IsSignedAnew, "it had no signature");
    }

    [Test]
    public void Load_TheReferencesSignature_IsKept()
    {
        Write("""
            {"node_id":"dc875c01604edc4459218e57f6",
            "public_key":"e2f2ae0a6abc4e71a884a961c500515f58e30b6aa582dd8db6a65945e08d2d76",
            "features":"MESSAGE_PROPAGATION | DHT_STORE_FORWARD",
            "secret_key":"0100000000000000000000000000000000000000000000000000000000000000",
            "public_addresses":["/ip4/23.23.23.23/tcp/18189"],
            "identity_signature":{"version":0,"signature":{
            "public_nonce":"6a493210f7499cd17fecb510ae0cea23a110e8d5b901f8acadd3095c73a3b919",
            "signature":"d0bf9919e1c61ffae12f614792f6bcf2cf62e3acb6986cf488422e5f29980c0f"},
            "updated_at":"2023-11-14T22:13:20.123456789Z"}}
            """);

        LoadedNodeIdentity loaded = NodeIdentityFile.Load(FilePath, _clock);
        using NodeIdentity identity = loaded.Identity;

        Assert.That(loaded.IsSignedAnew, Is.False);
        Assert.That(
            (identity.Signature.UpdatedAt, identity.Signature.UpdatedAtNanoseconds), Is.EqualTo((1_700_000_000L, 123_456_789)));
    }

    [Test]
    public void Load_NullOrAForeignOrAFutureSignature_SignsAnew([Values("null", "other", "future")] string kind)
    {
        using NodeIdentity identity = Create();
        NodeIdentityFile.Save(identity, FilePath);
        JsonNode json = JsonNode.Parse(File.ReadAllText(FilePath))!;
        switch (kind)
        {
            case "null":
                json["identity_signature"] = null;
                break;
            case "other":
                json["public_addresses"]!.AsArray().RemoveAt(1);
                break;
            default:
                _clock = new ManualTimeProvider(_clock.GetUtcNow().AddDays(-2));
                break;
        }

        Write(json.ToJsonString());
        LoadedNodeIdentity loaded = NodeIdentityFile.Load(FilePath, _clock);
        using NodeIdentity again = loaded.Identity;

        Assert.That(loaded.IsSignedAnew);
        Assert.That(again.Signature.UpdatedAt, Is.EqualTo(_clock.GetUtcNow().ToUnixTimeSeconds()));
        Assert.That(again.Claim.Verify(again.PublicKey, _clock.GetUtcNow()), Is.EqualTo(IdentitySignatureStatus.Ok));
    }

    [Test]
    public void Load_AMissingMember_IsNamed([Range(0, 4)] int index)
    {
        string member = s_members[index];
        NodeIdentityException error = LoadEdited(json => json.AsObject().Remove(member));

        AssertError(error, NodeIdentityError.MissingMember, member);
    }

    [TestCase("node_id", "1")]
    [TestCase("node_id", "\"\"")]
    [TestCase("node_id", "\"dc875c01604edc4459218e57f600\"")]
    [TestCase("node_id", "\"LONE\"")]
    [TestCase("public_key", "null")]
    [TestCase("public_key", "\"6a49\"")]
    [TestCase("features", "3")]
    [TestCase("features", "\"EVERYTHING\"")]
    [TestCase("features", "\"0x4\"")]
    [TestCase("secret_key", "{}")]
    [TestCase("secret_key", "\"00\"")]
    [TestCase("secret_key", "\"LONE\"")]
    [TestCase("secret_key", "\"edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010\"")]
    [TestCase("public_addresses", "\"/ip4/1.2.3.4/tcp/1\"")]
    [TestCase("public_addresses", "{}")]
    [TestCase("identity_signature", "[]")]
    [TestCase("identity_signature", "\"none\"")]
    public void Load_AValueThatMakesNoSense_IsRefusedWithItsMember(string member, string value)
    {
        NodeIdentityException error = LoadEdited(json => json[member] = JsonNode.Parse(value));

        AssertError(error, NodeIdentityError.BadValue, member);
    }

    [TestCase("[\"/ip4/1.2.3.4/tcp/1\", \"/ip4/1.2.3.4/tcp/99999\"]", "public_addresses[1]")]
    [TestCase("[5]", "public_addresses[0]")]
    [TestCase("[\"LONE\"]", "public_addresses[0]")]
    public void Load_AnAddressThatIsNone_IsRefusedWithItsPlace(string value, string member)
    {
        NodeIdentityException error = LoadEdited(json => json["public_addresses"] = JsonNode.Parse(value));

        AssertError(error, NodeIdentityError.BadValue, member);
    }

    [Test]
    public void Load_APartOfTheSignatureThatIsNone_IsRefusedWithItsName()
    {
        NodeIdentityException error = LoadEdited(json => json["identity_signature"]!["signature"]!["public_nonce"] = "00");

        AssertError(error, NodeIdentityError.BadValue, "identity_signature.signature.public_nonce");
    }

    [Test]
    public void Load_AKeyOrAnIdOfAnotherSecret_IsAMismatch()
    {
        using NodeIdentity other = NodeIdentity.Generate();

        AssertError(LoadEdited(json => json["public_key"] = other.PublicKey.ToString()), NodeIdentityError.Mismatch, "public_key");
        AssertError(LoadEdited(json => json["node_id"] = other.NodeId.ToString()), NodeIdentityError.Mismatch, "node_id");
        AssertError(
            LoadEdited(json => json["secret_key"] = "03" + Secret[2..]), NodeIdentityError.Mismatch, "public_key");
    }

    [TestCase("[]")]
    [TestCase("null")]
    [TestCase("\"text\"")]
    [TestCase("not json at all")]
    [TestCase("{\"node_id\":")]
    [TestCase("{} {}")]
    [TestCase("{\"secret_key\":\"a\",\"secret_key\":\"b\"}")]
    [TestCase("{\"\\ud800\":1}")]
    [TestCase("{\"deep\":{\"\\udc00\":1}}")]
    [TestCase("{} x")]
    [TestCase(" ")]
    public void Load_WhatIsNoJsonObject_IsRefused(string text)
    {
        Write(text);
        var error = Assert.Throws<NodeIdentityException>(() => NodeIdentityFile.Load(FilePath, _clock));

        Assert.That((error.Error, error.Member), Is.EqualTo((NodeIdentityError.NotJson, (string?)null)));
    }

    [Test]
    public void Load_AnEmptyFileOrNone_IsRefused()
    {
        Assert.That(Failure(() => NodeIdentityFile.Load(FilePath)).Error, Is.EqualTo(NodeIdentityError.NotFound));
        Assert.That(Failure(() => NodeIdentityFile.Load(_folder["no/such/folder"])).Error, Is.EqualTo(NodeIdentityError.NotFound));
        Write("");
        Assert.That(Failure(() => NodeIdentityFile.Load(FilePath)).Error, Is.EqualTo(NodeIdentityError.NotJson));
        Assert.That(Failure(() => NodeIdentityFile.Load(_folder.Path)).Error, Is.EqualTo(NodeIdentityError.Inaccessible));
    }

    [Test]
    public void Load_WhatCannotBeLookedUp_IsNotTakenForMissing()
    {
        // An application may answer a missing file with a new identity: whatever else went wrong must not look like that.
        string noName = _folder[new string('n', 300)];

        Assert.That(Failure(() => NodeIdentityFile.Load(noName)).Error, Is.EqualTo(NodeIdentityError.Inaccessible));
    }

    [Test]
    public void Load_AFileThatIsTooLong_IsRefusedUnread()
    {
        using (FileStream stream = File.Create(FilePath))
        {
            stream.SetLength(NodeIdentityFile.MaxLength + 1);
        }

        Assert.That(Failure(() => NodeIdentityFile.Load(FilePath)).Error, Is.EqualTo(NodeIdentityError.TooLong));
    }

    [Test]
    [Platform("Linux")]
    public void Load_APipe_IsRefusedInsteadOfWaitedFor()
    {
        using (var process = System.Diagnostics.Process.Start("mkfifo", [FilePath]))
        {
            process.WaitForExit();
            Assert.That(process.ExitCode, Is.Zero);
        }

        Assert.That(Failure(() => NodeIdentityFile.Load(FilePath)).Error, Is.EqualTo(NodeIdentityError.NotJson));
    }

    [Test]
    public void Load_AndSave_RefuseASymbolicLink()
    {
        using NodeIdentity identity = Create();
        string target = _folder["target.json"];
        NodeIdentityFile.Save(identity, target);
        File.CreateSymbolicLink(FilePath, target);
        SortedDictionary<string, string> before = _folder.Snapshot();

        Assert.That(Failure(() => NodeIdentityFile.Load(FilePath)).Error, Is.EqualTo(NodeIdentityError.SymbolicLink));
        Assert.That(Failure(() => NodeIdentityFile.Save(identity, FilePath)).Error, Is.EqualTo(NodeIdentityError.SymbolicLink));
        Assert.That(Failure(() => NodeIdentityFile.SaveNew(identity, FilePath)).Error, Is.EqualTo(NodeIdentityError.SymbolicLink));
        Assert.That(_folder.Snapshot(), Is.EqualTo(before));

        File.Delete(target);
        Assert.That(Failure(() => NodeIdentityFile.Load(FilePath)).Error, Is.EqualTo(NodeIdentityError.SymbolicLink), "a link to nowhere");
        Assert.That(Failure(() => NodeIdentityFile.Save(identity, FilePath)).Error, Is.EqualTo(NodeIdentityError.SymbolicLink));
    }

    [Test]
    [Platform(Exclude = "Win")]
    [System.Runtime.Versioning.UnsupportedOSPlatform("windows")]
    public void Save_MakesAFileForItsOwnerAlone_AlsoInThePlaceOfAnOpenOne()
    {
        const UnixFileMode Private = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        using NodeIdentity identity = Create();
        NodeIdentityFile.SaveNew(identity, FilePath);
        Assert.That(File.GetUnixFileMode(FilePath), Is.EqualTo(Private));

        foreach (UnixFileMode open in (UnixFileMode[])[UnixFileMode.GroupRead, UnixFileMode.OtherRead, UnixFileMode.OtherWrite])
        {
            File.SetUnixFileMode(FilePath, Private | open);
            LoadedNodeIdentity loaded = NodeIdentityFile.Load(FilePath, _clock);
            using NodeIdentity again = loaded.Identity;
            Assert.That(loaded.IsOpenToOthers);
            Assert.That(File.GetUnixFileMode(FilePath), Is.EqualTo(Private | open), "loading changes nothing");

            NodeIdentityFile.Save(again, FilePath);
            Assert.That(File.GetUnixFileMode(FilePath), Is.EqualTo(Private));
            LoadedNodeIdentity closed = NodeIdentityFile.Load(FilePath, _clock);
            closed.Identity.Dispose();
            Assert.That(closed.IsOpenToOthers, Is.False);
        }
    }

    [Test]
    public void SaveNew_AFileThatExists_IsLeftAsItIs()
    {
        // Only the last step, the renaming, fails.
        Write("precious");
        SortedDictionary<string, string> before = _folder.Snapshot();
        using NodeIdentity identity = Create();

        Assert.That(Failure(() => NodeIdentityFile.SaveNew(identity, FilePath)).Error, Is.EqualTo(NodeIdentityError.AlreadyExists));
        Assert.That(_folder.Snapshot(), Is.EqualTo(before), "nothing changed, and nothing is left behind");
    }

    [Test]
    public void Save_WhenItFails_LeavesEverythingAsItWas()
    {
        // A name so long that the one of the new file beside it is too long.
        string longName = new('n', 250);
        Write("precious", longName);
        Directory.CreateDirectory(FilePath);
        Write("precious", "file");
        SortedDictionary<string, string> before = _folder.Snapshot();
        using NodeIdentity identity = Create();

        foreach (string path in (string[])[FilePath, _folder[longName], _folder["missing/file"], _folder["file/identity"]])
        {
            Assert.That(Failure(() => NodeIdentityFile.Save(identity, path)).Error, Is.EqualTo(NodeIdentityError.Inaccessible), path);
        }

        Assert.That(_folder.Snapshot(), Is.EqualTo(before), "nothing changed, and nothing is left behind");
    }

    [Test]
    public void Save_ADisposedIdentity_ThrowsAndLeavesTheFile()
    {
        NodeIdentity identity = Create();
        NodeIdentityFile.Save(identity, FilePath);
        SortedDictionary<string, string> before = _folder.Snapshot();
        identity.Dispose();

        Assert.That(() => NodeIdentityFile.Save(identity, FilePath), Throws.InstanceOf<ObjectDisposedException>());
        Assert.That(_folder.Snapshot(), Is.EqualTo(before));
    }

    [Test]
    public void Save_AnIdentityOfManyAddresses_OutgrowsTheFirstBufferAndLoads()
    {
        Multiaddr[] addresses = [.. Enumerable.Range(1, 500).Select(port => Multiaddr.Parse($"/dns4/a-long-name.example.com/tcp/{port}"))];
        using NodeIdentity identity = NodeIdentity.Generate(addresses, timeProvider: _clock);
        NodeIdentityFile.Save(identity, FilePath);
        using NodeIdentity again = NodeIdentityFile.Load(FilePath, _clock).Identity;

        Assert.That(again.Claim, Is.EqualTo(identity.Claim));
    }

    [Test]
    public async Task Save_FromManyThreadsWhileOthersLoad_EveryLoadIsWhole()
    {
        using NodeIdentity identity = Create();
        NodeIdentityFile.Save(identity, FilePath);
        int running = 3;
        Task[] savers = [.. Enumerable.Range(0, 3).Select(thread => Task.Run(() =>
        {
            try
            {
                for (int i = 0; i < 20; i++)
                {
                    identity.SetPublicAddresses([Multiaddr.Parse($"/ip4/23.23.{thread}.{i}/tcp/1")]);
                    NodeIdentityFile.Save(identity, FilePath);
                }
            }
            finally
            {
                Interlocked.Decrement(ref running);
            }
        }))];
        Task loader = Task.Run(() =>
        {
            do
            {
                LoadedNodeIdentity loaded = NodeIdentityFile.Load(FilePath, _clock);
                loaded.Identity.Dispose();
                Assert.That(loaded.IsSignedAnew, Is.False, "the file is one claim");
            }
            while (Volatile.Read(ref running) > 0);
        });

        await Task.WhenAll([.. savers, loader]);

        Assert.That(Directory.GetFiles(_folder.Path), Is.EqualTo(new[] { FilePath }));
    }

    [Test]
    public async Task Save_FromManyThreads_LeavesTheLatestClaim()
    {
        // Each saves after its change, so one of the saves comes after all changes; an earlier one must not be renamed over it.
        for (int round = 0; round < 20; round++)
        {
            using NodeIdentity identity = Create();
            await Task.WhenAll(Enumerable.Range(1, 6).Select(port => Task.Run(() =>
            {
                identity.AddPublicAddress(Multiaddr.Parse($"/ip4/23.23.23.23/tcp/{port}"));
                NodeIdentityFile.Save(identity, FilePath);
            })));

            LoadedNodeIdentity loaded = NodeIdentityFile.Load(FilePath, _clock);
            using NodeIdentity again = loaded.Identity;
            Assert.That(again.Claim, Is.EqualTo(identity.Claim));
        }
    }

    [Test]
    public void Paths_ThatCanNotBe_AreACallersMistake()
    {
        using NodeIdentity identity = Create();

        Assert.That(() => NodeIdentityFile.Load(""), Throws.ArgumentException);
        Assert.That(() => NodeIdentityFile.Load(null!), Throws.ArgumentNullException);
        Assert.That(() => NodeIdentityFile.Save(identity, "a\0b"), Throws.ArgumentException);
        Assert.That(() => NodeIdentityFile.Save(null!, FilePath), Throws.ArgumentNullException);
    }

    [TestCaseSource(typeof(LongRun), nameof(LongRun.Seeds), new object[] { 40, 1 })]
    public void TryRead_MutatedFiles_AnswersWithoutAnUntypedException(int seed)
    {
        const int Cases = 10_000;
        using NodeIdentity identity = Create();
        using var buffer = new SecretBuffer();
        NodeIdentityJson.Write(identity, buffer);
        byte[] original = buffer.Written.ToArray();
        var random = new Random(seed);
        int taken = 0;
        var faults = new HashSet<NodeIdentityError>();
        for (int i = 0; i < Cases; i++)
        {
            byte[] mutated = Mutate(original, random);
            NodeIdentityFault? fault = NodeIdentityJson.TryRead(mutated, _clock, out NodeIdentity? read, out _);
            using (read)
            {
                Assert.That(read is null, Is.EqualTo(fault is not null));
                if (fault is { } wrong)
                {
                    faults.Add(wrong.Error);
                    AssertNoSecret(wrong.ToString());
                }
                else
                {
                    taken++;
                    Assert.That(read!.PublicKey, Is.EqualTo(read.SecretKey.PublicKey));
                    Assert.That(read.NodeId, Is.EqualTo(NodeId.FromPublicKey(read.PublicKey)));
                    Assert.That(read.Claim.Verify(read.PublicKey, _clock.GetUtcNow()), Is.EqualTo(IdentitySignatureStatus.Ok));
                }
            }
        }

        Assert.That(taken, Is.GreaterThan(Cases / 100), "some mutations are harmless");
        Assert.That(faults, Is.SupersetOf((NodeIdentityError[])
            [NodeIdentityError.NotJson, NodeIdentityError.MissingMember, NodeIdentityError.BadValue, NodeIdentityError.Mismatch]));
    }

    [Test]
    public void Exceptions_OfFilesCutOrSpoiltAnywhere_NeverShowTheSecret()
    {
        using NodeIdentity identity = NodeIdentity.Generate([Multiaddr.Parse(FirstAddress)], timeProvider: _clock);
        NodeIdentityFile.Save(identity, FilePath);
        byte[] original = File.ReadAllBytes(FilePath);
        string json = Encoding.UTF8.GetString(original);
        string secret = JsonNode.Parse(json)!["secret_key"]!.GetValue<string>();
        int start = json.IndexOf(secret, StringComparison.Ordinal);
        for (int i = start - 2; i < start + secret.Length + 2; i++)
        {
            byte[] spoilt = [.. original];
            spoilt[i] = (byte)'\\';
            foreach (byte[] bytes in (byte[][])[spoilt, original[..i]])
            {
                File.WriteAllBytes(FilePath, bytes);
                var error = Assert.Throws<NodeIdentityException>(() => NodeIdentityFile.Load(FilePath, _clock));
                for (Exception? inner = error; inner is not null; inner = inner.InnerException)
                {
                    string text = inner.ToString();
                    for (int part = 0; part + 8 <= secret.Length; part += 8)
                    {
                        Assert.That(text, Does.Not.Contain(secret.Substring(part, 8)).IgnoreCase);
                    }
                }
            }
        }
    }

    private static byte[] Mutate(byte[] original, Random random)
    {
        List<byte> bytes = [.. original];
        for (int times = random.Next(1, 4); times > 0; times--)
        {
            int at = random.Next(bytes.Count);
            switch (random.Next(7))
            {
                case 0:
                    bytes[at] = (byte)random.Next(256);
                    break;
                case 1:
                    bytes[at] = (byte)"0123456789abcdef\"\\{}[],:ntu "[random.Next(28)];
                    break;
                case 2:
                    bytes.RemoveAt(at);
                    break;
                case 3:
                    bytes.InsertRange(at, "\\ud800"u8.ToArray());
                    break;
                case 4:
                    bytes.InsertRange(at, bytes.GetRange(at, Math.Min(random.Next(1, 80), bytes.Count - at)));
                    break;
                case 5 when random.Next(4) == 0:
                    bytes.RemoveRange(at, bytes.Count - at);
                    bytes.Add((byte)'}');
                    break;
                default:
                    RewriteMember(bytes, random);
                    break;
            }
        }

        return [.. bytes];
    }

    // Whole members that are gone, swapped, or of another kind: deeper than a changed byte usually gets.
    private static void RewriteMember(List<byte> bytes, Random random)
    {
        JsonNode? node;
        try
        {
            node = JsonNode.Parse(bytes.ToArray());
        }
        catch (JsonException)
        {
            return;
        }

        if (node is not JsonObject json)
        {
            return;
        }

        string member = s_members[random.Next(s_members.Length)];
        string[] values = ["null", "[]", "{}", "5", "\"\"", "\"0x3\"", "[null]", $"\"{Key}\"", $"\"{Secret}\"", "[\"/ip4/1.2.3.4/tcp/5\"]"];
        try
        {
            _ = random.Next(3) == 0 ? json.Remove(member) : (json[member] = JsonNode.Parse(values[random.Next(values.Length)])) is null;
            byte[] written = JsonSerializer.SerializeToUtf8Bytes<JsonNode>(json);
            bytes.Clear();
            bytes.AddRange(written);
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException or ArgumentException)
        {
            // Earlier mutations left an object that this writer cannot handle; it stays as it is.
            return;
        }
    }

    private static void AssertNoSecret(string text) => Assert.That(text, Does.Not.Contain(Secret[..8]).IgnoreCase);

    private static NodeIdentityException Failure(Action action) => Assert.Throws<NodeIdentityException>(() => action())!;

    private static void AssertError(NodeIdentityException error, NodeIdentityError expected, string member)
    {
        Assert.That((error.Error, error.Member), Is.EqualTo((expected, member)));
        Assert.That(error.Message, Does.Contain(member));
        Assert.That(error.Message, Does.Contain(error.Path));
        AssertNoSecret(error.ToString());
    }

    private NodeIdentity Create() => new(
        CommsSecretKey.FromBytes(Scalars.Small(2)),
        [Multiaddr.Parse(FirstAddress), Multiaddr.Parse("/dns4/node.example.com/tcp/18189")],
        timeProvider: _clock);

    private NodeIdentityException LoadEdited(Action<JsonNode> edit)
    {
        using NodeIdentity identity = Create();
        NodeIdentityFile.Save(identity, FilePath);
        JsonNode json = JsonNode.Parse(File.ReadAllText(FilePath))!;
        edit(json);

        // Half a surrogate pair, which the writer could not write.
        Write(json.ToJsonString().Replace("LONE", "\\ud800", StringComparison.Ordinal));
        NodeIdentityException error = Failure(() => NodeIdentityFile.Load(FilePath, _clock));
        Assert.That(error.Path, Is.EqualTo(FilePath));
        return error;
    }

    private void Write(string text, string name = "identity.json") => File.WriteAllText(_folder[name], text);
}
