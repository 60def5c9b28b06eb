namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>Bytes or a text that the application gave as a key are not one.</summary>
/// <remarks>Never shows what was given.</remarks>
public sealed class KeyFormatException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">What is wrong with the key; not <see cref="KeyFormatError.None"/>.</param>
    public KeyFormatException(KeyFormatError error)
        : base(error switch
        {
            KeyFormatError.IncorrectLength => "A secret key has 32 bytes.",
            KeyFormatError.NotHexadecimal => "A key has 64 hexadecimal digits.",
            _ => "A secret key is a little-endian number below the order of the group.",
        })
    {
        Error = error;
    }

    /// <summary>What is wrong with the key.</summary>
    public KeyFormatError Error { get; }
}
