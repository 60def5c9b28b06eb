namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>Why a header that decoded is not a header of the DHT. InvalidOrigin, InvalidNetwork and BodyEmpty never occur.</summary>
public enum DhtMessageError
{
    /// <summary>The header is valid.</summary>
    None,

    /// <summary>There is no destination, or it is a key that has not 32 bytes.</summary>
    InvalidDestination,

    /// <summary>Known to the protocol, never the answer.</summary>
    InvalidOrigin,

    /// <summary>The message type is not in <see cref="DhtMessageType"/>.</summary>
    InvalidMessageType,

    /// <summary>The version is not in <see cref="DhtProtocolVersion"/>.</summary>
    InvalidProtocolVersion,

    /// <summary>Known to the protocol, never the answer.</summary>
    InvalidNetwork,

    /// <summary>A flag is not in <see cref="DhtMessageFlags"/>.</summary>
    InvalidMessageFlags,

    /// <summary>The ephemeral key is not empty and not a point either.</summary>
    InvalidEphemeralPublicKey,

    /// <summary>The envelope has no header.</summary>
    HeaderOmitted,

    /// <summary>Known to the protocol, never the answer.</summary>
    BodyEmpty,
}
