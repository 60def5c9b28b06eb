using System.Text.Json;
using System.Text.Json.Serialization;

namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>A public key in JSON: its text.</summary>
public sealed class CommsPublicKeyJsonConverter : JsonConverter<CommsPublicKey>
{
    /// <inheritdoc/>
    /// <exception cref="JsonException">Not a string of 64 hexadecimal digits.</exception>
    public override CommsPublicKey Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.TokenType == JsonTokenType.String && CommsPublicKey.TryParse(reader.GetString(), out CommsPublicKey key)
            ? key
            : throw new JsonException("A public key is a string of 64 hexadecimal digits.");

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter writer, CommsPublicKey value, JsonSerializerOptions options)
    {
        ArgumentNullException.ThrowIfNull(writer);
        Span<byte> text = stackalloc byte[CommsPublicKey.TextLength];
        value.TryFormat(text, out _);
        writer.WriteStringValue(text);
    }
}
