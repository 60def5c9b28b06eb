namespace Tari.Dht.Dataflow.Interop;

/// <summary>libsodium is not installed where the loader looks for it.</summary>
public sealed class SodiumNotFoundException : SodiumException
{
    /// <summary>Creates the exception with a message for the operator.</summary>
    /// <param name="message">The names that were tried and how to install the library.</param>
    public SodiumNotFoundException(string message)
        : base(message)
    {
    }
}
