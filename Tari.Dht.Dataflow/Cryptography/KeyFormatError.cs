namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>Why bytes or a text are not a key or a scalar.</summary>
public enum KeyFormatError
{
    /// <summary>They are.</summary>
    None,

    /// <summary>The number of bytes is wrong.</summary>
    IncorrectLength,

    /// <summary>The length is right but the value is not canonical, or not a point.</summary>
    ConversionError,

    /// <summary>The text is not 64 hexadecimal digits.</summary>
    NotHexadecimal,
}
