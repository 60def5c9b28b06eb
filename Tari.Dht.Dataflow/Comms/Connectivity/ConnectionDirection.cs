namespace Tari.Dht.Dataflow.Comms.Connectivity;

/// <summary>Who dialled.</summary>
public enum ConnectionDirection
{
    /// <summary>The peer.</summary>
    Inbound,

    /// <summary>This node.</summary>
    Outbound,
}
