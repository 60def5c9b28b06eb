namespace Tari.Dht.Dataflow.Discovery.Network;

/// <summary>Why a sync with a peer, or a round of them, failed.</summary>
internal enum NetworkDiscoveryFailureKind
{
    /// <summary>A call failed in another way than by a status.</summary>
    RpcError,

    /// <summary>The peer answered with a status that is an error.</summary>
    RpcStatus,

    /// <summary>The peer store did not take a record.</summary>
    PeerManagerError,

    /// <summary>A response had no peer.</summary>
    EmptyPeerMessageReceived,

    /// <summary>More peers came than were asked for.</summary>
    TooManyPeersReceived,

    /// <summary>Too many records came that those they name did not sign.</summary>
    TooManyInvalidPeersReceived,

    /// <summary>A peer came twice.</summary>
    DuplicatePeerReceived,

    /// <summary>Something took too long.</summary>
    Timeout,

    /// <summary>The connection had ended before the sync began.</summary>
    PeerConnectionClosed,
}
