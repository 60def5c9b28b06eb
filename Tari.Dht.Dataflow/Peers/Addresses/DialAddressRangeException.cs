namespace Tari.Dht.Dataflow.Peers.Addresses;

/// <summary>A text given by the caller is no range of addresses.</summary>
public sealed class DialAddressRangeException : FormatException
{
    /// <param name="error">The reason.</param>
    public DialAddressRangeException(DialAddressRangeError error)
        : base($"Not a range of addresses: {error}.") => Error = error;

    /// <summary>The reason.</summary>
    public DialAddressRangeError Error { get; }
}
