using System.Text;
using System.Text.Json;
using Tari.Dht.Dataflow.Peers;

namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>
/// A file of captured messages: a JSON array, the settings first (kind <c>identities</c>), then the messages (kind <c>inbound</c>).
/// </summary>
internal sealed class CaptureFile
{
    // Of two fields of one name, one would be passed over in silence.
    private static readonly JsonDocumentOptions s_json = new() { AllowDuplicateProperties = false };

    private CaptureFile(string path, CaptureContext context, IReadOnlyList<Capture> captures)
    {
        Path = path;
        Context = context;
        Captures = captures;
    }

    /// <summary>Where it was read from.</summary>
    public string Path { get; }

    /// <summary>What all messages have in common.</summary>
    public CaptureContext Context { get; }

    /// <summary>The messages, in the file's order; at least one.</summary>
    public IReadOnlyList<Capture> Captures { get; }

    /// <summary>Reads a file.</summary>
    /// <exception cref="CaptureException">The file cannot be read, or something in it is not as it should be.</exception>
    public static CaptureFile Read(string path)
    {
        using JsonDocument document = Parse(path);
        if (document.RootElement.ValueKind != JsonValueKind.Array)
        {
            throw new CaptureException(path, "has to be a JSON array of cases");
        }

        CaptureContext? context = null;
        var captures = new List<Capture>();
        int number = 0;
        foreach (JsonElement element in document.RootElement.EnumerateArray())
        {
            Fields fields = Fields.OfCase(element, path, ++number);
            string kind = fields.Text("kind");
            if (kind == "identities")
            {
                context = context is null ? CaptureContext.Read(fields) : throw fields.Problem("kind", "there is such a case already");
            }
            else if (kind == "inbound")
            {
                captures.Add(ReadCapture(
                    fields, captures.Count, context ?? throw fields.Problem("kind", "a case of kind 'identities' has to come first")));
            }
            else
            {
                throw fields.Problem("kind", $"'{kind}' is unknown");
            }
        }

        return captures.Count > 0
            ? new CaptureFile(path, context!, captures)
            : throw new CaptureException(path, "has no case of kind 'inbound'");
    }

    private static JsonDocument Parse(string path)
    {
        try
        {
            ReadOnlyMemory<byte> text = File.ReadAllBytes(path);
            ReadOnlySpan<byte> mark = Encoding.UTF8.Preamble;
            return JsonDocument.Parse(text.Span.StartsWith(mark) ? text[mark.Length..] : text, s_json);
        }
        catch (JsonException exception)
        {
            throw new CaptureException(path, "is not JSON: " + exception.Message);
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new CaptureException(path, "there is no such file");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new CaptureException(path, "cannot be read: " + exception.Message);
        }
    }

    private static Capture ReadCapture(Fields fields, int index, CaptureContext context)
    {
        fields.AllowOnly(
            "name", "kind", "node", "source", "source_known", "envelope", "envelope_canonical", "dedup_hit_count",
            "dedup_allowed_message_occurrences", "expected");
        string source = fields.Text("source");
        string node = fields.Text("node");
        NodeId sourceId = NodeId.FromPublicKey(context.Identity(fields, "source", source).PublicKey);
        context.Identity(fields, "node", node);
        bool sourceKnown = fields.Bool("source_known");
        if (sourceKnown != context.KnownPeers.Contains(source))
        {
            throw fields.Problem("source_known", $"contradicts the known peers, which {(sourceKnown ? "lack" : "include")} '{source}'");
        }

        int allowed = fields.Has(CaptureContext.AllowedField)
            ? (int)fields.Number(CaptureContext.AllowedField, 1, int.MaxValue)
            : context.AllowedOccurrences;
        uint occurrence = (uint)fields.Number("dedup_hit_count", 1, 1000);
        return new Capture(
            index,
            fields.Text("name"),
            sourceId,
            fields.Blob("envelope"),
            new CaptureSettings(node, allowed, occurrence),
            OutcomeReader.Read(fields.Object("expected")));
    }
}
