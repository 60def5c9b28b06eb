namespace Tari.Dht.Dataflow.Protocol.Multiaddresses;

/// <summary>Bytes or a text given by the caller are no multiaddress.</summary>
public sealed class MultiaddrException : FormatException
{
    /// <param name="error">The reason.</param>
    public MultiaddrException(MultiaddrError error)
        : base($"Not a multiaddress: {error}.") => Error = error;

    /// <summary>The reason.</summary>
    public MultiaddrError Error { get; }
}
