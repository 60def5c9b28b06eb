using System.Diagnostics.CodeAnalysis;
using Tari.Dht.Dataflow.Comms.Connectivity;
using Tari.Dht.Dataflow.Peers;
using Tari.Dht.Dataflow.Peers.Addresses;
using Tari.Dht.Dataflow.Peers.Validation;
using Tari.Dht.Dataflow.Protocol.Multiaddresses;

namespace Tari.Dht.Dataflow.Comms.Memory;

public sealed partial class MemoryComms
{
    private static readonly TimeSpan s_dialLimit = TimeSpan.FromSeconds(180);

    private readonly Dictionary<NodeId, MemoryDial> _dials = [];

    private enum DialStep : long
    {
        /// <summary>The address did not answer in time.</summary>
        TimedOut,

        /// <summary>Nobody listens at the address.</summary>
        Refused,

        /// <summary>The address answered.</summary>
        Opened,

        /// <summary>The exchange of identities is through.</summary>
        Exchanged,
    }

    /// <inheritdoc/>
    public ValueTask<PeerConnectionHandle> DialPeerAsync(
        NodeId peer, ConnectionStrength strength, CancellationToken cancellationToken = default)
    {
        if (cancellationToken.IsCancellationRequested)
        {
            return ValueTask.FromCanceled<PeerConnectionHandle>(cancellationToken);
        }

        if (Live(peer) is { } connection && !IsBannedHere(peer))
        {
            return ValueTask.FromResult(connection.Acquire(strength));
        }

        var request = new DialRequest(peer, strength, new TaskCompletionSource<PeerConnectionHandle>());
        Network.Turns.Post(new Turn(this, DialTurn, request));
        return new ValueTask<PeerConnectionHandle>(
            cancellationToken.CanBeCanceled ? WaitAsync(request.Reply!, cancellationToken) : request.Reply!.Task);
    }

    /// <inheritdoc/>
    public void RequestManyDials(ReadOnlySpan<NodeId> peers)
    {
        foreach (NodeId peer in peers)
        {
            Network.Turns.Post(new Turn(this, DialTurn, new DialRequest(peer, ConnectionStrength.Weak, null)));
        }
    }

    /// <summary>Waits for an answer on the scheduler of whoever waits.</summary>
    internal static async Task<T> WaitAsync<T>(TaskCompletionSource<T> reply, CancellationToken cancellationToken)
    {
        // The source is cancelled itself, so that a handle which comes too late is not lost: the network disposes it.
        using (cancellationToken.UnsafeRegister(
            static (state, token) => ((TaskCompletionSource<T>)state!).TrySetCanceled(token), reply))
        {
            return await reply.Task;
        }
    }

    private void OnDialRequest(DialRequest request)
    {
        if (Live(request.Peer) is { } connection)
        {
            if (IsBannedHere(request.Peer))
            {
                CloseQuietly(connection);
                Refuse(request, Error(ConnectivityError.PeerBanned, $"{request.Peer} is banned."));
            }
            else if (request.Reply is not null)
            {
                Network.Complete(request.Reply, connection.Acquire(request.Strength));
            }
        }
        else if (!TryStartDial(request.Peer, out MemoryDial? dial, out ConnectivityException? error))
        {
            Refuse(request, error);
        }
        else
        {
            if (request.Reply is not null)
            {
                dial.Waiters.Add((request.Reply, request.Strength));
                Network.Turns.PostAt(Network.Turns.Now + s_dialLimit, new Turn(this, DialTimeoutTurn, request.Reply));
            }

            BeginDial(dial);
        }
    }

    private void Refuse(DialRequest request, ConnectivityException error)
    {
        if (request.Reply is not null)
        {
            Network.Fail(request.Reply, error);
        }
    }

    private static ConnectivityException Error(ConnectivityError error, string message, Exception? inner = null) => new(error, message, inner);

    /// <summary>The dial that is on its way to a peer, or a new one that has yet to begin. A refusal here makes no event.</summary>
    private bool TryStartDial(
        NodeId peer, [NotNullWhen(true)] out MemoryDial? dial, [NotNullWhen(false)] out ConnectivityException? error)
    {
        error = null;
        if (_dials.TryGetValue(peer, out dial))
        {
            return true;
        }

        if (!_isRunning)
        {
            error = Error(ConnectivityError.ActorDisconnected, "The node has ended.");
            return false;
        }

        Peer? record = Peers.Find(peer);
        if (record is null)
        {
            error = Error(ConnectivityError.PeerManagerError, $"{peer} is not known.", PeerManagerException.NotFound(peer));
            return false;
        }

        if (IsBannedHere(peer) || record.IsBanned(UtcNow))
        {
            error = Error(ConnectivityError.PeerBanned, $"{peer} is banned.");
            return false;
        }

        dial = new MemoryDial(record with { Addresses = record.Addresses.ResetConnectionAttempts() });
        foreach (MultiaddrWithStats entry in dial.Record.Addresses.Entries)
        {
            if (MemoryNetwork.TryGetPort(entry.Address, out _))
            {
                dial.Addresses.Add(entry.Address);
            }
        }

        _dials.Add(peer, dial);
        return true;
    }

