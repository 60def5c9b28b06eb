namespace Tari.Dht.Dataflow.Configuration;

/// <summary>Why a configuration cannot be read.</summary>
public enum DhtConfigError
{
    /// <summary>The file or stream cannot be read, or is longer than a configuration may be.</summary>
    Unreadable,

    /// <summary>The text is not TOML.</summary>
    Syntax,

    /// <summary>There is no such setting.</summary>
    UnknownSetting,

    /// <summary>A setting is given twice, under names that mean the same.</summary>
    GivenTwice,

    /// <summary>A value is of another kind than the setting.</summary>
    WrongKind,

    /// <summary>A value is out of the setting's range.</summary>
    OutOfRange,
}
