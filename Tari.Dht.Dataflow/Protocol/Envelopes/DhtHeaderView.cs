using Tari.Dht.Dataflow.Cryptography;

namespace Tari.Dht.Dataflow.Protocol.Envelopes;

/// <summary>A valid header as values and borrowed bytes: what is hashed and written.</summary>
/// <remarks>Made from a received header (<see cref="DhtMessageHeader.View"/>) or from values. The spans belong to somebody else.</remarks>
public readonly ref struct DhtHeaderView
{
    /// <summary>A header from values.</summary>
    /// <param name="version">The protocol version.</param>
    /// <param name="destination">Where it goes.</param>
    /// <param name="messageSignature">The encoded signature; empty for none.</param>
    /// <param name="ephemeralPublicKey">32 bytes; empty for none.</param>
    /// <param name="messageType">The message type.</param>
    /// <param name="flags">The flags.</param>
    /// <param name="messageTag">The trace id.</param>
    /// <param name="expires">Seconds since 1970; null or 0 for none.</param>
    /// <exception cref="ArgumentException">The ephemeral key is neither empty nor 32 bytes.</exception>
    public DhtHeaderView(
        DhtProtocolVersion version,
        scoped in NodeDestination destination,
        ReadOnlySpan<byte> messageSignature,
        ReadOnlySpan<byte> ephemeralPublicKey,
        DhtMessageType messageType,
        DhtMessageFlags flags,
        ulong messageTag,
        ulong? expires)
    {
        if (ephemeralPublicKey.Length is not (0 or CommsPublicKey.Length))
        {
            throw new ArgumentException(
                $"An ephemeral key has {CommsPublicKey.Length} bytes, not {ephemeralPublicKey.Length}.", nameof(ephemeralPublicKey));
        }

        Version = version;
        Destination = destination;
        MessageSignature = messageSignature;
        EphemeralPublicKey = ephemeralPublicKey;
        MessageType = messageType;
        Flags = flags;
        MessageTag = messageTag;
        ExpiresOrZero = expires.GetValueOrDefault();
    }

    /// <summary>The protocol version.</summary>
    public DhtProtocolVersion Version { get; }

    /// <summary>Where it goes.</summary>
    public NodeDestination Destination { get; }

    /// <summary>The encoded signature, empty for none.</summary>
    public ReadOnlySpan<byte> MessageSignature { get; }

    /// <summary>32 bytes, or empty for none.</summary>
    public ReadOnlySpan<byte> EphemeralPublicKey { get; }

    /// <summary>The message type.</summary>
    public DhtMessageType MessageType { get; }

    /// <summary>The flags.</summary>
    public DhtMessageFlags Flags { get; }

    /// <summary>The trace id, which nothing authenticates.</summary>
    public ulong MessageTag { get; }

    /// <summary>Seconds since 1970, or null for none.</summary>
    public ulong? Expires => ExpiresOrZero == 0 ? null : ExpiresOrZero;

    /// <summary>The body is a ciphertext.</summary>
    public bool IsEncrypted => (Flags & DhtMessageFlags.Encrypted) != 0;

    /// <summary>There is a signature.</summary>
    public bool IsSigned => !MessageSignature.IsEmpty;

    internal ulong ExpiresOrZero { get; }

    /// <summary>
    /// An encrypted message names its destination and an ephemeral key, is signed and has a body. Clear text is always valid.
    /// </summary>
    /// <param name="bodyLength">Bytes of the body as on the wire.</param>
    public bool IsSemanticallyValid(int bodyLength) =>
        !IsEncrypted || (!Destination.IsUnknown && !EphemeralPublicKey.IsEmpty && IsSigned && bodyLength > 0);
}
