using System.Buffers.Text;

namespace Tari.Dht.Dataflow.Peers.Claims;

/// <summary>Times as RFC 3339 text with nanoseconds, over all years that an identity signature may have.</summary>
/// <remarks>
/// <see cref="DateTimeOffset"/> has neither the years nor the nanoseconds. A year outside 0 to 9999 carries its sign. Stateless, thread
/// safe, allocates nothing.
/// </remarks>
internal static class Rfc3339
{
    /// <summary>Bytes of the longest text written: <c>-262143-01-01T00:00:00.123456789Z</c>.</summary>
    public const int MaxLength = 33;

    private const int SecondsPerDay = 24 * 60 * 60;
    private const int DaysPerYear = 365;
    private const int DaysPer4Years = (4 * DaysPerYear) + 1;
    private const int DaysPer100Years = (25 * DaysPer4Years) - 1;
    private const int DaysPer400Years = (4 * DaysPer100Years) + 1;

    // From 0000-03-01, where the calendar below starts, to 1970-01-01.
    private const int DaysBefore1970 = 719_468;

    /// <summary>Writes a time in UTC, with 0, 3, 6 or 9 digits after the second, as few as it needs.</summary>
    /// <param name="seconds">Seconds since 1970 in UTC, within the dates of an identity signature.</param>
    /// <param name="nanoseconds">Nanoseconds after that, 0 to 999 999 999.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    /// <returns>The bytes written.</returns>
    public static int Write(long seconds, int nanoseconds, Span<byte> destination)
    {
        long days = Math.DivRem(seconds, SecondsPerDay, out long secondOfDay);
        if (secondOfDay < 0)
        {
            days--;
            secondOfDay += SecondsPerDay;
        }

        (int year, int month, int day) = ToDate(days);
        int written = 0;
        if (year is < 0 or > 9999)
        {
            destination[written++] = (byte)(year < 0 ? '-' : '+');
        }

        uint magnitude = (uint)Math.Abs(year);
        written += Digits(magnitude, magnitude < 10_000 ? 4 : magnitude < 100_000 ? 5 : 6, destination[written..]);
        written += Part('-', month, destination[written..]);
        written += Part('-', day, destination[written..]);
        written += Part('T', (int)(secondOfDay / 3600), destination[written..]);
        written += Part(':', (int)(secondOfDay / 60 % 60), destination[written..]);
        written += Part(':', (int)(secondOfDay % 60), destination[written..]);
        if (nanoseconds != 0)
        {
            destination[written++] = (byte)'.';
            (int fraction, int digits) = nanoseconds % 1_000_000 == 0 ? (nanoseconds / 1_000_000, 3)
                : nanoseconds % 1000 == 0 ? (nanoseconds / 1000, 6)
                : (nanoseconds, 9);
            written += Digits((uint)fraction, digits, destination[written..]);
        }

        destination[written++] = (byte)'Z';
        return written;
    }

    /// <summary>Reads a time with any offset; digits of the fraction below the nanosecond are cut off.</summary>
    /// <param name="text">Untrusted ASCII or UTF-8.</param>
    /// <param name="seconds">Seconds since 1970 in UTC, within the dates of an identity signature.</param>
    /// <param name="nanoseconds">Nanoseconds after that, 0 to 999 999 999.</param>
    public static bool TryParse(ReadOnlySpan<byte> text, out long seconds, out int nanoseconds)
    {
        seconds = 0;
        nanoseconds = 0;
        ReadOnlySpan<byte> rest = text;
        if (!TryReadYear(ref rest, out int year)
            || !TryReadPart(ref rest, '-', 1, 12, out int month)
            || !TryReadPart(ref rest, '-', 1, DaysInMonth(year, month), out int day)
            || !TryReadHour(ref rest, out int hour)
            || !TryReadPart(ref rest, ':', 0, 59, out int minute)
            || !TryReadPart(ref rest, ':', 0, 59, out int second)
            || !TryReadFraction(ref rest, out nanoseconds)
            || !TryReadOffset(ref rest, out int offset)
            || !rest.IsEmpty)
        {
            return false;
        }

        seconds = (ToDays(year, month, day) * SecondsPerDay) + (hour * 3600) + (minute * 60) + second - offset;
        return seconds is >= Cryptography.IdentitySignature.MinUpdatedAt and <= Cryptography.IdentitySignature.MaxUpdatedAt;
    }

    // Years start in March here, so that the leap day is a year's last and no rule has to mention it.
    private static (int Year, int Month, int Day) ToDate(long daysSince1970)
    {
        long days = daysSince1970 + DaysBefore1970;
        int era = (int)(days >= 0 ? days / DaysPer400Years : (days - DaysPer400Years + 1) / DaysPer400Years);
        int day = (int)(days - ((long)era * DaysPer400Years));
        int century = Math.Min(day / DaysPer100Years, 3);
        day -= century * DaysPer100Years;
        int quad = day / DaysPer4Years;
        day -= quad * DaysPer4Years;
        int year = Math.Min(day / DaysPerYear, 3);
        day -= year * DaysPerYear;

        int month = 0;
        while (day >= DaysInMonthFromMarch(month))
        {
            day -= DaysInMonthFromMarch(month++);
        }

        int fromMarch = (era * 400) + (century * 100) + (quad * 4) + year;
        return month < 10 ? (fromMarch, month + 3, day + 1) : (fromMarch + 1, month - 9, day + 1);
    }

