namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>A number of things.</summary>
/// <param name="maximum">The most that may be set, which is what a larger number becomes when it is read.</param>
/// <param name="largestGiven">The largest number that may be given as text.</param>
internal sealed class CountType(int maximum = int.MaxValue, ulong largestGiven = ulong.MaxValue) : SettingType<int>
{
    /// <summary>Any number of 64 bits may be given.</summary>
    public static CountType Any { get; } = new();

    public override int Read(SettingNode node, SettingSource source)
    {
        string expected = largestGiven == ulong.MaxValue ? "a whole number from 0 on" : $"a whole number from 0 to {largestGiven}";
        if (WholeNumber.Read(node, source.IsLenient) is not { } number)
        {
            throw node.Kind is SettingKind.Number ? node.OutOfRange(expected) : node.WrongKind(expected);
        }

        return number > largestGiven ? throw node.OutOfRange(expected) : (int)Math.Min(number, (ulong)maximum);
    }

    public override void Validate(int value, string property)
    {
        if (value < 0 || value > maximum)
        {
            throw new ArgumentOutOfRangeException(property, value, $"{property} has to be from 0 to {maximum}, not {value}.");
        }
    }
}
