namespace Tari.Dht.Dataflow.Samples.Replay.Captures;

/// <summary>The input cannot be used. The message is one line and names the file and, where there is one, the case and the field.</summary>
internal sealed class CaptureException : Exception
{
    /// <param name="path">The file.</param>
    /// <param name="problem">What is wrong with the file as a whole.</param>
    public CaptureException(string path, string problem)
        : base(OneLine($"{path}: {problem}"))
    {
    }

    /// <param name="path">The file.</param>
    /// <param name="caseName">The case, by name or number.</param>
    /// <param name="field">The field, with its parents; empty for the case itself.</param>
    /// <param name="problem">What is wrong there.</param>
    public CaptureException(string path, string caseName, string field, string problem)
        : base(OneLine(field.Length == 0 ? $"{path}: {caseName}: {problem}" : $"{path}: {caseName}: {field}: {problem}"))
    {
    }

    private static string OneLine(string text) => text.ReplaceLineEndings(" ");
}
