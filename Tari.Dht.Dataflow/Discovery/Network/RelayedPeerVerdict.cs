namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>What is to be done with a record that a peer passed on.</summary>
internal enum RelayedPeerVerdict
{
    /// <summary>It is good: it may be stored.</summary>
    Accepted,

    /// <summary>It is this node's own: nothing.</summary>
    Own,

    /// <summary>It is not valid: it is passed over, and costs whoever passed it on nothing.</summary>
    Invalid,

    /// <summary>It has a claim that the peer it names did not sign: it is passed over, and counts against whoever passed it on.</summary>
    Hostile,
}
