using System.Text.Json;

namespace Tari.Dht.Dataflow.Tests.Vectors;

/// <summary>Reads files of test vectors: from the folder in <c>TARI_DHT_VECTORS</c> when set, else from the project's copy.</summary>
internal static class VectorFile
{
    /// <summary>The category of every test that reads vectors.</summary>
    public const string Category = "Vectors";

    private static string Folder =>
        Environment.GetEnvironmentVariable("TARI_DHT_VECTORS") is { Length: > 0 } folder
            ? folder
            : Path.Combine(TestContext.CurrentContext.TestDirectory, "Vectors", "Data");

    /// <summary>All cases of a file, in its order.</summary>
    public static IReadOnlyList<JsonElement> Read(string fileName)
    {
        using var document = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(Folder, fileName)));
        return [.. document.RootElement.EnumerateArray().Select(element => element.Clone())];
    }

    /// <summary>
    /// The cases of a file as named NUnit cases. A file without a case of a kind in <paramref name="kinds"/> yields nothing for it;
    /// <see cref="AssertKinds"/> makes sure that no kind goes unread.
    /// </summary>
    public static IEnumerable<TestCaseData> Cases(string fileName, params string[] kinds)
    {
        foreach (JsonElement element in Read(fileName))
        {
            if (kinds.Contains(element.Text("kind")))
            {
                yield return new TestCaseData(element).SetArgDisplayNames(element.Text("name"));
            }
        }
    }

    /// <summary>Fails when the file has a case of a kind that is not in <paramref name="known"/>.</summary>
    public static void AssertKinds(string fileName, params string[] known) =>
        Assert.That(Read(fileName).Select(element => element.Text("kind")).Distinct(), Is.SubsetOf(known), "kinds of cases in " + fileName);

    /// <summary>A required text field.</summary>
    public static string Text(this JsonElement element, string name) =>
        element.GetProperty(name).GetString() ?? throw new InvalidDataException($"'{name}' is null.");

    /// <summary>A field that may be missing or null, which mean the same.</summary>
    public static JsonElement? Optional(this JsonElement element, string name) =>
        element.TryGetProperty(name, out JsonElement value) && value.ValueKind != JsonValueKind.Null ? value : null;

    /// <summary>A text field that may be missing or null.</summary>
    public static string? OptionalText(this JsonElement element, string name) => element.Optional(name)?.GetString();

    /// <summary>A required field of hexadecimal digits.</summary>
    public static byte[] Hex(this JsonElement element, string name) => Convert.FromHexString(element.Text(name));

    /// <summary>A field of hexadecimal digits that may be missing or null.</summary>
    public static byte[]? OptionalHex(this JsonElement element, string name) =>
        element.OptionalText(name) is { } hex ? Convert.FromHexString(hex) : null;

    /// <summary>A blob: hexadecimal digits, or <c>{length, mul, add}</c> for <c>b[i] = i * mul + add</c>.</summary>
    public static byte[] Blob(this JsonElement value)
    {
        if (value.ValueKind == JsonValueKind.String)
        {
            return Convert.FromHexString(value.GetString()!);
        }

        byte[] bytes = new byte[value.GetProperty("length").GetInt32()];
        long multiplier = value.GetProperty("mul").GetInt64();
        long addend = value.GetProperty("add").GetInt64();
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = unchecked((byte)((i * multiplier) + addend));
        }

        return bytes;
    }

    /// <summary>Asserts bytes against an expected hex string or a digest <c>{length, sha256, first_64, last_64}</c>.</summary>
    public static void AssertBytes(JsonElement expected, ReadOnlySpan<byte> actual, string what)
    {
        if (expected.ValueKind == JsonValueKind.String)
        {
            Assert.That(Convert.ToHexStringLower(actual), Is.EqualTo(expected.GetString()), what);
            return;
        }

        string first = Convert.ToHexStringLower(actual[..Math.Min(64, actual.Length)]);
        string last = Convert.ToHexStringLower(actual[Math.Max(0, actual.Length - 64)..]);
        string hash = Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(actual));
        int length = actual.Length;
        Assert.Multiple(() =>
        {
            Assert.That(length, Is.EqualTo(expected.GetProperty("length").GetInt32()), what + " length");
            Assert.That(first, Is.EqualTo(expected.Text("first_64")), what + " first 64 bytes");
            Assert.That(last, Is.EqualTo(expected.Text("last_64")), what + " last 64 bytes");
            Assert.That(hash, Is.EqualTo(expected.Text("sha256")), what + " sha256");
        });
    }
}
