using System.Text.Json;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Peers.Json;

/// <summary>Times and durations in the JSON of a peer.</summary>
/// <remarks>
/// A time is UTC and names no zone; the fraction has 0, 3, 6 or 9 digits, as few as it needs. Other nodes have years and nanoseconds beyond
/// those of <see cref="DateTimeOffset"/>: when read, the former saturate and the latter are cut to 100 ns. Stateless, thread safe.
/// </remarks>
internal static class JsonTimes
{
    /// <summary>What has to stand in the place of a time.</summary>
    public const string TimeForm = "a time such as 2025-09-12T09:36:00.123, in UTC";

    /// <summary>What has to stand in the place of a duration.</summary>
    public const string DurationForm = "a duration such as {\"secs\":1,\"nanos\":0}";

    private const uint NanosecondsPerSecond = 1_000_000_000;
    private const int NanosecondsPerTick = 100;

    private const string Seconds = "secs";
    private const string Nanoseconds = "nanos";

    /// <summary>Writes a time, or null.</summary>
    public static void WriteTime(this Utf8JsonWriter writer, string name, DateTimeOffset? time)
    {
        if (time is not { } value)
        {
            writer.WriteNull(name);
            return;
        }

        Span<byte> text = stackalloc byte[Rfc3339.MaxLength];
        long ticks = value.UtcTicks - DateTime.UnixEpoch.Ticks;
        (long seconds, long rest) = Math.DivRem(ticks, TimeSpan.TicksPerSecond);
        if (rest < 0)
        {
            seconds--;
            rest += TimeSpan.TicksPerSecond;
        }

        // All but the zone at the end.
        int length = Rfc3339.Write(seconds, (int)rest * NanosecondsPerTick, text) - 1;
        writer.WriteString(name, text[..length]);
    }

    /// <summary>Reads a time, with or without a <c>Z</c> at its end.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="time">The time, in UTC.</param>
    public static bool TryReadTime(this JsonElement element, out DateTimeOffset time)
    {
        time = default;
        const int maxLength = 48;
        if (!element.TryGetText(out string? text) || text.Length is 0 or >= maxLength)
        {
            return false;
        }

        Span<byte> ascii = stackalloc byte[maxLength];
        if (System.Text.Ascii.FromUtf16(text, ascii, out int length) != System.Buffers.OperationStatus.Done)
        {
            return false;
        }

        if (ascii[length - 1] != 'Z')
        {
            ascii[length++] = (byte)'Z';
        }

        if (!Rfc3339.TryParse(ascii[..length], out long seconds, out int nanoseconds))
        {
            return false;
        }

        if (seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            time = DateTimeOffset.MaxValue;
        }
        else if (seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds())
        {
            time = DateTimeOffset.MinValue;
        }
        else
        {
            time = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / NanosecondsPerTick);
        }

        return true;
    }

    /// <summary>Writes a mean and the number of its samples.</summary>
    public static void WriteMean(this Utf8JsonWriter writer, string meanName, string samplesName, in RunningMean mean)
    {
        if (mean.Nanoseconds is { } value)
        {
            writer.WriteStartObject(meanName);
            writer.WriteNumber(Seconds, (ulong)UInt128.Min(value / NanosecondsPerSecond, ulong.MaxValue));
            writer.WriteNumber(Nanoseconds, (uint)(value % NanosecondsPerSecond));
            writer.WriteEndObject();
        }
        else
        {
            writer.WriteNull(meanName);
        }

        writer.WriteNumber(samplesName, mean.Samples);
    }

    /// <summary>Reads a duration.</summary>
    /// <param name="element">Untrusted JSON of any kind.</param>
    /// <param name="nanoseconds">The duration, less than 2^64 s.</param>
    public static bool TryReadDuration(this JsonElement element, out UInt128 nanoseconds)
    {
        nanoseconds = 0;
        if (!element.TryGetMember(Seconds, out JsonElement secs)
            || !element.TryGetMember(Nanoseconds, out JsonElement nanos)
            || secs.ValueKind != JsonValueKind.Number
            || nanos.ValueKind != JsonValueKind.Number
            || !secs.TryGetUInt64(out ulong seconds)
            || !nanos.TryGetUInt32(out uint rest))
        {
            return false;
        }

        // Nanoseconds of a second and more carry over, as they do elsewhere.
        nanoseconds = ((UInt128)seconds * NanosecondsPerSecond) + rest;
        return nanoseconds / NanosecondsPerSecond <= ulong.MaxValue;
    }
}
