using Tari.Dht.Dataflow.Cryptography;
using Tari.Dht.Dataflow.Inbound.Decrypt;
using Tari.Dht.Dataflow.Inbound.Forward;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Claims;
using Tari.Dht.Dataflow.Pipeline;

namespace Tari.Dht.Dataflow.Inbound.DhtHandler;

/// <summary>A node announces itself: stores it and tells others, with the bytes that it signed.</summary>
/// <remarks>That happens whether or not the node forwards what is encrypted for others.</remarks>
internal sealed class JoinHandler
{
    private readonly NodeIdentity _identity;
    private readonly ClaimIntake _claims;
    private readonly MessageRelay _relay;
    private readonly TimeProvider _timeProvider;

    public JoinHandler(NodeIdentity identity, ClaimIntake claims, MessageRelay relay, TimeProvider timeProvider)
    {
        _identity = identity;
        _claims = claims;
        _relay = relay;
        _timeProvider = timeProvider;
    }

    /// <summary>Handles a join.</summary>
    /// <param name="message">The join.</param>
    /// <param name="origin">Who signed it.</param>
    /// <param name="stopping">Ends the waiting for room in the outbound graph.</param>
    /// <returns><see cref="DropReason.None"/> when it was passed on.</returns>
    public ValueTask<DropReason> HandleAsync(DecryptedDhtMessage message, in CommsPublicKey origin, CancellationToken stopping)
    {
        DropReason reason = Accept(message, origin, out Peer? joined);
        return reason == DropReason.None
            ? _relay.SendOnAsync(message, [joined!.NodeId, message.Peer], stopping)
            : new ValueTask<DropReason>(reason);
    }

    private DropReason Accept(DecryptedDhtMessage message, in CommsPublicKey origin, out Peer? joined)
    {
        joined = null;
        if (!message.Header.Destination.EqualsKey(origin))
        {
            return DropReason.JoinNotToItself;
        }

        if (origin == _identity.PublicKey)
        {
            return DropReason.OwnJoin;
        }

        DropReason reason = _claims.Read(message, origin, out PeerClaimMessage claim);
        if (reason == DropReason.None)
        {
            reason = _claims.Store(claim, origin, out joined);
        }

        return reason == DropReason.None && joined!.IsBanned(_timeProvider.GetUtcNow()) ? DropReason.OriginBanned : reason;
    }
}
