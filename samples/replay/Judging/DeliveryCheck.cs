using System.Globalization;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Samples.Replay.Captures;

namespace Tari.Dht.Dataflow.Samples.Replay.Judging;

/// <summary>Compares a delivered message with what was expected, without allocating as long as they agree.</summary>
internal static class DeliveryCheck
{
    private const int ShownLength = 24;

    /// <returns>The first difference; null if there is none.</returns>
    public static Difference? Compare(ExpectedDelivery expected, DecryptedDhtMessage actual)
    {
        if (actual.AuthenticatedOrigin != expected.Origin)
        {
            return new Difference("authenticated_origin", Show(expected.Origin?.ToString()), Show(actual.AuthenticatedOrigin?.ToString()));
        }

        if (actual.DecryptionSucceeded != (expected.Parts is not null))
        {
            return new Difference("decryption", Decryption(expected.Parts is not null), Decryption(actual.DecryptionSucceeded));
        }

        if (expected.Parts is not null && CompareParts(expected.Parts, actual) is { } difference)
        {
            return difference;
        }

        if (!expected.RawBody.Matches(actual.RawBody.Span))
        {
            return new Difference("raw_body", Show(expected.RawBody.ToString()), Show(actual.RawBody.Span));
        }

        return actual.DedupHash.Bytes.SequenceEqual(expected.DedupHash)
            ? null
            : new Difference("dedup_hash", Show(expected.DedupHash), Show(actual.DedupHash.Bytes));
    }

    private static Difference? CompareParts(byte[][] expected, DecryptedDhtMessage actual)
    {
        if (actual.Body.PartCount != expected.Length)
        {
            return new Difference("parts", Count(expected.Length), Count(actual.Body.PartCount));
        }

        int i = 0;
        foreach (ReadOnlyMemory<byte> part in actual.Body)
        {
            if (!part.Span.SequenceEqual(expected[i]))
            {
                return new Difference(string.Create(CultureInfo.InvariantCulture, $"parts[{i}]"), Show(expected[i]), Show(part.Span));
            }

            i++;
        }

        return null;
    }

    private static string Decryption(bool succeeded) => succeeded ? "succeeded" : "failed";

    private static string Count(int parts) => string.Create(CultureInfo.InvariantCulture, $"{parts} part(s)");

    private static string Show(ReadOnlySpan<byte> bytes) => bytes.Length <= ShownLength
        ? Show(Convert.ToHexStringLower(bytes))
        : string.Create(CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(bytes[..ShownLength])}... ({bytes.Length} bytes)");

    private static string Show(string? text) => text switch
    {
        null or "" => "none",
        { Length: > 4 * ShownLength } => text[..(2 * ShownLength)] + "...",
        _ => text,
    };
}