    /// <summary>Begins a dial that has not begun.</summary>
    private void BeginDial(MemoryDial dial)
    {
        if (dial.HasBegun)
        {
            return;
        }

        dial.HasBegun = true;
        if (dial.Addresses.Count == 0)
        {
            FailDial(dial, Error(ConnectivityError.AllPeerAddressesAreExcluded, "There is no address that can be dialled."), isTold: true);
        }
        else
        {
            TryNextAddress(dial);
        }
    }

    private void TryNextAddress(MemoryDial dial)
    {
        if (dial.Tried == dial.Addresses.Count)
        {
            FailDial(dial, Error(ConnectivityError.ConnectFailedMaximumAttemptsReached, "Every address was tried."), isTold: true);
            return;
        }

        dial.Address = dial.Addresses[dial.Tried++];
        dial.Since = Network.Turns.Now;
        MemoryComms? target = Target(dial);
        if (target is null)
        {
            // The way to nobody is as long as any other.
            Step(dial, Network.Options.Link.Latency * 2, DialStep.Refused);
        }
        else if (!Network.CanReach(Identity.NodeId, target.Identity.NodeId))
        {
            Step(dial, Network.Options.ConnectTimeout, DialStep.TimedOut);
        }
        else
        {
            Step(dial, Network.RoundTrip(Identity.NodeId, target.Identity.NodeId), DialStep.Opened);
        }
    }

    private MemoryComms? Target(MemoryDial dial) =>
        MemoryNetwork.TryGetPort(dial.Address, out ulong port) ? Network.FindListener(port) : null;

    private void Step(MemoryDial dial, TimeSpan delay, DialStep step)
    {
        if (delay == TimeSpan.Zero)
        {
            OnDialStep(dial, step);
        }
        else
        {
            Network.Turns.PostAt(Network.Turns.Now + delay, new Turn(this, DialStepTurn, dial, (long)step));
        }
    }

    private void OnDialStep(MemoryDial dial, DialStep step)
    {
        if (dial.IsOver)
        {
            return;
        }

        MemoryComms? target = Target(dial);
        switch (step)
        {
            case DialStep.TimedOut:
                FailAddress(dial, "The address did not answer.");
                break;
            case DialStep.Refused:
                FailAddress(dial, "Nobody listens at the address.");
                break;
            case var _ when target is null || !Network.CanReach(Identity.NodeId, target.Identity.NodeId):
                FailAddress(dial, "The connection was lost while it was made.");
                break;
            case DialStep.Opened:
                dial.DialTime = Network.Turns.Now - dial.Since;
                dial.Since = Network.Turns.Now;
                Step(dial, Network.RoundTrip(Identity.NodeId, target.Identity.NodeId), DialStep.Exchanged);
                break;
            default:
                if (target == this || target.Identity.NodeId != dial.Record.NodeId)
                {
                    FailAddress(dial, "Another node has the address.");
                }
                else
                {
                    ExchangeIdentities(dial, target);
                }

                break;
        }
    }

    private void FailAddress(MemoryDial dial, string reason)
    {
        Mark(dial, DialRecord.Failed(reason));
        TryNextAddress(dial);
    }

    private void Mark(MemoryDial dial, DialRecord mark) =>
        dial.Record = dial.Record with { Addresses = mark.ApplyTo(dial.Record.Addresses, dial.Address, UtcNow) };

