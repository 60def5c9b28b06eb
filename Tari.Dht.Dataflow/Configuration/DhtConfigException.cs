namespace Tari.Dht.Dataflow.Configuration;

/// <summary>
/// A configuration cannot be read. The message is for whoever wrote it: it names the setting, the line and what was expected.
/// </summary>
public sealed class DhtConfigException : Exception
{
    internal DhtConfigException(
        DhtConfigError error, string? setting, int line, string problem, string? expected = null, Exception? innerException = null)
        : base(Describe(setting, line, problem, expected), innerException)
    {
        Error = error;
        Setting = setting;
        Line = line;
        Expected = expected;
    }

    /// <summary>The reason.</summary>
    public DhtConfigError Error { get; }

    /// <summary>The setting as it is given, such as <c>connectivity.update_interval</c>; null when it is not about one.</summary>
    public string? Setting { get; }

    /// <summary>The line of the text, from 1 on; 0 when there is none.</summary>
    public int Line { get; }

    /// <summary>What would have been right; null when the message says all there is.</summary>
    public string? Expected { get; }

    private static string Describe(string? setting, int line, string problem, string? expected)
    {
        string where = setting is null ? "DHT configuration" : $"DHT configuration, '{setting}'";
        string at = line > 0 ? $", line {line}" : "";
        return expected is null ? $"{where}{at}: {problem}." : $"{where}{at}: {problem}; expected {expected}.";
    }
}
