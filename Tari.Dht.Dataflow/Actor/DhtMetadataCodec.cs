using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Text.Unicode;
using Tari.Dht.Dataflow.Peers.Claims;

namespace Tari.Dht.Dataflow.Actor;

/// <summary>Values of metadata as bytes.</summary>
/// <remarks>
/// A time is the length of its text (u64, little endian) and its text by RFC 3339, in UTC, with 0, 3, 6 or 9 digits after the second.
/// </remarks>
internal static class DhtMetadataCodec
{
    private const int PrefixLength = sizeof(ulong);
    private const int NanosecondsPerTick = 100;

    /// <summary>The name of a key in the database.</summary>
    /// <exception cref="ArgumentOutOfRangeException">The key is not defined.</exception>
    public static string NameOf(DhtMetadataKey key) => key switch
    {
        DhtMetadataKey.OfflineTimestamp => nameof(DhtMetadataKey.OfflineTimestamp),
        _ => throw new ArgumentOutOfRangeException(nameof(key), key, "The key is not defined."),
    };

    /// <summary>The bytes of a value.</summary>
    /// <returns>False for a type that has no form.</returns>
    public static bool TryEncode<T>(T value, [NotNullWhen(true)] out byte[]? bytes)
        where T : struct
    {
        bytes = value is DateTimeOffset time ? Encode(time) : null;
        return bytes is not null;
    }

    /// <summary>The value that bytes stand for; what follows it is ignored, as in the reference.</summary>
    /// <returns>False for bytes that are no such value, and for a type that has no form.</returns>
    public static bool TryDecode<T>(ReadOnlySpan<byte> bytes, out T value)
        where T : struct
    {
        value = default;
        if (typeof(T) != typeof(DateTimeOffset) || !TryDecode(bytes, out DateTimeOffset time))
        {
            return false;
        }

        value = (T)(object)time;
        return true;
    }

    private static byte[] Encode(DateTimeOffset time)
    {
        long seconds = time.ToUnixTimeSeconds();
        int nanoseconds = (int)(time.UtcTicks % TimeSpan.TicksPerSecond) * NanosecondsPerTick;
        Span<byte> text = stackalloc byte[Rfc3339.MaxLength];
        text = text[..Rfc3339.Write(seconds, nanoseconds, text)];
        byte[] bytes = new byte[PrefixLength + text.Length];
        BinaryPrimitives.WriteUInt64LittleEndian(bytes, (ulong)text.Length);
        text.CopyTo(bytes.AsSpan(PrefixLength));
        return bytes;
    }

    private static bool TryDecode(ReadOnlySpan<byte> bytes, out DateTimeOffset time)
    {
        time = default;
        if (!BinaryPrimitives.TryReadUInt64LittleEndian(bytes, out ulong length) || length > (ulong)(bytes.Length - PrefixLength))
        {
            return false;
        }

        ReadOnlySpan<byte> text = bytes.Slice(PrefixLength, (int)length);
        if (!Utf8.IsValid(text) || !Rfc3339.TryParse(text, out long seconds, out int nanoseconds))
        {
            return false;
        }

        // The reference has more years than a DateTimeOffset.
        if (seconds < DateTimeOffset.MinValue.ToUnixTimeSeconds() || seconds > DateTimeOffset.MaxValue.ToUnixTimeSeconds())
        {
            return false;
        }

        time = DateTimeOffset.FromUnixTimeSeconds(seconds).AddTicks(nanoseconds / NanosecondsPerTick);
        return true;
    }
}
