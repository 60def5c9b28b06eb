namespace Tari.Dht.Dataflow.Configuration;

/// <summary>Where in a TOML text the settings are, and how strictly they are read.</summary>
public enum DhtTomlForm
{
    /// <summary>
    /// In the section <c>[dht]</c>, as in the configuration file of a node; other sections are not looked at. The case of names does
    /// not count; numbers and truth values may also be given as text, and as each other; fractions are rounded.
    /// </summary>
    Section,

    /// <summary>The whole text is the settings. Names and kinds of values have to be exact.</summary>
    Whole,
}
