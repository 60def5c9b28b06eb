namespace Tari.Dht.Dataflow.Peers;

/// <summary>What is wrong with an identity that was read.</summary>
/// <param name="Error">The reason.</param>
/// <param name="Member">The member at fault; null when it is none in particular.</param>
/// <param name="What">The end of a sentence that begins with the file.</param>
internal readonly record struct NodeIdentityFault(NodeIdentityError Error, string? Member, string What)
{
    public static NodeIdentityFault NotJson(string what) => new(NodeIdentityError.NotJson, null, what);

    public static NodeIdentityFault Missing(string member) => new(NodeIdentityError.MissingMember, member, $"lacks the member '{member}'");

    public static NodeIdentityFault BadValue(string member, string expected) =>
        new(NodeIdentityError.BadValue, member, $"has a member '{member}' that is not {expected}");

    public static NodeIdentityFault Mismatch(string member) =>
        new(NodeIdentityError.Mismatch, member, $"has a member '{member}' that does not belong to its secret key");
}
