namespace Tari.Dht.Dataflow.Comms.Connectivity.Health;

/// <summary>Whether dials that nobody asked for reach a peer.</summary>
internal enum BreakerState
{
    /// <summary>They do.</summary>
    Closed,

    /// <summary>They don't: the last ones failed.</summary>
    Open,

    /// <summary>One tries it again.</summary>
    HalfOpen,
}
