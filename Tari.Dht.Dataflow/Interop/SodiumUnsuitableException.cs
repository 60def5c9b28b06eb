namespace Tari.Dht.Dataflow.Interop;

/// <summary>A libsodium was found, but it is too old, built without ristretto255, or has other sizes than expected.</summary>
public sealed class SodiumUnsuitableException : SodiumException
{
    /// <summary>Creates the exception with a message for the operator.</summary>
    /// <param name="message">What the library lacks and what to install.</param>
    public SodiumUnsuitableException(string message)
        : base(message)
    {
    }
}
