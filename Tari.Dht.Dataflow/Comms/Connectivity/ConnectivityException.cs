namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Connectivity could not do what it was asked.</summary>
public sealed class ConnectivityException : Exception
{
    /// <param name="error">The reason.</param>
    /// <param name="message">What happened.</param>
    /// <param name="innerException">What lies below, if anything.</param>
    public ConnectivityException(ConnectivityError error, string message, Exception? innerException = null)
        : base(message, innerException) => Error = error;

    /// <summary>The reason.</summary>
    public ConnectivityError Error { get; }
}
