namespace Tari.Dht.Dataflow.Actor;

/// <summary>Why a request to the DHT failed. The names are the reference's.</summary>
public enum DhtActorError
{
    /// <summary>The DHT has ended.</summary>
    ChannelDisconnected,

    /// <summary>The DHT ended before it answered.</summary>
    ReplyCanceled,

    /// <summary>The peer store could not answer. Never happens: it answers from memory.</summary>
    PeerManagerError,

    /// <summary>The join was not sent to anybody.</summary>
    FailedToBroadcastJoinMessage,

    /// <summary>The peer was not found in the network.</summary>
    DiscoveryError,

    /// <summary>The database could not be written.</summary>
    StorageError,

    /// <summary>The stored value has another form than the one asked for.</summary>
    StoredValueFailedToDeserialize,

    /// <summary>The value has no form to be stored in.</summary>
    FailedToSerializeValue,

    /// <summary>The peer could not be dialled.</summary>
    ConnectivityError,

    /// <summary>Never happens, as in the reference.</summary>
    ConnectivityEventStreamClosed,

    /// <summary>This node has no address that is not excluded from dialling.</summary>
    AllPeerAddressesAreExcluded,
}
