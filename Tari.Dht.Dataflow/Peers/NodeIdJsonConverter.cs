using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tari.Dht.Dataflow.Peers;

/// <summary>A node id by itself in JSON: an array of 13 numbers.</summary>
public sealed class NodeIdJsonConverter : JsonConverter<NodeId>
{
    private const string Expected = "A node id is an array of 13 numbers from 0 to 255.";

    /// <inheritdoc/>
    /// <exception cref="JsonException">Not an array of 13 numbers from 0 to 255.</exception>
    public override NodeId Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (reader.TokenType != JsonTokenType.StartArray)
        {
            throw new JsonException(Expected);
        }

        Span<byte> bytes = stackalloc byte[NodeId.Length];
        foreach (ref byte value in bytes)
        {
            if (!reader.Read() || reader.TokenType != JsonTokenType.Number || !reader.TryGetByte(out value))
            {
                throw new JsonException(Expected);
            }
        }

        return reader.Read() && reader.TokenType == JsonTokenType.EndArray ? new NodeId(bytes) : throw new JsonException(Expected);
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, NodeId value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        writer.WriteStartArray();
        foreach (byte part in value.Bytes)
        {
            writer.WriteNumberValue(part);
        }

        writer.WriteEndArray();
    }
}
