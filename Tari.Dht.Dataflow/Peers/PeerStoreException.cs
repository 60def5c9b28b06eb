namespace Tari.Dht.Dataflow.Peers;

/// <summary>The peer store can't answer.</summary>
public sealed class PeerStoreException : Exception
{
    /// <summary>An exception with the default message.</summary>
    public PeerStoreException()
        : base("The peer store can't answer.")
    {
    }

    /// <summary>An exception that says what went wrong.</summary>
    /// <param name="message">What went wrong.</param>
    public PeerStoreException(string message)
        : base(message)
    {
    }

    /// <summary>An exception that says what went wrong, and why.</summary>
    /// <param name="message">What went wrong.</param>
    /// <param name="innerException">Why.</param>
    public PeerStoreException(string message, Exception innerException)
        : base(message, innerException)
    {
    }
}
