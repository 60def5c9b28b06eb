namespace Tari.Dht.Dataflow.Configuration;

/// <summary>How bad what a peer provably did is; decides how long it is banned.</summary>
public enum OffenceSeverity
{
    /// <summary>10 minutes by default (<c>ban_duration_short</c>).</summary>
    Low,

    /// <summary>10 minutes by default (<c>ban_duration_short</c>).</summary>
    Medium,

    /// <summary>2 hours by default (<c>ban_duration</c>).</summary>
    High,
}
