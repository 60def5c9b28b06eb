using System.Globalization;
using System.Text.Json;

namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>The fields of one JSON object of a case; whatever is not as it should be raises a <see cref="CaptureException"/>.</summary>
internal sealed class Fields
{
    private const int MaxBlobLength = 16 << 20;
    private const string UnreadableName = "the name of a field is no Unicode text";

    private readonly JsonElement _element;
    private readonly string _path;
    private readonly string _caseName;
    private readonly string _prefix;

    private Fields(JsonElement element, string path, string caseName, string prefix)
    {
        _element = element;
        _path = path;
        _caseName = caseName;
        _prefix = prefix;
    }

    /// <summary>The fields of a case.</summary>
    /// <param name="element">The array's element.</param>
    /// <param name="path">The file, for messages.</param>
    /// <param name="number">The case's place in the file, for messages until its name is known.</param>
    public static Fields OfCase(JsonElement element, string path, int number)
    {
        var fields = new Fields(element, path, string.Create(CultureInfo.InvariantCulture, $"case {number}"), "");
        fields.RequireObject();
        return new Fields(element, path, $"case '{fields.Text("name")}'", "");
    }

    /// <summary>Fails if the object has other fields than these.</summary>
    public void AllowOnly(params ReadOnlySpan<string> names)
    {
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            bool known = false;
            foreach (string name in names)
            {
                known |= property.NameEquals(name);
            }

            if (!known)
            {
                throw Problem("", TryGetName(property) is { } name ? $"field '{name}' is unknown" : UnreadableName);
            }
        }
    }

    /// <summary>The names of the object's fields.</summary>
    public IEnumerable<string> Names()
    {
        foreach (JsonProperty property in _element.EnumerateObject())
        {
            yield return TryGetName(property) ?? throw Problem("", UnreadableName);
        }
    }

    public bool Has(string name) => _element.TryGetProperty(name, out _);

    /// <summary>The object in a field.</summary>
    public Fields Object(string name)
    {
        var fields = new Fields(Element(name), _path, _caseName, _prefix + name);
        fields.RequireObject();
        return new Fields(fields._element, _path, _caseName, _prefix + name + ".");
    }

    public string Text(string name) => Text(Element(name), name);

    public string? TextOrNull(string name) => IsNull(name) ? null : Text(name);

    public bool Bool(string name) => Element(name).ValueKind switch
    {
        JsonValueKind.True => true,
        JsonValueKind.False => false,
        _ => throw Problem(name, "has to be true or false"),
    };

    /// <summary>A whole number.</summary>
    public long Number(string name, long least, long most)
    {
        JsonElement element = Element(name);
        return element.ValueKind == JsonValueKind.Number && element.TryGetInt64(out long value) && value >= least && value <= most
            ? value
            : throw Problem(name, string.Create(CultureInfo.InvariantCulture, $"has to be a whole number from {least} to {most}"));
    }

    /// <summary>Hexadecimal digits of so many bytes.</summary>
    public byte[] Hex(string name, int length)
    {
        byte[] bytes = Hex(Element(name), name);
        return bytes.Length == length
            ? bytes
            : throw Problem(name, string.Create(CultureInfo.InvariantCulture, $"has to be {length} bytes, not {bytes.Length}"));
    }

    public byte[]? HexOrNull(string name, int length) => IsNull(name) ? null : Hex(name, length);

    /// <summary>Hexadecimal digits, or <c>{length, mul, add}</c> for bytes <c>i * mul + add</c>.</summary>
    public byte[] Blob(string name) => Blob(Element(name), name);

    /// <summary>An array of blobs.</summary>
    public byte[][] Blobs(string name)
    {
        JsonElement[] elements = Elements(name);
        byte[][] blobs = new byte[elements.Length][];
        for (int i = 0; i < blobs.Length; i++)
        {
            blobs[i] = Blob(elements[i], string.Create(CultureInfo.InvariantCulture, $"{name}[{i}]"));
        }

        return blobs;
    }

    /// <summary>An array of texts.</summary>
    public string[] Texts(string name) => Array.ConvertAll(Elements(name), element => Text(element, name));

    public int Count(string name) => Elements(name).Length;

    public bool IsNull(string name) => Element(name).ValueKind == JsonValueKind.Null;

    public bool IsObject(string name) => Element(name).ValueKind == JsonValueKind.Object;

    /// <summary>What to throw when a field's value makes no sense; an empty name is the object itself.</summary>
    public CaptureException Problem(string name, string problem) => new(_path, _caseName, (_prefix + name).TrimEnd('.'), problem);

    private static string? TryGetName(JsonProperty property)
    {
        try
        {
            return property.Name;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private void RequireObject()
    {
        if (_element.ValueKind != JsonValueKind.Object)
        {
            throw Problem("", "has to be an object");
        }
    }

    private JsonElement Element(string name) =>
        _element.TryGetProperty(name, out JsonElement value) ? value : throw Problem(name, "is missing");

    private JsonElement[] Elements(string name)
    {
        JsonElement element = Element(name);
        return element.ValueKind == JsonValueKind.Array ? [.. element.EnumerateArray()] : throw Problem(name, "has to be an array");
    }

    private string Text(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.String)
        {
            throw Problem(name, "has to be text");
        }

        try
        {
            return element.GetString()!;
        }
        catch (InvalidOperationException)
        {
            throw Problem(name, "is no Unicode text");
        }
    }

    private byte[] Hex(JsonElement element, string name)
    {
        string digits = Text(element, name);
        try
        {
            return Convert.FromHexString(digits);
        }
        catch (FormatException)
        {
            throw Problem(name, "has to be hexadecimal digits, two for each byte");
        }
    }

    private byte[] Blob(JsonElement element, string name)
    {
        if (element.ValueKind != JsonValueKind.Object)
        {
            return Hex(element, name);
        }

        var pattern = new Fields(element, _path, _caseName, _prefix + name + ".");
        pattern.AllowOnly("length", "mul", "add");
        byte[] bytes = new byte[pattern.Number("length", 0, MaxBlobLength)];
        long multiplier = pattern.Number("mul", 0, int.MaxValue);
        long addend = pattern.Number("add", 0, int.MaxValue);
        for (int i = 0; i < bytes.Length; i++)
        {
            bytes[i] = unchecked((byte)((i * multiplier) + addend));
        }

        return bytes;
    }
}
