namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>The words that the reference's loader takes for truth values, in whatever case.</summary>
internal static class TruthWord
{
    /// <summary>The truth value; null when the text is none of the words.</summary>
    public static bool? Read(string text) =>
        Is(text, "true") || Is(text, "on") || Is(text, "yes") ? true
        : Is(text, "false") || Is(text, "off") || Is(text, "no") ? false
        : null;

    private static bool Is(string text, string word) => text.Equals(word, StringComparison.OrdinalIgnoreCase);
}
