namespace Tari.Dht.Dataflow.Configuration.Settings;

/// <summary>What a given value is.</summary>
internal enum SettingKind
{
    /// <summary>Nothing: a null of the application's configuration. The setting keeps its default.</summary>
    Nothing,

    /// <summary>Text.</summary>
    Text,

    /// <summary>A whole number of 64 bits.</summary>
    Number,

    /// <summary>A number with a fraction or an exponent, infinity, or not a number.</summary>
    Fraction,

    /// <summary>A truth value.</summary>
    Flag,

    /// <summary>A date or a time of day; its text is kept.</summary>
    Date,

    /// <summary>Several values without names.</summary>
    List,

    /// <summary>Values with names.</summary>
    Table,
}
