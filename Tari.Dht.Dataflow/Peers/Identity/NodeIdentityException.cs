namespace Tari.Dht.Dataflow.Peers;

/// <summary>An identity can't be loaded from its file, or saved to it.</summary>
/// <remarks>Names the file and, where one is at fault, the member; never shows anything of the file's content.</remarks>
public sealed class NodeIdentityException : Exception
{
    internal NodeIdentityException(NodeIdentityError error, string path, string? member, string what, Exception? innerException = null)
        : base($"The identity file '{path}' {what}.", innerException)
    {
        Error = error;
        Path = path;
        Member = member;
    }

    /// <summary>The reason.</summary>
    public NodeIdentityError Error { get; }

    /// <summary>The file.</summary>
    public string Path { get; }

    /// <summary>The member at fault, such as <c>public_addresses[2]</c>; null when it is none in particular.</summary>
    public string? Member { get; }
}
