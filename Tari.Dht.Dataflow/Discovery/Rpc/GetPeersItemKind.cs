namespace Tari.Dht.Dataflow.Discovery.Rpc;

/// <summary>What came next in the answer to a <see cref="GetPeersRequest"/>.</summary>
public enum GetPeersItemKind
{
    /// <summary>A peer.</summary>
    Peer,

    /// <summary>
    /// A peer of which the response says nothing new. Nodes read this in answers for their own store; whoever asks by a client of his own
    /// reads all peers.
    /// </summary>
    Known,

    /// <summary>A response without a peer.</summary>
    NoPeer,

    /// <summary>A response with a peer whose fields are no peer, such as a key of 3 bytes. It costs whoever sent it nothing.</summary>
    Unconvertible,

    /// <summary>The end after the last response.</summary>
    End,

    /// <summary>A status that is an error; nothing follows.</summary>
    Status,

    /// <summary>A response that is not what the protocol says; nothing follows.</summary>
    DecodeError,

    /// <summary>A response that makes more objects than the protocol allows; nothing follows.</summary>
    BudgetExceeded,

    /// <summary>Nothing came in time. What comes later can still be read.</summary>
    TimedOut,

    /// <summary>The session or its connection has ended.</summary>
    ConnectionLost,
}
