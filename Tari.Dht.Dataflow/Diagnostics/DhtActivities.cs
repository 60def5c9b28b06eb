using System.Diagnostics;

namespace Tari.Dht.Dataflow.Diagnostics;

/// <summary>Where the library's activities come from. Without a listener there are none.</summary>
public static class DhtActivities
{
    /// <summary>The name of the source.</summary>
    public const string SourceName = "Tari.Dht.Dataflow";

    internal static ActivitySource Source { get; } = new(SourceName);

    /// <summary>Begins an activity.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>The activity, to be disposed; null if nobody listens.</returns>
    internal static Activity? Start(string name) => Source.HasListeners() ? Source.StartActivity(name) : null;
}
