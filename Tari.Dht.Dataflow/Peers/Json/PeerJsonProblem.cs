namespace Tari.Dht.Dataflow.Peers.Json;

/// <summary>What is wrong with the JSON of a peer, and where. Never holds a value that was read.</summary>
/// <remarks>An immutable value; the default is no problem.</remarks>
public readonly record struct PeerJsonProblem
{
    private readonly string? _member;
    private readonly string? _expected;

    internal PeerJsonProblem(PeerJsonError error, string member, string expected = "")
    {
        Error = error;
        _member = member;
        _expected = expected;
    }

    /// <summary>What is wrong.</summary>
    public PeerJsonError Error { get; }

    /// <summary>The member at fault with its parents, such as <c>addresses[2].last_seen</c>; empty for the peer as a whole.</summary>
    public string Member => _member ?? "";

    /// <summary>What has to stand there, as the end of a sentence; empty when <see cref="Error"/> says it all.</summary>
    public string Expected => _expected ?? "";

    /// <summary>What is wrong, as the end of a sentence that begins with the member.</summary>
    public string Explanation => Error switch
    {
        PeerJsonError.None => "is in order",
        PeerJsonError.Missing => "is missing",
        PeerJsonError.NodeIdMismatch => "is not that of the key",
        _ => "has to be " + Expected,
    };

    /// <summary>The member and what is wrong with it, in one line.</summary>
    public override string ToString() => Member.Length == 0 ? Explanation : $"{Member}: {Explanation}";

    internal static PeerJsonProblem Missing(string member) => new(PeerJsonError.Missing, member);

    internal static PeerJsonProblem Invalid(string member, string expected) => new(PeerJsonError.Invalid, member, expected);
}