    private static long ToDays(int year, int month, int day)
    {
        int fromMarch = month < 3 ? year - 1 : year;
        int monthFromMarch = month < 3 ? month + 9 : month - 3;
        int era = (fromMarch >= 0 ? fromMarch : fromMarch - 399) / 400;
        int yearOfEra = fromMarch - (era * 400);
        long days = ((long)era * DaysPer400Years) + (yearOfEra * DaysPerYear) + (yearOfEra / 4) - (yearOfEra / 100);
        for (int i = 0; i < monthFromMarch; i++)
        {
            days += DaysInMonthFromMarch(i);
        }

        return days + day - 1 - DaysBefore1970;
    }

    // March is 0. February, 11, is only ever followed by the end of the year.
    private static int DaysInMonthFromMarch(int month) => month switch
    {
        1 or 3 or 6 or 8 => 30,
        11 => 29,
        _ => 31,
    };

    private static int DaysInMonth(int year, int month) => month switch
    {
        4 or 6 or 9 or 11 => 30,
        2 => year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) ? 29 : 28,
        _ => 31,
    };

    private static int Digits(uint value, int count, Span<byte> destination)
    {
        _ = Utf8Formatter.TryFormat(value, destination, out int written, new System.Buffers.StandardFormat('D', (byte)count));
        return written;
    }

    private static int Part(char separator, int value, Span<byte> destination)
    {
        destination[0] = (byte)separator;
        return 1 + Digits((uint)value, 2, destination[1..]);
    }

    private static bool TryReadYear(ref ReadOnlySpan<byte> rest, out int year)
    {
        bool signed = !rest.IsEmpty && rest[0] is (byte)'+' or (byte)'-';
        bool negative = signed && rest[0] == '-';
        ReadOnlySpan<byte> digits = signed ? rest[1..] : rest;
        int count = 0;
        while (count < digits.Length && count < 6 && digits[count] is >= (byte)'0' and <= (byte)'9')
        {
            count++;
        }

        // More than four digits need a sign, for the text to tell where the year ends.
        if (count < 4 || (count > 4 && !signed))
        {
            year = 0;
            return false;
        }

        year = Number(digits[..count]);
        year = negative ? -year : year;
        rest = digits[count..];
        return true;
    }

    private static bool TryReadHour(ref ReadOnlySpan<byte> rest, out int hour)
    {
        char separator = !rest.IsEmpty && rest[0] is (byte)'t' or (byte)' ' ? (char)rest[0] : 'T';
        return TryReadPart(ref rest, separator, 0, 23, out hour);
    }

    private static bool TryReadPart(ref ReadOnlySpan<byte> rest, char separator, int min, int max, out int value)
    {
        value = 0;
        if (rest.Length < 3 || rest[0] != separator || !IsDigit(rest[1]) || !IsDigit(rest[2]))
        {
            return false;
        }

        value = Number(rest.Slice(1, 2));
        rest = rest[3..];
        return value >= min && value <= max;
    }

    private static bool TryReadFraction(ref ReadOnlySpan<byte> rest, out int nanoseconds)
    {
        nanoseconds = 0;
        if (rest.IsEmpty || rest[0] != '.')
        {
            return true;
        }

        int count = 1;
        int scale = 100_000_000;
        for (; count < rest.Length && IsDigit(rest[count]); count++)
        {
            nanoseconds += (rest[count] - '0') * scale;
            scale /= 10;
        }

        rest = rest[count..];
        return count > 1;
    }

    private static bool TryReadOffset(ref ReadOnlySpan<byte> rest, out int seconds)
    {
        seconds = 0;
        if (!rest.IsEmpty && rest[0] is (byte)'Z' or (byte)'z')
        {
            rest = rest[1..];
            return true;
        }

        if (rest.IsEmpty || rest[0] is not ((byte)'+' or (byte)'-'))
        {
            return false;
        }

        char sign = (char)rest[0];
        if (!TryReadPart(ref rest, sign, 0, 23, out int hours) || !TryReadPart(ref rest, ':', 0, 59, out int minutes))
        {
            return false;
        }

        seconds = ((hours * 60) + minutes) * (sign == '-' ? -60 : 60);
        return true;
    }

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    private static int Number(ReadOnlySpan<byte> digits)
    {
        int value = 0;
        foreach (byte digit in digits)
        {
            value = (value * 10) + (digit - '0');
        }

        return value;
    }
}
