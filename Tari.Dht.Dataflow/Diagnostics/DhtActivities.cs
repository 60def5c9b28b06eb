using System.Diagnostics;

namespace Tari.Dht.Dataflow.Diagnostics;

/// <summary>Where the library's activities come from. Without a listener there are none.</summary>
public static class DhtActivities
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "Tari.Dht.Dataflow";

    /// <summary>
    /// A round of network discovery; its tags are <c>phase</c> (whom it asked), <c>asked</c>, <c>answered</c>, <c>new</c> and <c>known</c> (counts of peers).
    /// </summary>
    public const string DiscoveryRound = "tari.dht.discovery.round";

    /// <summary>
    /// A peer that connected and is asked, because enough are known; tags as of <see cref="DiscoveryRound"/>, without <c>phase</c>. It has none of them when the
    /// peer could not be asked.
    /// </summary>
    public const string DiscoverySync = "tari.dht.discovery.sync";

    /// <summary>A rebootstrap; its tags are <c>seeds</c>, <c>connected</c> (who answered) and <c>learned</c> (counts of peers).</summary>
    public const string DiscoveryRebootstrap = "tari.dht.discovery.rebootstrap";

    internal static ActivitySource Source { get; } = new(SourceName);

    /// <summary>Begins an activity.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The activity, to be disposed; null if nobody listens.</returns>
    internal static Activity? Start(string name) => Source.HasListeners() ? Source.StartActivity(name) : null;
}
