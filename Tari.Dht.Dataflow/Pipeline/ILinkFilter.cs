namespace Tari.Dht.Dataflow.Pipeline;

/// <summary>A predicate on a link: what it refuses ends there, by reason.</summary>
/// <typeparam name="T">The form in which messages pass.</typeparam>
internal interface ILinkFilter<in T>
{
    StageName Name { get; }

    DropReason Reason { get; }

    /// <summary>Asked once per message. Does not alter it, does not block, does not throw.</summary>
    bool Accepts(T message);
}
