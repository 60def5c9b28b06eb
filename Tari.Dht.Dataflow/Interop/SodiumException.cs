namespace Tari.Dht.Dataflow.Interop;

/// <summary>libsodium, on which the library's cryptography rests, can't be used; the message says why and what to do.</summary>
/// <remarks>Raised by the first operation that needs the library, and again by each later one.</remarks>
public class SodiumException : Exception
{
    /// <summary>Creates the exception with a message for the operator.</summary>
    /// <param name="message">What is wrong and what helps.</param>
    public SodiumException(string message)
        : base(message)
    {
    }
}
