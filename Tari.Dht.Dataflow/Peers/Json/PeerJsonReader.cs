using System.Text.Json;
using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Peers.Json;

/// <summary>Reads the optional members of an object, and remembers the first that makes no sense. Null is as good as absent.</summary>
/// <remarks>After a problem every further answer is that for an absent member; so the problem is looked at once, at the end.</remarks>
internal ref struct PeerJsonReader
{
    private readonly JsonElement _element;
    private readonly string _prefix;

    /// <param name="element">An object; untrusted.</param>
    /// <param name="prefix">What stands before the names of members in problems.</param>
    public PeerJsonReader(JsonElement element, string prefix)
    {
        _element = element;
        _prefix = prefix;
        foreach (JsonProperty property in element.EnumerateObject())
        {
            // The search for a member ends at a name that is no text, as if the member were not there.
            if (!TryGetName(property, out _))
            {
                Fail(PeerJsonProblem.Invalid(prefix.TrimEnd('.'), "an object in which the names of all members are text"));
                break;
            }
        }
    }

    /// <summary>What is wrong with the first member at fault, if any.</summary>
    public PeerJsonProblem Problem { get; private set; }

    /// <summary>The name of a member.</summary>
    /// <returns>False when its escapes, or its bytes, are no text.</returns>
    public static bool TryGetName(JsonProperty property, out string name)
    {
        try
        {
            name = property.Name;
            return true;
        }
        catch (InvalidOperationException)
        {
            name = "";
            return false;
        }
    }

    /// <summary>The value of a member.</summary>
    /// <returns>False when there is none, or after a problem.</returns>
    public readonly bool TryGet(string name, out JsonElement value)
    {
        value = default;
        return Problem.Error == PeerJsonError.None && _element.TryGetMember(name, out value) && value.ValueKind != JsonValueKind.Null;
    }

    /// <summary>Notes what a member has to be.</summary>
    public void Fail(string name, string expected) => Fail(PeerJsonProblem.Invalid(_prefix + name, expected));

    /// <summary>Notes a problem.</summary>
    public void Fail(in PeerJsonProblem problem) => Problem = problem;

    public string? Text(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        if (!value.TryGetText(out string? text))
        {
            Fail(name, "text");
        }

        return text;
    }

    public DateTimeOffset? Time(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        if (value.TryReadTime(out DateTimeOffset time))
        {
            return time;
        }

        Fail(name, JsonTimes.TimeForm);
        return null;
    }

    public UInt128? Duration(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        if (value.TryReadDuration(out UInt128 nanoseconds))
        {
            return nanoseconds;
        }

        Fail(name, JsonTimes.DurationForm);
        return null;
    }

    public uint Count(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return 0;
        }

        uint count = 0;
        if (value.ValueKind != JsonValueKind.Number || !value.TryGetUInt32(out count))
        {
            Fail(name, "a whole number from 0 to 4294967295");
        }

        return count;
    }

    public int? Number(string name)
    {
        if (!TryGet(name, out JsonElement value))
        {
            return null;
        }

        if (value.ValueKind == JsonValueKind.Number && value.TryGetInt32(out int number))
        {
            return number;
        }

        Fail(name, "a whole number from -2147483648 to 2147483647");
        return null;
    }

    /// <summary>A member that has to be there: the key.</summary>
    public CommsPublicKey Key(string name)
    {
        Span<byte> bytes = stackalloc byte[CommsPublicKey.Length];
        if (!TryGet(name, out JsonElement value))
        {
            if (Problem.Error == PeerJsonError.None)
            {
                Fail(PeerJsonProblem.Missing(_prefix + name));
            }

            return default;
        }

        if (!value.TryReadHex(bytes))
        {
            Fail(name, "64 hexadecimal digits");
            return default;
        }

        return new CommsPublicKey(bytes);
    }
}
