using System.Buffers;

namespace Tari.Dht.Dataflow.Peers.Validation;

/// <summary>Which DNS names of peers are looked up: the usual ones, on which all resolvers agree.</summary>
internal static class DnsNameCheck
{
    private const int MaxNameLength = 253;
    private const int MaxLabelLength = 63;

    private static readonly SearchValues<byte> s_labelBytes =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"u8);

    private static readonly SearchValues<byte> s_digits = SearchValues.Create("0123456789"u8);
    private static readonly SearchValues<byte> s_hexDigits = SearchValues.Create("0123456789abcdefABCDEF"u8);

    /// <summary>Whether a name is a usual one; allocates nothing.</summary>
    /// <param name="name">The name, any bytes; one dot at its end does not count.</param>
    public static DnsNameFault Check(ReadOnlySpan<byte> name)
    {
        ReadOnlySpan<byte> rest = name.EndsWith("."u8) ? name[..^1] : name;
        if (rest.Length is 0 or > MaxNameLength)
        {
            return DnsNameFault.NameLength;
        }

        while (true)
        {
            int dot = rest.IndexOf((byte)'.');
            ReadOnlySpan<byte> label = dot < 0 ? rest : rest[..dot];
            DnsNameFault fault = CheckLabel(label);
            if (fault != DnsNameFault.None)
            {
                return fault;
            }

            if (dot < 0)
            {
                return IsNumber(label) ? DnsNameFault.Numeric : DnsNameFault.None;
            }

            rest = rest[(dot + 1)..];
        }
    }

    private static DnsNameFault CheckLabel(ReadOnlySpan<byte> label)
    {
        if (label.Length is 0 or > MaxLabelLength)
        {
            return DnsNameFault.LabelLength;
        }

        if (label.ContainsAnyExcept(s_labelBytes))
        {
            return DnsNameFault.LabelCharacter;
        }

        return label[0] == '-' || label[^1] == '-' ? DnsNameFault.LabelHyphen : DnsNameFault.None;
    }

    // 0x alone counts as a number too: some resolvers read it as 0.
    private static bool IsNumber(ReadOnlySpan<byte> label) =>
        !label.ContainsAnyExcept(s_digits)
        || (label.Length >= 2 && label[0] == '0' && (label[1] | 0x20) == 'x' && !label[2..].ContainsAnyExcept(s_hexDigits));
}