    private void ExchangeIdentities(MemoryDial dial, MemoryComms target)
    {
        // The other side refuses a peer that it has banned before it says anything.
        bool isRefused = target.IsBannedHere(Identity.NodeId)
            || (target.Peers.Find(Identity.NodeId) is { } known && known.IsBanned(target.UtcNow));
        if (isRefused)
        {
            RefuseIdentity(dial, "The peer refused this node.");
            return;
        }

        PeerIdentityError theirs = CheckIdentity(target, out ValidatedPeerIdentity? identity);
        PeerIdentityError ours = target.CheckIdentity(this, out ValidatedPeerIdentity? own);
        target.BanOffender(this, ours);
        if (identity is null || own is null)
        {
            BanOffender(target, theirs);
            RefuseIdentity(dial, identity is null ? theirs.ToString() : "The peer refused this node's identity.");
            return;
        }

        Mark(dial, DialRecord.Completed(dial.DialTime, Network.Turns.Now - dial.Since));
        Multiaddr inboundAddress = own.Claim.Addresses.IsEmpty ? Multiaddr.FromMemoryPort(ulong.MaxValue) : own.Claim.Addresses[0];
        var outbound = new MemoryConnection(
            this, target, ++_lastConnection, identity.Claim.Features, dial.Address, ConnectionDirection.Outbound, UtcNow);
        var inbound = new MemoryConnection(
            target, this, ++target._lastConnection, own.Claim.Features, inboundAddress, ConnectionDirection.Inbound, target.UtcNow);
        MemoryConnection.Join(outbound, inbound);
        Network.Trace(MemoryTraceKind.Connected, Identity.NodeId, target.Identity.NodeId);

        target.Store(own.ToInboundPeer(target.Peers.Find(Identity.NodeId), target.UtcNow));
        target.Take(inbound);
        EndDial(dial);
        Take(outbound);
        Answer(dial);
        Store(identity.ToOutboundPeer(dial.Record, UtcNow));
    }

    private void RefuseIdentity(MemoryDial dial, string reason)
    {
        Mark(dial, DialRecord.Failed(reason));
        FailDial(dial, Error(ConnectivityError.IdentityRefused, reason), isTold: true);
    }

    private void BanOffender(MemoryComms offender, PeerIdentityError error)
    {
        if (error.BanDuration is { } duration)
        {
            OnBan(new BanRequest(offender.Identity.NodeId, duration, error.ToString(), offender.Identity.PublicKey));
        }
    }

    private void Store(Peer peer)
    {
        try
        {
            Peers.AddOrUpdatePeer(peer);
        }
        catch (Exception error) when (error is PeerManagerException or ObjectDisposedException)
        {
            // A store that ends before its node keeps nothing; the connection does not depend on it.
            Network.Trace(MemoryTraceKind.NotStored, Identity.NodeId, peer.NodeId);
        }
    }

    /// <summary>Answers those who waited for a connection to a peer, from the pool.</summary>
    private void Answer(MemoryDial dial)
    {
        MemoryConnection? connection = Live(dial.Record.NodeId);
        foreach ((TaskCompletionSource<PeerConnectionHandle> reply, ConnectionStrength strength) in dial.Waiters)
        {
            if (connection is null)
            {
                Network.Fail(reply, Error(ConnectivityError.DialCancelled, "The connection was not kept."));
            }
            else
            {
                Network.Complete(reply, connection.Acquire(strength));
            }
        }

        while (dial.Messages.TryDequeue(out OutboundMessage? message))
        {
            if (connection is null)
            {
                Settle(message, MessageSendResult.PeerDialFailed);
            }
            else
            {
                connection.Send(message);
            }
        }
    }

    private void EndDial(MemoryDial dial)
    {
        dial.IsOver = true;
        _dials.Remove(dial.Record.NodeId);
    }

    /// <summary>An inbound connection came first.</summary>
    private void CancelDial(NodeId peer)
    {
        if (_dials.TryGetValue(peer, out MemoryDial? dial))
        {
            EndDial(dial);
            Answer(dial);
            Store(dial.Record);
        }
    }

    private void FailDial(MemoryDial dial, ConnectivityException error, bool isTold)
    {
        EndDial(dial);
        NodeId peer = dial.Record.NodeId;
        if (isTold)
        {
            Network.Trace(MemoryTraceKind.ConnectFailed, Identity.NodeId, peer);
            _events.Publish(new ConnectivityEvent.PeerConnectFailed(peer));
            UpdateStatus();
        }

        foreach ((TaskCompletionSource<PeerConnectionHandle> reply, _) in dial.Waiters)
        {
            Network.Fail(reply, error);
        }

        while (dial.Messages.TryDequeue(out OutboundMessage? message))
        {
            Settle(message, isTold ? MessageSendResult.PeerDialFailed : MessageSendResult.Dropped);
        }

        if (isTold)
        {
            Store(dial.Record);
        }
    }

    private sealed record DialRequest(NodeId Peer, ConnectionStrength Strength, TaskCompletionSource<PeerConnectionHandle>? Reply);
}
