namespace Tari.Dht.Dataflow.Cryptography;

/// <summary>Bytes that the application gave as a secret key are not one.</summary>
public sealed class KeyFormatException : FormatException
{
    /// <summary>Creates the exception.</summary>
    /// <param name="error">What is wrong with the bytes; not <see cref="KeyFormatError.None"/>.</param>
    public KeyFormatException(KeyFormatError error)
        : base(error == KeyFormatError.IncorrectLength
            ? "A secret key has 32 bytes."
            : "A secret key is a little-endian number below the order of the group.")
    {
        Error = error;
    }

    /// <summary>What is wrong with the bytes.</summary>
    public KeyFormatError Error { get; }
}
