using System.Globalization;

namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>Reads whole numbers from 0 on, as the reference's loader does.</summary>
internal static class WholeNumber
{
    /// <summary>The number that a value stands for; null when it stands for none, or for one below 0.</summary>
    /// <remarks>
    /// Read leniently, truth values are 1 and 0, fractions are rounded to the nearest number and a half away from 0, and text is
    /// decimal digits or a word for a truth value.
    /// </remarks>
    public static ulong? Read(SettingNode node, bool isLenient)
    {
        switch (node.Kind)
        {
            case SettingKind.Number:
                return node.Number < 0 ? null : (ulong)node.Number;

            case SettingKind.Fraction when isLenient:
                double rounded = Math.Round(node.Fraction, MidpointRounding.AwayFromZero);
                return rounded >= 0 && double.IsFinite(rounded) ? ToUInt64(rounded) : null;

            case SettingKind.Flag when isLenient:
                return node.Flag ? 1ul : 0ul;

            case SettingKind.Text when isLenient:
                if (TruthWord.Read(node.Text) is { } flag)
                {
                    return flag ? 1ul : 0ul;
                }

                return ulong.TryParse(node.Text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out ulong number)
                    ? number
                    : null;

            default:
                return null;
        }
    }

    // 2^64 is the first one that does not fit.
    private static ulong ToUInt64(double value) => value < 18446744073709551616.0 ? (ulong)value : ulong.MaxValue;
}
